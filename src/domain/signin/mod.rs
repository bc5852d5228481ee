//! Signing in.

mod session;
pub use session::{LiveSession, current};
