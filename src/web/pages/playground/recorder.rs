//! Between the `openidconnect` crate and the gateway: carries each request and writes down what was said.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use openidconnect::http::HeaderMap;
use openidconnect::http::header::AUTHORIZATION;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

use crate::gateways::fetch::{Fetch, FetchError, FetchRequest, FetchResponse, Url};
use crate::spec::oauth::Fields;
use crate::web::render::{Step, StepKind};

/// The longest answer that a page shows, in bytes.
const SHOWN: usize = 8 * 1024;

/// What stands where a secret was.
const MASK: &str = "••••••••";

/// An HTTP client for the crate; all its requests are for one step.
pub(super) struct Recorder<'a> {
    fetch: &'a dyn Fetch,
    kind: StepKind,
    steps: Mutex<Vec<Step>>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(fetch: &'a dyn Fetch, kind: StepKind) -> Self {
        Self { fetch, kind, steps: Mutex::default() }
    }

    /// What was said, in order.
    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the next request is: discovery reads the metadata, then the keys it names.
    fn next(&self) -> StepKind {
        let first = self.steps.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        if self.kind == StepKind::Discovery && !first { StepKind::Keys } else { self.kind }
    }

    /// Sends a request and records it with its answer.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<FetchResponse, FetchError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| FetchError::Address)?;
        let mut step = Step {
            kind: self.next(),
            method: parts.method.to_string(),
            url: without_query(&url),
            sent: sent(&url, &parts.headers, &body),
            status: None,
            answer: String::new(),
        };
        let request = FetchRequest { method: parts.method, url, headers: parts.headers, body };
        let answer = self.fetch.fetch(request).await;
        match &answer {
            Ok(answer) => {
                step.status = Some(answer.status.as_u16());
                step.answer = shown(&answer.body);
            }
            Err(error) => step.answer = error.to_string(),
        }
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(step);
        answer
    }
}

impl<'c> AsyncHttpClient<'c> for Recorder<'_> {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.send(request).await?;
            let mut response = HttpResponse::new(answer.body);
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

/// An address as a step shows it.
pub(super) fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// The parameters of a query, as a step shows them.
pub(super) fn query(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().map(|(name, value)| masked(&name, &value)).collect()
}

fn sent(url: &Url, headers: &HeaderMap, body: &[u8]) -> Vec<(String, String)> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let mut all: Vec<_> = header.map(|value| masked("Authorization", value)).into_iter().collect();
    all.extend(query(url));
    if let Ok(fields) = Fields::parse(body) {
        all.extend(fields.iter().map(|(name, value)| masked(name, value)));
    }
    all
}

/// What proves the client, and what opens an API, is not shown.
fn masked(name: &str, value: &str) -> (String, String) {
    let value = match name {
        "Authorization" => {
            let scheme = value.split_once(' ').map_or("", |(scheme, _)| scheme);
            format!("{scheme} {MASK}").trim_start().to_owned()
        }
        "client_secret" | "client_assertion" => MASK.to_owned(),
        _ => value.to_owned(),
    };
    (name.to_owned(), value)
}

/// An answer for people: JSON with line breaks, everything else as it is.
fn shown(body: &[u8]) -> String {
    let mut text = match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(json) => serde_json::to_string_pretty(&json).unwrap_or_default(),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    if text.len() > SHOWN {
        text.truncate(text.floor_char_boundary(SHOWN));
        text.push_str("\n…");
    }
    text
}

#[cfg(test)]
mod tests {
    use openidconnect::http::Request;

    use super::*;
    use crate::gateways::fetch::{FakeFetch, StatusCode};

    fn answer(status: u16, body: &str) -> FetchResponse {
        let status = StatusCode::from_u16(status).unwrap();
        FetchResponse { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    async fn record(request: Request<Vec<u8>>, body: &'static str) -> (HttpResponse, Step) {
        let fetch = FakeFetch::new(move |_| Ok(answer(200, body)));
        let recorder = Recorder::new(&fetch, StepKind::Token);
        let response = recorder.call(request).await.unwrap();
        (response, recorder.into_steps().remove(0))
    }

    #[tokio::test]
    async fn secrets_are_masked_and_the_rest_is_shown() {
        let request = Request::post("https://op.example/token?x=1")
            .header(AUTHORIZATION, "Basic aWQ6aHVudGVyMg==")
            .body(b"client_id=app&client_secret=hunter2&code=c%20d".to_vec())
            .unwrap();
        let (response, step) = record(request, r#"{"a":1}"#).await;
        assert_eq!((response.status().as_u16(), response.body().as_slice()), (200, &br#"{"a":1}"#[..]));
        assert_eq!((step.method.as_str(), step.url.as_str()), ("POST", "https://op.example/token"));
        let shown: Vec<_> = step.sent.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let expected =
            ["Authorization=Basic ••••••••", "x=1", "client_id=app", "client_secret=••••••••", "code=c d"];
        assert_eq!(shown, expected);
        assert_eq!(step.answer, "{\n  \"a\": 1\n}");
        let all = format!("{step:?}");
        assert!(!all.contains("hunter2") && !all.contains("aWQ6"));
    }

    #[tokio::test]
    async fn bearer_tokens_in_a_header_are_masked_too() {
        let request = Request::get("https://op.example/userinfo")
            .header(AUTHORIZATION, "Bearer pta_secret")
            .body(Vec::new())
            .unwrap();
        let (_, step) = record(request, "not json").await;
        assert_eq!(step.sent, [("Authorization".to_owned(), format!("Bearer {MASK}"))]);
        assert_eq!(step.answer, "not json");
    }

    #[tokio::test]
    async fn no_answer_is_written_down_as_well() {
        let fetch = FakeFetch::new(|_| Err(FetchError::Timeout));
        let recorder = Recorder::new(&fetch, StepKind::Discovery);
        let request = Request::get("https://op.example/").body(Vec::new()).unwrap();
        assert_eq!(recorder.call(request).await.unwrap_err(), FetchError::Timeout);
        let step = recorder.into_steps().remove(0);
        assert_eq!((step.status, step.answer), (None, FetchError::Timeout.to_string()));
    }

    #[test]
    fn long_answers_are_cut_between_letters() {
        let text = shown("é".repeat(SHOWN).as_bytes());
        assert!(text.len() <= SHOWN + 4 && text.ends_with("é\n…"));
    }
}
