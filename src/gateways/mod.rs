//! FLOOR 1: the doors to the outside, each a trait with a real side and one for tests.
//!
//! Here: how Portico reaches other machines, and what it refuses to reach. Not here: what is said through a
//! door and why (that is `domain`, or the room that opens it); the database is no door but `store`.
//!
//! - `fetch`: outgoing HTTP, guarded against being sent to places it must not see.
//! - `mail`: mails on their way out.

pub mod fetch;
pub mod mail;
