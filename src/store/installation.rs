//! Facts about the whole installation: the master key's fingerprint, the configuration version.

use diesel::prelude::*;

use super::conn::on_each;
use super::schema::{installation, versions};
use super::{Conn, StoreError, Tx};

/// The name under which the master key's fingerprint is kept.
pub const MASTER_KEY: &str = "master_key";

/// A fact by name.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn fact(conn: &mut Conn, name: &str) -> Result<Option<String>, StoreError> {
    let found = installation::table.find(name).select(installation::value).first(conn).optional()?;
    Ok(found)
}

/// Sets a fact that was not there; an existing one stays as it is.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn set_fact_once(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<bool, StoreError> {
    let conn: &mut Conn = tx;
    let rows = on_each!(conn, c => diesel::insert_into(installation::table)
        .values((installation::name.eq(name), installation::value.eq(value)))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

pub(super) fn config_version(conn: &mut Conn) -> Result<u64, StoreError> {
    let query = versions::table.find("config").select(versions::value);
    let value: i64 = on_each!(conn, c => query.first(c))?;
    u64::try_from(value).map_err(|_| StoreError::Corrupt("versions.config".to_owned()))
}

pub(super) fn raise_config_version(conn: &mut Conn) -> Result<(), StoreError> {
    diesel::update(versions::table.find("config"))
        .set(versions::value.eq(versions::value + 1))
        .execute(conn)?;
    Ok(())
}
