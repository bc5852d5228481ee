//! From rows to a ring that signs, and from a fresh key to a row.

use std::sync::Arc;

use crate::crypto::{KeyFamily, KeyRing, KeyState, MasterKey, Place, RingKey, SigningKey};
use crate::domain::Fault;
use crate::kernel::{KeyId, Rng, TenantId, Timestamp};
use crate::store::signing_keys::{self, SigningKeyRow};
use crate::store::{Conn, Tx};

const fn place(tenant: TenantId, row: &str) -> Place<'_> {
    Place { table: "signing_keys", column: "private_key", row, tenant }
}

/// A key made and sealed, ready to be stored. Making one is slow (RSA), so it is done before the write.
pub struct NewKey(pub(super) SigningKeyRow);

/// Makes a key in the given state.
///
/// # Errors
/// [`Fault::Internal`] when the library cannot make one.
pub fn make_key(
    master: &MasterKey,
    tenant: TenantId,
    family: KeyFamily,
    rsa_bits: u32,
    state: KeyState,
    (now, rng): (Timestamp, &Rng),
) -> Result<NewKey, Fault> {
    let key = SigningKey::generate(family, rsa_bits).map_err(Fault::internal)?;
    let id = KeyId::new(now, rng);
    let private = key.to_pkcs8().map_err(Fault::internal)?;
    Ok(NewKey(SigningKeyRow {
        tenant,
        id,
        family: family.as_str().to_owned(),
        kid: key.kid().to_owned(),
        state: state.as_str().to_owned(),
        private_key: master.seal(&place(tenant, &id.to_string()), private.expose(), rng),
        created_at: now,
        active_at: (state == KeyState::Active).then_some(now.micros()),
        retired_at: None,
        drop_at: None,
    }))
}

/// Stores a key; tells its id.
///
/// # Errors
/// [`Fault::Store`].
pub fn insert_key(tx: &mut Tx<'_>, key: &NewKey) -> Result<KeyId, Fault> {
    signing_keys::insert(tx, key.0.tenant, &key.0)?;
    Ok(key.0.id)
}

/// Loads every key of a tenant.
///
/// # Errors
/// [`Fault::Internal`] when a key cannot be opened with this master key: nothing is signed with a guess.
pub fn load_ring(conn: &mut Conn, master: &MasterKey, tenant: TenantId) -> Result<KeyRing, Fault> {
    let mut keys = Vec::new();
    for row in signing_keys::list(conn, tenant)? {
        let unreadable = |why: &str| Fault::internal(format!("signing key {}: {why}", row.id));
        let family = KeyFamily::parse(&row.family).ok_or_else(|| unreadable("unknown family"))?;
        let state = KeyState::parse(&row.state).ok_or_else(|| unreadable("unknown state"))?;
        let private = master
            .open(&place(tenant, &row.id.to_string()), &row.private_key)
            .map_err(|_| unreadable("cannot decrypt with this master key"))?;
        let key = SigningKey::from_pkcs8(family, private.expose()).map_err(|_| unreadable("malformed"))?;
        keys.push(RingKey { key: Arc::new(key), state });
    }
    KeyRing::new(keys).map_err(Fault::internal)
}
