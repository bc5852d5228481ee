//! FLOOR 4: the composition root: sockets, TLS, start, drain and reload.
//!
//! - `server`: listeners and every limit of a connection.
//! - `stream`, `frames`: the guard around each connection: stalls, idleness, HTTP/2 floods.
//! - `tls`, `validity`, `renewal`: certificates that can be replaced while running.
//! - `lifecycle`: signals and readiness.
//! - `management`, `observe`: health and metrics on the operator's listener.
//!
//! - `build`: a configuration becomes [`crate::domain::Services`]; `dev_seed`: what a trial begins with.
//! - `process`: the whole of `portico serve`.
//!
//! What is served is handed in; no route of the product is named here.

mod build;
pub mod dev_seed;
mod frames;
pub mod lifecycle;
pub mod management;
mod observe;
pub mod process;
pub mod renewal;
mod serve;
pub mod server;
mod stream;
pub mod tls;
mod validity;

pub use build::{StartError, build, open_database};
pub use observe::observer;
pub use serve::{ServeError, ServeOptions, Started, run, server_settings, start};

#[cfg(test)]
mod tests;
