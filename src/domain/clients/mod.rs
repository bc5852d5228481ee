//! Clients: what a registered application is and may do (RFC 7591 §2 and Portico's own settings).
//!
//! Registering and changing them is here too; authenticating them is `oauth::client_auth`.

mod client;
mod information;
mod manage;
mod metadata;
mod register;
mod rules;

pub use client::{Client, ClientKind, ClientSecret};
pub use manage::{SECRET_OVERLAP, SecretRotation, delete, find, list, rotate_secret, set_enabled};
pub use metadata::{ClientMetadata, SubjectType, TokenFormat};
pub use register::{IssuedSecret, NewClient, Registration, SECRET_LIFE, register, store_client};
pub use rules::ClientRefused;
