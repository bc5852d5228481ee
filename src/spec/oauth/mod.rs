//! OAuth 2 (RFC 6749, 7636, 8252, 8414, 9207): parameters, registered error codes, redirect URIs, PKCE.

mod error;
mod fields;
mod names;
pub mod pkce;
pub mod redirect_uri;

pub use error::{ErrorCode, OAuthError};
pub use fields::{Doubled, Fields, FieldsError, decode, encode};
pub use names::{AuthMethod, GrantType, ResponseMode};
