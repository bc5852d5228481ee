//! FLOOR 0: the pure vocabulary every other floor speaks.
//!
//! Typed ids, time and randomness as values, secrets that do not print themselves, scopes, user
//! states, locales and keyset pages. Nothing here opens a file, a socket or a database, and nothing
//! here knows a wire format (that is `spec`). The wall clock and the operating system's random source
//! are named in this folder only.

mod clock;
mod cx;
mod ids;
pub mod locale;
mod page;
mod rng;
mod scope;
mod secret;
mod tenant;
mod token;
mod user_state;

pub use clock::{Clock, Timestamp};
pub use cx::{Actor, Cx};
pub use ids::{ClientId, FlowId, GrantId, KeyId, RequestId, SessionId, TenantId, UserId};
pub use page::{Page, PageRequest};
pub use rng::Rng;
pub use scope::{ScopeError, ScopeSet};
pub use secret::{Secret, SecretBytes};
pub use tenant::{SlugError, TenantSlug};
pub use token::{TokenError, TokenKind, hash_token};
pub use user_state::{Transition, UserState};
