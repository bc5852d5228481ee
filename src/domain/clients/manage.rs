//! What an administrator does with a client that exists.

use std::time::Duration;

use crate::crypto::TenantKeys;
use crate::domain::Fault;
use crate::kernel::{ClientId, Cx, Page, PageRequest, TenantId, Timestamp};
use crate::spec::oauth::AuthMethod;
use crate::store::clients::{self, SecretRow};
use crate::store::{AuditEvent, Conn, StoreError, Tx, insert_audit};

use super::register::issue_secret;
use super::{Client, IssuedSecret};

/// How long the older of two secrets keeps working after a rotation, unless the caller says otherwise.
pub const SECRET_OVERLAP: Duration = Duration::from_secs(24 * 3600);

/// What became of a rotation.
#[derive(Clone, Debug)]
pub enum SecretRotation {
    /// There is a new secret.
    Rotated {
        /// The new one.
        secret: IssuedSecret,
        /// Until when the older one still works; `None` when there was none that did.
        older_until: Option<Timestamp>,
    },
    /// A public client has no secret.
    Public,
    /// There is no such client.
    NotFound,
}

/// Gives a client a new secret. The newest of those before stays good for `overlap`; any other ends at
/// once, so that never more than two work (RFC 7591 knows one; two let a fleet change over).
///
/// # Errors
/// [`Fault`] of the database.
pub fn rotate_secret(
    tx: &mut Tx<'_>,
    cx: &Cx,
    keys: &TenantKeys,
    id: &ClientId,
    overlap: Duration,
) -> Result<SecretRotation, Fault> {
    // First of all, because it takes a lock on PostgreSQL: rotations of one client come one by one.
    tx.touch_config()?;
    let Some(client) = find(tx, cx.tenant, id)? else { return Ok(SecretRotation::NotFound) };
    if client.metadata.token_endpoint_auth_method == AuthMethod::None {
        return Ok(SecretRotation::Public);
    }
    let mut live = live_secrets(tx, cx, id)?;
    let newest = live.pop();
    for older in live {
        clients::delete_secret(tx, cx.tenant, id, &older.id)?;
    }
    let mut older_until = None;
    if let Some(newest) = newest {
        let end = cx.now.plus(overlap);
        let end = newest.expires_at.map(Timestamp::from_micros).map_or(end, |already| already.min(end));
        clients::expire_secret(tx, cx.tenant, id, &newest.id, end)?;
        older_until = (end > cx.now).then_some(end);
    }
    let (secret, row) = issue_secret(cx, keys, id);
    clients::insert_secret(tx, cx.tenant, &row)?;
    let detail = serde_json::json!({ "older_until": older_until.map(Timestamp::seconds) });
    insert_audit(tx, cx.tenant, cx, &AuditEvent::new("client.secret_rotated").client(id).detail(detail))?;
    Ok(SecretRotation::Rotated { secret, older_until })
}

/// The secrets that work, oldest first; those that no longer do are removed.
fn live_secrets(tx: &mut Tx<'_>, cx: &Cx, id: &ClientId) -> Result<Vec<SecretRow>, Fault> {
    let mut live = Vec::new();
    for secret in clients::secrets(tx, cx.tenant, id)? {
        if secret.expires_at.is_none_or(|at| at > cx.now.micros()) {
            live.push(secret);
        } else {
            clients::delete_secret(tx, cx.tenant, id, &secret.id)?;
        }
    }
    live.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(live)
}

/// Lets a client work, or stops it; stopping voids every grant made until now. `false` when there is none.
///
/// # Errors
/// [`Fault`] of the database.
pub fn set_enabled(tx: &mut Tx<'_>, cx: &Cx, id: &ClientId, enabled: bool) -> Result<bool, Fault> {
    let (state, kind) = if enabled { ("active", "client.enabled") } else { ("disabled", "client.disabled") };
    let found = clients::set_state(tx, cx.tenant, id, state, cx.now)?;
    if found {
        insert_audit(tx, cx.tenant, cx, &AuditEvent::new(kind).client(id))?;
    }
    Ok(found)
}

/// Removes a client; everything it was granted dies with it. `false` when there is none.
///
/// # Errors
/// [`Fault`] of the database.
pub fn delete(tx: &mut Tx<'_>, cx: &Cx, id: &ClientId) -> Result<bool, Fault> {
    let found = clients::delete(tx, cx.tenant, id)?;
    if found {
        insert_audit(tx, cx.tenant, cx, &AuditEvent::new("client.deleted").client(id))?;
    }
    Ok(found)
}

/// A client with its secrets, read afresh.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(conn: &mut Conn, tenant: TenantId, id: &ClientId) -> Result<Option<Client>, StoreError> {
    let Some(row) = clients::find(conn, tenant, id)? else { return Ok(None) };
    let secrets = clients::secrets(conn, tenant, id)?;
    Client::from_rows(row, secrets).map(Some)
}

/// A page of clients in the order of their identifiers, without their secrets.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list(conn: &mut Conn, tenant: TenantId, page: &PageRequest) -> Result<Page<Client>, StoreError> {
    let rows = clients::list(conn, tenant, page.after.as_deref(), i64::from(page.limit) + 1)?;
    let all = rows.into_iter().map(|row| Client::from_rows(row, Vec::new())).collect::<Result<_, _>>()?;
    Ok(Page::from_rows(all, page.limit, |client: &Client| client.id.as_str().to_owned()))
}
