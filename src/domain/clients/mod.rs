//! Clients: what a registered application is and may do (RFC 7591 §2 and Portico's own settings).
//!
//! Registering and changing them is here too; authenticating them is `oauth::client_auth`.

mod client;
mod metadata;

pub use client::{Client, ClientKind, ClientSecret};
pub use metadata::{ClientMetadata, SubjectType, TokenFormat};
