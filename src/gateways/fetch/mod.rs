//! Outgoing HTTP: one guarded client for every request Portico makes itself.
//!
//! https only, no redirects, no proxy from the environment, certificates always checked, addresses resolved
//! once and checked before they are dialled, special-use networks refused (RFC 6890), two seconds to connect
//! and five for everything, a body of at most 1 MiB. An [`Origin`] that the operator named may be an exception
//! to the scheme and to the networks, never to the rest. What is fetched and believed is not decided here.

mod address;
#[cfg(any(test, feature = "testkit"))]
mod fake;
mod http;
mod message;
mod policy;

#[cfg(any(test, feature = "testkit"))]
pub use fake::FakeFetch;
pub use http::HttpFetch;
pub use message::{Fetch, FetchError, FetchRequest, FetchResponse, Fetching, MOST_BYTES};
pub use policy::{Origin, Policy};
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, StatusCode, Url};
