//! The edge: one wrap around every route, which nothing passes unseen.
//!
//! On the way in it gives the request its operation id and client address and refuses what no route
//! should ever see: a foreign host, a path with a second spelling, an unknown verb, too long a URL or
//! header. On the way out it adds the security headers, fills in the small error
//! bodies, counts and logs. A panic below it becomes a 500 with the operation id. What a route
//! does, and how request bodies are read, is not decided here.

mod answer;
mod body;
mod client_ip;
mod connection;
mod edge;
mod exchange;
mod headers;
mod host;
mod operation;
mod refusal;
mod settings;
mod target;

#[cfg(test)]
mod tests;

pub use answer::{ErrorPage, PageRenderer, RenderedPage, plain_page};
pub use body::Tracked;
pub use client_ip::{ClientIp, Network, NetworkError};
pub use connection::{Connection, Handling, Sending};
pub use edge::{Edge, EdgeService};
pub use exchange::{Event, Finished, Observer};
pub use host::{PublicUrl, PublicUrlError};
pub use operation::Operation;
pub use settings::{Drain, EdgeSettings};
