//! Signing keys over time: making them, loading a tenant's ring, rotating with overlap.
//!
//! The arithmetic is `crypto`; the rows are `store::signing_keys`.

mod ring;

pub use ring::{NewKey, insert_key, load_ring, make_key};
