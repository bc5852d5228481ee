//! The steps of a rotation that time brings: announced keys begin to sign, replaced ones leave.

use std::time::Duration;

use crate::config::Tokens;
use crate::crypto::KeyState;
use crate::domain::Fault;
use crate::kernel::{Cx, KeyId, Timestamp};
use crate::store::signing_keys::{self, SigningKeyRow};
use crate::store::{AuditEvent, Tx, insert_audit};

/// How far the clocks of resource servers may be behind: a token counts a little longer there.
const SKEW: Duration = Duration::from_secs(60);

/// What a turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Keys that sign from now on.
    pub activated: usize,
    /// Keys that no longer sign.
    pub retired: usize,
    /// Keys that are gone.
    pub dropped: usize,
}

/// The longest life of anything these keys sign.
pub fn longest_token_life(tokens: &Tokens) -> Duration {
    tokens.access_lifetime.max(tokens.id_lifetime).max(tokens.client_credentials_lifetime)
}

/// Which announced keys a turn takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Those whose time has come.
    Due,
    /// All.
    Everything,
}

/// Takes whatever steps are due for `cx.tenant`: announced keys begin to sign, those they replace stay until
/// the last token they signed has expired, and then go. Nothing is written when nothing is due.
///
/// # Errors
/// [`Fault`] of the database.
pub fn settle(tx: &mut Tx<'_>, cx: &Cx, longest: Duration) -> Result<Settled, Fault> {
    let rows = signing_keys::list(tx, cx.tenant)?;
    if rows.iter().all(|row| !is_due(row, cx.now)) {
        return Ok(Settled::default());
    }
    // Takes a lock on PostgreSQL: of two nodes the second finds nothing left to do.
    tx.touch_config()?;
    turn_over(tx, cx, longest, Turn::Due)
}

fn is_due(row: &SigningKeyRow, now: Timestamp) -> bool {
    let reached = |at: Option<i64>| at.is_some_and(|at| at <= now.micros());
    match KeyState::parse(&row.state) {
        Some(KeyState::Published) => reached(row.active_at),
        Some(KeyState::Retired) => reached(row.drop_at),
        Some(KeyState::Active) | None => false,
    }
}

/// One whole turn, in the caller's transaction and under its lock.
pub(super) fn turn_over(tx: &mut Tx<'_>, cx: &Cx, longest: Duration, turn: Turn) -> Result<Settled, Fault> {
    let rows = signing_keys::list(tx, cx.tenant)?;
    let steps = steps(&rows, cx.now, turn);
    let drop_at = cx.now.plus(longest).plus(SKEW);
    for id in &steps.retire {
        signing_keys::retire(tx, cx.tenant, *id, cx.now, drop_at)?;
        tell(tx, cx, "key.retired", &rows, *id)?;
    }
    for id in &steps.activate {
        signing_keys::activate(tx, cx.tenant, *id, cx.now)?;
        tell(tx, cx, "key.activated", &rows, *id)?;
    }
    for row in rows.iter().filter(|row| row.state == KeyState::Retired.as_str() && is_due(row, cx.now)) {
        tell(tx, cx, "key.dropped", &rows, row.id)?;
    }
    let dropped = signing_keys::drop_expired(tx, cx.tenant, cx.now)?;
    Ok(Settled { activated: steps.activate.len(), retired: steps.retire.len(), dropped })
}

fn tell(
    tx: &mut Tx<'_>,
    cx: &Cx,
    kind: &'static str,
    rows: &[SigningKeyRow],
    id: KeyId,
) -> Result<(), Fault> {
    if let Some(row) = rows.iter().find(|row| row.id == id) {
        let detail = serde_json::json!({ "kid": row.kid, "family": row.family });
        insert_audit(tx, cx.tenant, cx, &AuditEvent::new(kind).detail(detail))?;
    }
    Ok(())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Steps {
    activate: Vec<KeyId>,
    retire: Vec<KeyId>,
}

/// In each family the newest announced key whose turn it is begins to sign; the active one and any older
/// announced one retire.
fn steps(rows: &[SigningKeyRow], now: Timestamp, turn: Turn) -> Steps {
    let mut steps = Steps::default();
    let ready = |row: &SigningKeyRow| {
        row.state == KeyState::Published.as_str() && (turn == Turn::Everything || is_due(row, now))
    };
    for (at, next) in rows.iter().enumerate().filter(|(_, row)| ready(row)) {
        let replaced = rows.iter().skip(at + 1).any(|later| later.family == next.family && ready(later));
        if replaced {
            steps.retire.push(next.id);
            continue;
        }
        let active =
            rows.iter().filter(|row| row.family == next.family && row.state == KeyState::Active.as_str());
        steps.retire.extend(active.map(|row| row.id));
        steps.activate.push(next.id);
    }
    steps
}
