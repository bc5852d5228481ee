//! Requests that no route gets to see, and the status each is answered with.

use actix_web::http::StatusCode;

/// Why the edge answers by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No or two hosts, or a path that is not an encoding of anything.
    BadRequest,
    /// A second spelling of a path; nothing lives there.
    NotFound,
    /// A verb that no resource of this server has.
    Method,
    /// The target is longer than allowed (RFC 9110 §15.5.15).
    UrlTooLong,
    /// A host that is not ours (RFC 9110 §15.5.20).
    Misdirected,
    /// Too many bytes of header (RFC 6585 §5).
    HeadersTooLarge,
    /// The connection already has as many requests in work as it may.
    Busy,
}

impl Refusal {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}
