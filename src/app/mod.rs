//! FLOOR 4: the composition root.
//!
//! `build` turns a configuration into [`crate::domain::Services`]; `dev_seed` fills a trial installation;
//! `serve` answers requests until it is told to stop.

mod build;
pub mod dev_seed;
#[cfg(test)]
mod tests;

pub use build::{StartError, build, open_database};

use std::sync::Arc;

use crate::config::Config;
use crate::domain::Services;

/// How `portico serve` was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServeOptions {
    /// A trial: the mailbox and the playground are there.
    pub dev: bool,
}

/// Answers requests until it is told to stop. Makes its own runtime; call it outside of one.
///
/// # Errors
/// One line why it could not start or had to stop.
pub fn serve(_services: Arc<Services>, _config: Config, _options: ServeOptions) -> Result<(), String> {
    Err("not linked yet".to_owned())
}
