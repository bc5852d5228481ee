//! Rotating: new keys are announced, take over later, and the old ones stay for what they signed.

use std::time::Duration;

use crate::crypto::{KeyFamily, KeyState, MasterKey};
use crate::domain::Fault;
use crate::kernel::{Cx, Rng, TenantId, Timestamp};
use crate::store::signing_keys::{self, SigningKeyRow};
use crate::store::{AuditEvent, Tx, insert_audit};

use super::settle::{Turn, turn_over};
use super::{KeySummary, NewKey, list, make_key};

/// How long new keys are published before they sign: longer than relying parties are told to cache the set.
pub const DEFAULT_LEAD: Duration = Duration::from_secs(10 * 60);

/// How a rotation goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationPlan {
    /// New keys are announced now and sign after this long.
    Announce(Duration),
    /// New keys sign at once; so do those already announced.
    Now,
    /// New keys sign at once and every older one is gone at once: for a key that leaked. Tokens they signed
    /// stop working.
    Emergency,
}

/// What became of a rotation.
#[derive(Clone, Debug)]
pub enum Rotation {
    /// The keys as they are now.
    Done(Vec<KeySummary>),
    /// Keys are announced already and will sign from this moment: nothing was changed.
    AlreadyAnnounced(Timestamp),
}

/// Makes a new key of every family; slow (RSA), so done before the write.
///
/// # Errors
/// [`Fault::Internal`] when a key cannot be made.
pub fn make_successors(
    master: &MasterKey,
    tenant: TenantId,
    rsa_bits: u32,
    at: (Timestamp, &Rng),
) -> Result<Vec<NewKey>, Fault> {
    KeyFamily::ALL
        .into_iter()
        .map(|family| make_key(master, tenant, family, rsa_bits, KeyState::Published, at))
        .collect()
}

/// Rotates the keys of `cx.tenant` in one transaction, so that exactly one key of each family signs at any
/// moment, whatever happens meanwhile. `longest` is the longest life of a token. The successors are
/// left unused when announced keys take over.
///
/// # Errors
/// [`Fault`] of the database.
pub fn rotate(
    tx: &mut Tx<'_>,
    cx: &Cx,
    successors: &[NewKey],
    plan: RotationPlan,
    longest: Duration,
) -> Result<Rotation, Fault> {
    // First of all, because it takes a lock on PostgreSQL: rotations come one by one.
    tx.touch_config()?;
    let rows = signing_keys::list(tx, cx.tenant)?;
    let announced = rows.iter().filter(|row| row.state == KeyState::Published.as_str());
    let announced: Vec<Timestamp> =
        announced.map(|row| row.active_at.map_or(cx.now, Timestamp::from_micros)).collect();
    match (plan, announced.iter().max()) {
        (RotationPlan::Announce(_), Some(at)) => return Ok(Rotation::AlreadyAnnounced(*at)),
        (RotationPlan::Announce(lead), None) => announce(tx, cx, successors, cx.now.plus(lead))?,
        (RotationPlan::Now, Some(_)) => {}
        (RotationPlan::Now, None) => announce(tx, cx, successors, cx.now)?,
        (RotationPlan::Emergency, _) => {
            withdraw(tx, cx, &rows)?;
            announce(tx, cx, successors, cx.now)?;
        }
    }
    let turn = if matches!(plan, RotationPlan::Announce(_)) { Turn::Due } else { Turn::Everything };
    turn_over(tx, cx, longest, turn)?;
    Ok(Rotation::Done(list(tx, cx.tenant)?))
}

fn announce(tx: &mut Tx<'_>, cx: &Cx, keys: &[NewKey], active_at: Timestamp) -> Result<(), Fault> {
    for NewKey(made) in keys {
        let row = SigningKeyRow { active_at: Some(active_at.micros()), ..made.clone() };
        signing_keys::insert(tx, cx.tenant, &row)?;
        let detail = serde_json::json!({
            "kid": row.kid, "family": row.family, "active_at": active_at.seconds(),
        });
        insert_audit(tx, cx.tenant, cx, &AuditEvent::new("key.announced").detail(detail))?;
    }
    Ok(())
}

fn withdraw(tx: &mut Tx<'_>, cx: &Cx, rows: &[SigningKeyRow]) -> Result<(), Fault> {
    for row in rows {
        if row.state == KeyState::Retired.as_str() {
            signing_keys::drop_at(tx, cx.tenant, row.id, cx.now)?;
        } else {
            signing_keys::retire(tx, cx.tenant, row.id, cx.now, cx.now)?;
        }
        let detail = serde_json::json!({ "kid": row.kid, "family": row.family });
        insert_audit(tx, cx.tenant, cx, &AuditEvent::new("key.withdrawn").detail(detail))?;
    }
    Ok(())
}
