//! Failure counters: of accounts (for all spellings of their names) and of networks.

use diesel::prelude::*;

use super::conn::on_each;
use super::schema::{login_throttle, network_throttle};
use super::{Conn, StoreError, Tx};
use crate::kernel::{TenantId, Timestamp};

/// An account's failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountFailures {
    /// How many in a row.
    pub failures: i64,
    /// When the last one was.
    pub last_failure_at: Timestamp,
    /// Until when the account answers no password.
    pub blocked_until: Timestamp,
}

/// A network's failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkFailures {
    /// How many in the window.
    pub failures: i64,
    /// When the window began.
    pub window_start: Timestamp,
    /// Until when the network is refused.
    pub blocked_until: Timestamp,
}

/// What is known of an account (its id, or the keyed hash of a name that has none). Locks the row on
/// PostgreSQL, so that a look and a change in one transaction are one step.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn account(tx: &mut Tx<'_>, tenant: TenantId, subject: &str) -> Result<AccountFailures, StoreError> {
    use login_throttle::dsl;
    let tenant = tenant.to_string();
    let conn: &mut Conn = tx;
    on_each!(conn, c => diesel::insert_into(dsl::login_throttle)
        .values((
            dsl::tenant_id.eq(&tenant),
            dsl::subject.eq(subject),
            dsl::failures.eq(0_i64),
            dsl::last_failure_at.eq(0_i64),
            dsl::blocked_until.eq(0_i64),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    let columns = (dsl::failures, dsl::last_failure_at, dsl::blocked_until);
    let query = dsl::login_throttle.find((&tenant, subject)).select(columns);
    // The row may be cleared by another transaction between the two statements; then both are repeated.
    let (failures, last, until): (i64, i64, i64) = match conn {
        Conn::Postgres(c) => query.for_update().first(c).optional()?.ok_or(StoreError::Serialization)?,
        Conn::Sqlite(c) => query.first(c)?,
    };
    Ok(AccountFailures {
        failures,
        last_failure_at: Timestamp::from_micros(last),
        blocked_until: Timestamp::from_micros(until),
    })
}

/// Stores an account's counter.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn set_account(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    subject: &str,
    now: &AccountFailures,
) -> Result<(), StoreError> {
    use login_throttle::dsl;
    diesel::update(dsl::login_throttle.find((tenant.to_string(), subject)))
        .set((
            dsl::failures.eq(now.failures),
            dsl::last_failure_at.eq(now.last_failure_at.micros()),
            dsl::blocked_until.eq(now.blocked_until.micros()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets an account's failures.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn clear_account(tx: &mut Tx<'_>, tenant: TenantId, subject: &str) -> Result<(), StoreError> {
    diesel::delete(login_throttle::table.find((tenant.to_string(), subject))).execute(&mut **tx)?;
    Ok(())
}

/// What is known of a network, without a lock: to refuse a blocked one before any work.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn peek_network(
    conn: &mut Conn,
    tenant: TenantId,
    network: &str,
) -> Result<Option<NetworkFailures>, StoreError> {
    use network_throttle::dsl;
    let columns = (dsl::failures, dsl::window_start, dsl::blocked_until);
    let found: Option<(i64, i64, i64)> =
        dsl::network_throttle.find((tenant.to_string(), network)).select(columns).first(conn).optional()?;
    Ok(found.map(|(failures, start, until)| NetworkFailures {
        failures,
        window_start: Timestamp::from_micros(start),
        blocked_until: Timestamp::from_micros(until),
    }))
}

/// What is known of a network, with its row locked on PostgreSQL.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn network(tx: &mut Tx<'_>, tenant: TenantId, network: &str) -> Result<NetworkFailures, StoreError> {
    use network_throttle::dsl;
    let tenant = tenant.to_string();
    let conn: &mut Conn = tx;
    on_each!(conn, c => diesel::insert_into(dsl::network_throttle)
        .values((
            dsl::tenant_id.eq(&tenant),
            dsl::network.eq(network),
            dsl::failures.eq(0_i64),
            dsl::window_start.eq(0_i64),
            dsl::blocked_until.eq(0_i64),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    let columns = (dsl::failures, dsl::window_start, dsl::blocked_until);
    let query = dsl::network_throttle.find((&tenant, network)).select(columns);
    let (failures, start, until): (i64, i64, i64) = match conn {
        Conn::Postgres(c) => query.for_update().first(c).optional()?.ok_or(StoreError::Serialization)?,
        Conn::Sqlite(c) => query.first(c)?,
    };
    Ok(NetworkFailures {
        failures,
        window_start: Timestamp::from_micros(start),
        blocked_until: Timestamp::from_micros(until),
    })
}

/// Stores a network's counter.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn set_network(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    network: &str,
    now: &NetworkFailures,
) -> Result<(), StoreError> {
    use network_throttle::dsl;
    diesel::update(dsl::network_throttle.find((tenant.to_string(), network)))
        .set((
            dsl::failures.eq(now.failures),
            dsl::window_start.eq(now.window_start.micros()),
            dsl::blocked_until.eq(now.blocked_until.micros()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets counters that were last moved before `before` and block nobody; whatever their tenant.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn delete_stale(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, StoreError> {
    let accounts = login_throttle::table
        .filter(login_throttle::last_failure_at.lt(before.micros()))
        .filter(login_throttle::blocked_until.lt(before.micros()));
    let networks = network_throttle::table
        .filter(network_throttle::window_start.lt(before.micros()))
        .filter(network_throttle::blocked_until.lt(before.micros()));
    let removed = diesel::delete(accounts).execute(&mut **tx)?;
    Ok(removed + diesel::delete(networks).execute(&mut **tx)?)
}
