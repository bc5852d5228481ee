//! The rows of docs/security.md, tried on the whole server over HTTP. A test's name begins with its row.
//! Every refusal is also checked for what it must not carry: a code, a token, a `Location` that was not
//! earned, a status of our own fault.

mod alone;
mod authorize;
mod codes;
mod cookies;
mod cors;
mod database_away;
mod headers;
mod http;
mod limits;
mod logs;
mod operator;
mod parsers;
mod passwords;
mod pkce;
mod prompt_none;
mod races;
mod redirect_uri;
mod response_mode;
mod road;
mod secrets;
mod slow;
mod stage;
mod tls;
mod token_endpoint;
mod token_request;
mod token_types;
mod treasury;
mod wire;
