//! A tenant as requests see it: loaded once, kept until it changes.

use std::sync::Arc;

use crate::crypto::{KeyRing, MasterKey, Place, SigningAlg, TenantKeys, TenantSecret};
use crate::domain::{Fault, keys};
use crate::kernel::locale::Locale;
use crate::kernel::{TenantId, TenantSlug, Timestamp};
use crate::spec::oidc::Metadata;
use crate::store::Conn;
use crate::store::tenants::TenantRow;

/// One tenant, ready to serve.
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name in URLs.
    pub slug: TenantSlug,
    /// Its name for people.
    pub name: String,
    /// Whether it answers at all.
    pub enabled: bool,
    /// Sessions and grants made up to this moment are void.
    pub not_before: Timestamp,
    /// `public_url` or `public_url/t/{slug}`.
    pub issuer: Arc<str>,
    /// What stands before every path of the tenant: empty, or `/t/{slug}` (below `public_url`'s own path).
    pub base_path: String,
    /// Symmetric keys.
    pub keys: TenantKeys,
    /// Signing keys.
    pub ring: KeyRing,
    /// The provider metadata, printed once.
    pub discovery: Arc<[u8]>,
}

pub(super) const fn secret_place(tenant: TenantId, row: &str) -> Place<'_> {
    Place { table: "tenants", column: "secret", row, tenant }
}

impl Tenant {
    /// Loads what belongs to a tenant's row.
    ///
    /// # Errors
    /// [`Fault`] when its secrets cannot be opened or the database cannot be read.
    pub(super) fn load(
        conn: &mut Conn,
        master: &MasterKey,
        public_url: &str,
        row: TenantRow,
    ) -> Result<Self, Fault> {
        let sealed = master
            .open(&secret_place(row.id, &row.id.to_string()), &row.secret)
            .map_err(|_| Fault::internal("a tenant's secret cannot be decrypted with this master key"))?;
        let secret =
            TenantSecret::from_bytes(sealed).ok_or_else(|| Fault::internal("a tenant's secret is cut"))?;
        let ring = keys::load_ring(conn, master, row.id)?;
        let base_path = if row.slug.is_default() { String::new() } else { format!("/t/{}", row.slug) };
        let issuer = format!("{public_url}{base_path}");
        let algs = ring.signing_algs().into_iter().map(SigningAlg::as_str).collect();
        let locales = Locale::ALL.iter().map(|locale| locale.tag()).collect();
        let discovery =
            serde_json::to_vec(&Metadata::new(&issuer, algs, locales)).map_err(Fault::internal)?;
        Ok(Self {
            id: row.id,
            slug: row.slug,
            name: row.name,
            enabled: row.state == "active",
            not_before: row.not_before,
            issuer: issuer.into(),
            base_path,
            keys: TenantKeys::derive(row.id, &secret),
            ring,
            discovery: discovery.into(),
        })
    }
}
