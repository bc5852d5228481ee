//! The protocol endpoints over HTTP: one file each; what they decide is `domain::oauth`.

pub mod authorize;
mod client;
pub mod introspect;
pub mod metadata;
pub mod preflight;
pub mod revoke;
pub mod token;
pub mod userinfo;
