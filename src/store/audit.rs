//! The audit trail: added to, listed, never changed.

use diesel::prelude::*;

use super::conn::on_each;
use super::schema::audit_events::dsl;
use super::{Conn, StoreError, Tx};
use crate::kernel::{ClientId, Cx, TenantId, Timestamp, UserId};

/// Something worth remembering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// A dotted name: `login.failed`, `code.reused`, `user.suspended`.
    pub kind: &'static str,
    /// Whom it concerns.
    pub user: Option<UserId>,
    /// Which client it concerns.
    pub client: Option<ClientId>,
    /// The rest, as a JSON object without secrets.
    pub detail: serde_json::Value,
}

impl AuditEvent {
    /// An event that concerns nobody yet.
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, user: None, client: None, detail: serde_json::Value::Null }
    }

    /// Whom it concerns.
    #[must_use]
    pub const fn user(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// Which client it concerns.
    #[must_use]
    pub fn client(mut self, client: &ClientId) -> Self {
        self.client = Some(client.clone());
        self
    }

    /// More about it.
    #[must_use]
    pub fn detail(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}

/// A stored event.
#[derive(Clone, Debug, Queryable)]
pub struct AuditRow {
    /// The tenant.
    pub tenant: String,
    /// The event's id, in order of time.
    pub id: String,
    /// When.
    #[diesel(deserialize_as = i64)]
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// Whom it concerns.
    pub user: Option<String>,
    /// Which client it concerns.
    pub client: Option<String>,
    /// Where from.
    pub ip: Option<String>,
    /// The operation id.
    pub request_id: String,
    /// The rest, as JSON.
    pub detail: String,
}

/// Adds an event in the transaction of what it tells of.
///
/// # Errors
/// [`StoreError`] of the query; the transaction then fails, so nothing sensitive goes unrecorded.
pub fn insert(tx: &mut Tx<'_>, tenant: TenantId, cx: &Cx, event: &AuditEvent) -> Result<(), StoreError> {
    let conn: &mut Conn = tx;
    on_each!(conn, c => diesel::insert_into(dsl::audit_events)
        .values((
            dsl::tenant_id.eq(tenant.to_string()),
            dsl::id.eq(crate::kernel::RequestId::new(cx.now, &cx.rng).to_string()),
            dsl::at.eq(cx.now.micros()),
            dsl::kind.eq(event.kind),
            dsl::actor.eq(cx.actor.label()),
            dsl::user_id.eq(event.user.map(|id| id.to_string())),
            dsl::client_id.eq(event.client.as_ref().map(ClientId::as_str)),
            dsl::ip.eq(cx.ip.map(|ip| ip.to_string())),
            dsl::request_id.eq(cx.request_id.to_string()),
            dsl::detail.eq(event.detail.to_string()),
        ))
        .execute(c))?;
    Ok(())
}

/// Up to `limit` events before the id `before`, newest first.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list(
    conn: &mut Conn,
    tenant: TenantId,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let rows = dsl::audit_events
        .filter(dsl::tenant_id.eq(tenant.to_string()))
        .filter(dsl::id.lt(before.unwrap_or("g")))
        .order(dsl::id.desc())
        .limit(limit)
        .load(conn)?;
    Ok(rows)
}
