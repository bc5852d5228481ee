//! Signing keys over time: making them, loading a tenant's ring, rotating with overlap (OpenID Connect Core
//! §10.1.1).
//!
//! The arithmetic is `crypto`; the rows are `store::signing_keys`. Which key signs a token is the ring's
//! answer, not this folder's.

mod ring;
mod rotate;
mod settle;
mod summary;

pub use ring::{NewKey, insert_key, load_ring, make_key};
pub use rotate::{DEFAULT_LEAD, Rotation, RotationPlan, make_successors, rotate};
pub use settle::{Settled, longest_token_life, settle};
pub use summary::{KeySummary, list};
