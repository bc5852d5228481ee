//! The attacks of docs/security.md against the whole application, over HTTP.
//!
//! A test's name begins with the id of its row. Every refusal is also checked for what it must not carry: a
//! code, a token, a `Location` that was not earned, a status of our own fault.

mod alone;
mod authorize;
mod codes;
mod cookies;
mod cors;
mod headers;
mod http;
mod limits;
mod logs;
mod operator;
mod pkce;
mod prompt_none;
mod redirect_uri;
mod registration;
mod response_mode;
mod secrets;
mod stage;
mod tls;
mod token_endpoint;
mod token_request;
mod token_types;
mod treasury;
mod wire;
