//! The attacks of docs/security.md against the whole application, over HTTP.
//!
//! A test's name begins with the id of its row. Every refusal is also checked for what it must not carry: a
//! code, a token, a `Location` that was not earned, a status of our own fault.

mod authorize;
mod codes;
mod pkce;
mod prompt_none;
mod redirect_uri;
mod response_mode;
mod stage;
mod token_endpoint;
mod token_request;
mod token_types;
mod treasury;

