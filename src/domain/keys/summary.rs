//! What an operator sees of a key: everything but its private half.

use crate::crypto::{KeyFamily, KeyState};
use crate::kernel::{TenantId, Timestamp};
use crate::store::signing_keys::{self, SigningKeyRow};
use crate::store::{Conn, StoreError};

/// A key as told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySummary {
    /// The published key id.
    pub kid: String,
    /// The kind of key.
    pub family: KeyFamily,
    /// Its stage.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began, or will begin, to sign.
    pub active_at: Option<Timestamp>,
    /// When it stopped signing.
    pub retired_at: Option<Timestamp>,
    /// When it leaves the published set.
    pub drop_at: Option<Timestamp>,
}

impl KeySummary {
    fn from_row(row: SigningKeyRow) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("signing key {}: {what}", row.id));
        Ok(Self {
            family: KeyFamily::parse(&row.family).ok_or_else(|| corrupt("family"))?,
            state: KeyState::parse(&row.state).ok_or_else(|| corrupt("state"))?,
            kid: row.kid,
            created_at: row.created_at,
            active_at: row.active_at.map(Timestamp::from_micros),
            retired_at: row.retired_at.map(Timestamp::from_micros),
            drop_at: row.drop_at.map(Timestamp::from_micros),
        })
    }
}

/// Every key of a tenant, family by family, oldest first.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list(conn: &mut Conn, tenant: TenantId) -> Result<Vec<KeySummary>, StoreError> {
    let rows = signing_keys::list(conn, tenant)?.into_iter();
    let mut keys = rows.map(KeySummary::from_row).collect::<Result<Vec<_>, _>>()?;
    keys.sort_by_key(|key| (key.family.as_str(), key.created_at));
    Ok(keys)
}
