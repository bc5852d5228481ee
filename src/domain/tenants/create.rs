//! Making a tenant: its secret and a key of each family, then one transaction.

use crate::crypto::{KeyFamily, KeyState, MasterKey, TenantSecret};
use crate::domain::Fault;
use crate::domain::keys::{NewKey, insert_key, make_key};
use crate::kernel::{Cx, Rng, TenantId, TenantSlug, Timestamp};
use crate::store::tenants::{self, TenantRow};
use crate::store::{AuditEvent, Tx, insert_audit};

use super::tenant::secret_place;

/// A tenant made but not stored yet.
pub struct NewTenant {
    row: TenantRow,
    keys: Vec<NewKey>,
}

impl NewTenant {
    /// The id it will have.
    pub const fn id(&self) -> TenantId {
        self.row.id
    }
}

/// Makes a tenant with its secret and keys; slow, so done before the write.
///
/// # Errors
/// [`Fault::Internal`] when a key cannot be made.
pub fn make_tenant(
    master: &MasterKey,
    slug: TenantSlug,
    name: &str,
    rsa_bits: u32,
    (now, rng): (Timestamp, &Rng),
) -> Result<NewTenant, Fault> {
    let id = TenantId::new(now, rng);
    let secret = TenantSecret::generate(rng);
    let row = TenantRow {
        id,
        slug,
        name: name.to_owned(),
        state: "active".to_owned(),
        secret: master.seal(&secret_place(id, &id.to_string()), secret.expose(), rng),
        settings: "{}".to_owned(),
        not_before: Timestamp::from_micros(0),
        created_at: now,
        updated_at: now,
    };
    let keys = [KeyFamily::Rsa, KeyFamily::Ec, KeyFamily::Okp]
        .into_iter()
        .map(|family| make_key(master, id, family, rsa_bits, KeyState::Active, (now, rng)))
        .collect::<Result<_, _>>()?;
    Ok(NewTenant { row, keys })
}

/// Stores a tenant with everything it needs, or nothing (I5).
///
/// # Errors
/// [`crate::store::StoreError::Conflict`] inside the fault when the slug is taken.
pub fn store_tenant(tx: &mut Tx<'_>, cx: &Cx, tenant: &NewTenant) -> Result<TenantRow, Fault> {
    tenants::insert(tx, tenant.row.id, &tenant.row)?;
    for key in &tenant.keys {
        insert_key(tx, key)?;
    }
    let slug = serde_json::json!({ "slug": tenant.row.slug.as_str() });
    insert_audit(tx, tenant.row.id, cx, &AuditEvent::new("tenant.created").detail(slug))?;
    Ok(tenant.row.clone())
}
