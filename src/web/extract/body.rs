//! Reading a request body within its size and time.

use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use actix_web::http::{StatusCode, header::HeaderMap};
use actix_web::web::BytesMut;
use actix_web::{HttpResponse, ResponseError, dev::Payload};
use futures_util::StreamExt as _;

use super::FieldsError;

/// Why a body was not read. Each maps to one status; the edge adds the body of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Not the media type the endpoint takes, a charset other than UTF-8, or two `Content-Type` headers.
    #[error("the request body has a media type that this endpoint does not take")]
    MediaType,
    /// A `Content-Encoding` other than `identity`: compressed requests are not unpacked.
    #[error("compressed request bodies are not taken")]
    ContentEncoding,
    /// Longer than the endpoint's limit.
    #[error("the request body is too large")]
    TooLarge,
    /// Not complete within the time allowed.
    #[error("the request body did not arrive in time")]
    Timeout,
    /// The connection broke or the framing was wrong.
    #[error("the request body is incomplete")]
    Broken,
    /// The bytes are not a list of fields.
    #[error(transparent)]
    Fields(#[from] FieldsError),
}

impl ResponseError for BodyError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::MediaType | Self::ContentEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Broken | Self::Fields(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// Reads a body of at most `most` bytes within `patience`.
///
/// # Errors
/// [`BodyError`]; a declared length over the limit is refused before a byte is read.
pub async fn read_body(
    headers: &HeaderMap,
    payload: &mut Payload,
    most: usize,
    patience: Duration,
) -> Result<BytesMut, BodyError> {
    if headers.get_all(CONTENT_ENCODING).any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(BodyError::ContentEncoding);
    }
    let declared = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > most) {
        return Err(BodyError::TooLarge);
    }
    let reading = async {
        let mut body = BytesMut::with_capacity(declared.unwrap_or(0));
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| BodyError::Broken)?;
            if chunk.len() > most.saturating_sub(body.len()) {
                return Err(BodyError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    tokio::time::timeout(patience, reading).await.map_err(|_| BodyError::Timeout)?
}
