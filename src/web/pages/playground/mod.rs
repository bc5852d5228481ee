//! The playground: a relying party inside `serve --dev`, built on the `openidconnect` crate.
//!
//! It runs the real redirects against this Portico, with any client that is registered here, and shows each
//! request, each answer and every decoded token. It knows nothing that another application would not know: it
//! asks over HTTP, through the guarded client of `gateways::fetch`, which for it reaches this server's own
//! address and nothing else. Everything waits asynchronously, so that one worker serves both sides.
//!
//! Here: the steps of OpenID Connect Core §3.1 as an application takes them, and the memory of runs. Not here:
//! anything Portico decides; how the pages look (`render`). Without `serve --dev` all of it answers 404.

mod callback;
mod demo;
mod failure;
#[cfg(test)]
mod fake_provider;
mod party;
mod recorder;
mod result;
mod run;
mod start;
#[cfg(test)]
mod tests;
mod visit;

pub use callback::get as callback;
pub use demo::Playground;
pub use result::{get as result, post as tool};
pub use start::{get as form, post as start};
