//! The protocol over HTTP, on whichever database `PORTICO_TEST_PG` chooses.

mod code;
mod metadata;
