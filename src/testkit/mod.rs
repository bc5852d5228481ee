//! For tests only (feature `testkit`): the floors below `web` ready for use, with a frozen clock and seeded
//! randomness, on a database of their own.
//!
//! Every test gets a fresh SQLite file that is removed afterwards; with `PORTICO_TEST_PG` set to the URL of a
//! PostgreSQL server (of a user who may create databases), the same tests run there. No code of the house
//! uses this room; only `tests/` does.
#![expect(clippy::expect_used, reason = "a test stops where its kit fails")]

mod people;
mod place;
mod services;

pub use people::NewPerson;
pub use place::Place;
pub use services::{TestServices, services};
