//! FLOOR 1: the only folder that names diesel.
//!
//! Two databases behind one enum ([`Conn`]), two doors ([`Db::read`], [`Db::write`]), embedded migrations
//! and one file per aggregate. Every function of an aggregate takes the tenant first. What lives elsewhere:
//! what a row *means* (`domain`), sealing of secret columns (`crypto`).

mod audit;
pub mod classification;
mod conn;
mod db;
mod error;
mod meter;
mod migrate;
mod postgres;
pub mod schema;
mod sqlite;

pub mod clients;
pub mod consents;
pub mod flows;
pub mod grants;
pub mod installation;
pub mod links;
pub mod revoked_tokens;
pub mod roles;
pub mod sessions;
pub mod signing_keys;
pub mod tenants;
pub mod throttle;
pub mod users;

pub use audit::{AuditEvent, insert as insert_audit, list as list_audit};
pub use conn::{Conn, Tx};
pub use db::{Db, DbSettings, WriterFacts};
pub use error::{StoreError, WriteError};
pub use meter::metered;
pub use migrate::MigrationState;
