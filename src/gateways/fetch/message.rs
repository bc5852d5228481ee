//! A request, its answer, and why there is none.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode, Url};

/// The longest body that is read, in bytes.
pub const MOST_BYTES: usize = 1024 * 1024;

/// An answer on its way.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<FetchResponse, FetchError>> + Send + 'a>>;

/// Whoever carries requests out.
pub trait Fetch: Send + Sync {
    /// Sends a request and reads its answer, whatever its status; a redirect is an answer like any other.
    fn fetch(&self, request: FetchRequest) -> Fetching<'_>;
}

/// A request to another machine.
pub struct FetchRequest {
    /// The method.
    pub method: Method,
    /// The address, without user and password.
    pub url: Url,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body; mostly empty.
    pub body: Vec<u8>,
}

/// The answer, read to its end.
#[derive(Clone)]
pub struct FetchResponse {
    /// The status.
    pub status: StatusCode,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body as sent; nothing is unpacked.
    pub body: Vec<u8>,
}

/// Why there is no answer. Nothing that the other side sent is in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Plain http, a user in the address, or an origin that may not be reached from here.
    #[error("the address is not one that may be called")]
    Address,
    /// The name leads into a network that may not be reached, such as loopback or a private one.
    #[error("the address leads into a network that may not be called")]
    Network,
    /// No connection: unknown name, nobody listening, or a certificate that does not fit.
    #[error("no connection could be made")]
    Connect,
    /// Not complete in time.
    #[error("the answer did not come in time")]
    Timeout,
    /// A body longer than [`MOST_BYTES`].
    #[error("the answer is too large")]
    TooLarge,
    /// The connection broke, or the answer is not HTTP.
    #[error("the answer is incomplete")]
    Broken,
    /// TLS could not be set up on this machine: no certificate authorities, most often.
    #[error("no client could be set up for outgoing requests")]
    Setup,
}

/// Method and host only: paths, queries, headers and bodies may hold secrets.
impl fmt::Debug for FetchRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FetchRequest({} {})", self.method, self.url.host_str().unwrap_or_default())
    }
}

impl fmt::Debug for FetchResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FetchResponse({}, {} bytes)", self.status, self.body.len())
    }
}
