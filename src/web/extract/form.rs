//! The two extractors of parameters: `Form` from the body and `Query` from the URL.

use std::future::{Future, Ready, ready};
use std::ops::Deref;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use zeroize::Zeroize as _;

use super::{BodyError, Fields, read_body};

/// How large a form may be and how long it may take; put into the app's data to change it.
#[derive(Clone, Copy, Debug)]
pub struct FormLimits {
    /// Most bytes of the body.
    pub bytes: usize,
    /// Time from the first look at the body to its end.
    pub patience: Duration,
}

impl Default for FormLimits {
    fn default() -> Self {
        Self { bytes: 64 * 1024, patience: Duration::from_secs(30) }
    }
}

/// Parameters from an `application/x-www-form-urlencoded` body. A request without body and without
/// `Content-Type` is an empty form (`POST /userinfo` with a bearer header, OpenID Connect Core §5.3.1).
#[derive(Debug, Default)]
pub struct Form(pub Fields);

/// Parameters from the query of the URL.
#[derive(Debug, Default)]
pub struct Query(pub Fields);

impl Deref for Form {
    type Target = Fields;
    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl Deref for Query {
    type Target = Fields;
    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl FromRequest for Form {
    type Error = BodyError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, BodyError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let limits = request.app_data::<FormLimits>().copied().unwrap_or_default();
            let form = media_type(request.headers())?;
            let mut body = read_body(request.headers(), &mut payload, limits.bytes, limits.patience).await?;
            if form == MediaType::None && !body.is_empty() {
                return Err(BodyError::MediaType);
            }
            let fields = Fields::parse(&body);
            body.as_mut().zeroize();
            Ok(Self(fields?))
        })
    }
}

impl FromRequest for Query {
    type Error = BodyError;
    type Future = Ready<Result<Self, BodyError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Fields::parse(request.query_string().as_bytes()).map(Self).map_err(BodyError::from))
    }
}

#[derive(PartialEq, Eq)]
enum MediaType {
    None,
    Form,
}

/// Accepts `application/x-www-form-urlencoded`, alone or with `charset=utf-8`, sent once.
fn media_type(headers: &HeaderMap) -> Result<MediaType, BodyError> {
    let mut sent = headers.get_all(CONTENT_TYPE);
    let Some(first) = sent.next() else { return Ok(MediaType::None) };
    let text = first.to_str().map_err(|_| BodyError::MediaType)?;
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let charset_ok = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    let form = essence.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if form && charset_ok && sent.next().is_none() { Ok(MediaType::Form) } else { Err(BodyError::MediaType) }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    async fn form(request: TestRequest) -> Result<Form, BodyError> {
        let (request, mut payload) = request.to_http_parts();
        Form::from_request(&request, &mut payload).await
    }

    fn post(content_type: &str, body: impl Into<actix_web::web::Bytes>) -> TestRequest {
        TestRequest::post().insert_header((CONTENT_TYPE, content_type)).set_payload(body)
    }

    #[actix_web::test]
    async fn only_forms_in_utf_8_are_read() {
        for good in
            [FORM, "Application/X-WWW-Form-URLencoded; charset=UTF-8", &format!("{FORM};charset=\"utf-8\"")]
        {
            let read = form(post(good, "a=1")).await.unwrap();
            assert_eq!(read.get("a"), Ok(Some("1")), "{good}");
        }
        for bad in
            ["application/json", "text/plain", "", &format!("{FORM}; charset=utf-7"), "multipart/form-data"]
        {
            assert_eq!(form(post(bad, "a=1")).await.unwrap_err(), BodyError::MediaType, "{bad}");
        }
        let twice = post(FORM, "a=1").append_header((CONTENT_TYPE, FORM));
        assert_eq!(form(twice).await.unwrap_err(), BodyError::MediaType);
        assert!(form(TestRequest::post()).await.unwrap().is_empty());
        assert_eq!(form(TestRequest::post().set_payload("a=1")).await.unwrap_err(), BodyError::MediaType);
    }

    #[actix_web::test]
    async fn a_185_large_many_and_compressed_bodies_are_refused() {
        let large = "a=".to_owned() + &"x".repeat(64 * 1024);
        assert_eq!(form(post(FORM, large)).await.unwrap_err(), BodyError::TooLarge);
        let declared = post(FORM, "").insert_header(("content-length", "104857600"));
        assert_eq!(form(declared).await.unwrap_err(), BodyError::TooLarge);
        let packed = post(FORM, "a=1").insert_header(("content-encoding", "gzip"));
        assert_eq!(form(packed).await.unwrap_err(), BodyError::ContentEncoding);
        let many = form(post(FORM, "a=1&".repeat(10_000))).await.unwrap_err();
        assert_eq!(many, BodyError::Fields(crate::web::extract::FieldsError::TooMany));
        assert_eq!(BodyError::TooLarge.error_response().status(), 413);
    }

    use actix_web::ResponseError as _;

    #[actix_web::test]
    async fn queries_show_doubled_names() {
        let request = TestRequest::with_uri("/authorize?scope=a&scope=b&x=%41").to_http_request();
        let query = Query::extract(&request).await.unwrap();
        assert!(query.get("scope").is_err());
        assert_eq!(query.get("x"), Ok(Some("A")));
    }
}
