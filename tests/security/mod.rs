//! The rows of docs/security.md, tried on the whole server over HTTP. A test's name begins with its row.
//! Every refusal is also checked for what it must not carry: a code, a token, a `Location` that was not
//! earned, a status of our own fault.

mod alone;
mod authorize;
mod bearer;
mod caches;
mod client_auth;
mod clocks;
mod codes;
mod cookies;
mod cors;
mod database_away;
mod headers;
mod http;
mod introspection;
mod jwt;
mod key_rotation;
mod lifecycle;
mod limits;
mod logs;
mod operator;
mod parsers;
mod passwords;
mod pkce;
mod prompt_none;
mod races;
mod redirect_uri;
mod refresh;
mod registration;
mod response_mode;
mod revocation;
mod road;
mod scene;
mod secrets;
mod slow;
mod stage;
mod tenants;
mod tls;
mod token_endpoint;
mod token_request;
mod token_types;
mod treasury;
mod wire;
