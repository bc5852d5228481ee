//! FLOOR 0: wire formats of the standards, as pure parsing, printing and validating.
//!
//! No I/O, no storage, no decision about who may do what; those ask this floor what a text means.

pub mod oauth;
pub mod oidc;
