//! For tests only (feature `testkit`): the floors below `web` ready for use, with a frozen clock and seeded
//! randomness, on a database of their own.
//!
//! Every test gets a fresh SQLite file that is removed afterwards, and, with `PORTICO_TEST_PG` set to the URL
//! of a PostgreSQL server (for a user who may create databases), a fresh database there. No code of the house
//! uses this room; only `tests/` does.
#![expect(clippy::expect_used, clippy::panic, reason = "a test stops where its kit fails")]

mod app;
mod browser;
mod clients;
mod people;
mod place;
mod services;

pub use app::{NOON, NodeGuard, TestApp};
pub use browser::{Browser, Reply, basic, encode};
pub use clients::{CALLBACK, TestClient, VERIFIER, authorize_path, challenge, confidential, member, public};
pub use people::NewPerson;
pub use place::Place;
pub use services::{
    TestServices, is_postgres_chosen, services, services_at, services_chosen, services_everywhere,
};
