//! The protocol over HTTP, on SQLite, or on PostgreSQL where `PORTICO_TEST_DB=postgres` chooses it.

mod code;
mod metadata;
