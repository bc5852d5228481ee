//! The rows of docs/security.md, tried on the whole server over HTTP. A test's name begins with its row.

mod database_away;
mod races;
