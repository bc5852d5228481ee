//! OAuth 2 and OpenID Connect: what each endpoint decides (RFC 6749, 6750, 7009, 7636, 7662, 9068, 9207,
//! OpenID Connect Core and RP-Initiated Logout).
//!
//! `authorize` turns a request into a code, `token` a code or another grant into tokens, `issue` makes the
//! tokens, `client_auth` proves clients; `introspect`, `revoke`, `userinfo` and `logout` are the rest. HTTP is
//! `web::oauth`.

pub mod authorize;
mod bearer;
pub mod client_auth;
mod error;
mod introspect;
mod issue;
mod limiter;
pub mod logout;
mod revoke;
mod standing;
pub mod token;
mod userinfo;

pub use bearer::{BearerError, Presented};
pub use error::OAuthFailure;
pub use introspect::introspect;
pub use issue::AccessClaims;
pub use limiter::FailureLimiter;
pub use revoke::revoke;
pub use userinfo::userinfo;
