//! FLOOR 4: the composition root: sockets, TLS, start, drain and reload.
//!
//! - `server`: listeners and every limit of a connection.
//! - `stream`, `frames`: the guard around each connection: stalls, idleness, HTTP/2 floods.
//! - `tls`, `validity`, `renewal`: certificates that can be replaced while running.
//! - `lifecycle`: signals and readiness.
//! - `management`, `observe`: health and metrics on the operator's listener.
//!
//! What is served is handed in; no route of the product is named here.

mod frames;
pub mod lifecycle;
pub mod management;
mod observe;
pub mod renewal;
mod serve;
pub mod server;
mod stream;
pub mod tls;
mod validity;

pub use observe::observer;
pub use serve::{ServeError, ServeOptions, Started, run, server_settings, start};

#[cfg(test)]
mod tests;
