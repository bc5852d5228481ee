//! Tenants and clients in memory, with exact invalidation.
//!
//! Every entry carries the configuration version it was read under, taken *before* the read; it is used
//! only while that version stands. So a change by any process is seen by the next request (on PostgreSQL by
//! the next one after the notification arrives, at most some 20 ms).

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use quick_cache::sync::Cache;

use super::Tenant;
use crate::crypto::MasterKey;
use crate::domain::Fault;
use crate::domain::clients::Client;
use crate::kernel::{ClientId, TenantId, TenantSlug};
use crate::store::{Db, clients, tenants};

/// Clients kept; the least used give way.
const CLIENTS: usize = 65_536;
/// Tenants kept.
const TENANTS: usize = 16_384;

/// Tenants whose clients' origins are kept.
const ORIGINS: usize = 256;
/// Clients read at a time.
const PAGE: i64 = 500;

struct Kept<T> {
    version: u64,
    value: Arc<T>,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { version: self.version, value: self.value.clone() }
    }
}

/// The tenants and clients of this installation.
pub struct Registry {
    db: Db,
    master: Arc<MasterKey>,
    public_url: Arc<str>,
    tenants: RwLock<HashMap<TenantSlug, Kept<Tenant>>>,
    clients: Cache<(TenantId, ClientId), Kept<Client>>,
    origins: Cache<TenantId, Kept<HashSet<String>>>,
}

impl Registry {
    /// An empty registry over a database.
    pub fn new(db: Db, master: Arc<MasterKey>, public_url: &str) -> Self {
        Self {
            db,
            master,
            public_url: public_url.into(),
            tenants: RwLock::default(),
            clients: Cache::new(CLIENTS),
            origins: Cache::new(ORIGINS),
        }
    }

    /// The tenant of that slug.
    ///
    /// # Errors
    /// [`Fault`] when the database cannot be read or the tenant's secrets cannot be opened.
    pub async fn tenant(&self, slug: &TenantSlug) -> Result<Option<Arc<Tenant>>, Fault> {
        let version = self.db.config_version()?;
        if let Some(kept) = self.kept_tenant(slug).filter(|kept| kept.version == version) {
            return Ok(Some(kept.value));
        }
        let (wanted, master, public_url) = (slug.clone(), self.master.clone(), self.public_url.clone());
        let loaded = self
            .db
            .read(move |conn| {
                let Some(row) = tenants::find_by_slug(conn, &wanted)? else { return Ok(None) };
                Ok(Some(Tenant::load(conn, &master, &public_url, row)))
            })
            .await?;
        let Some(tenant) = loaded.transpose()?.map(Arc::new) else { return Ok(None) };
        let mut all = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= TENANTS {
            all.clear();
        }
        all.insert(slug.clone(), Kept { version, value: tenant.clone() });
        Ok(Some(tenant))
    }

    /// The tenant as last seen, whatever the database says: for metadata and keys, which are answered even
    /// while it is away.
    pub fn tenant_from_memory(&self, slug: &TenantSlug) -> Option<Arc<Tenant>> {
        self.kept_tenant(slug).map(|kept| kept.value)
    }

    /// The client of that identifier.
    ///
    /// # Errors
    /// [`Fault`] when the database cannot be read.
    pub async fn client(&self, tenant: TenantId, id: &ClientId) -> Result<Option<Arc<Client>>, Fault> {
        let version = self.db.config_version()?;
        let key = (tenant, id.clone());
        if let Some(kept) = self.clients.get(&key).filter(|kept| kept.version == version) {
            return Ok(Some(kept.value));
        }
        let wanted = id.clone();
        let loaded = self
            .db
            .read(move |conn| {
                let Some(row) = clients::find(conn, tenant, &wanted)? else { return Ok(None) };
                let secrets = clients::secrets(conn, tenant, &wanted)?;
                Client::from_rows(row, secrets).map(Some)
            })
            .await?;
        let Some(client) = loaded.map(Arc::new) else { return Ok(None) };
        self.clients.insert(key, Kept { version, value: client.clone() });
        Ok(Some(client))
    }

    /// Whether some enabled client of the tenant lets pages of this origin call it: the question of a preflight,
    /// which does not say which client it is for. The clients are read once per configuration version.
    ///
    /// # Errors
    /// [`Fault`] when the database cannot be read.
    pub async fn allows_origin(&self, tenant: TenantId, origin: &str) -> Result<bool, Fault> {
        let version = self.db.config_version()?;
        if let Some(kept) = self.origins.get(&tenant).filter(|kept| kept.version == version) {
            return Ok(kept.value.contains(origin));
        }
        let origins: HashSet<String> = self
            .db
            .read(move |conn| {
                let mut found = HashSet::new();
                let mut after: Option<String> = None;
                loop {
                    let page = clients::list(conn, tenant, after.as_deref(), PAGE)?;
                    let Some(last) = page.last().map(|row| row.id.to_string()) else { return Ok(found) };
                    for row in page {
                        if let Ok(client) = Client::from_rows(row, Vec::new())
                            && client.enabled
                        {
                            found.extend(client.origins());
                        }
                    }
                    after = Some(last);
                }
            })
            .await?;
        let allowed = origins.contains(origin);
        self.origins.insert(tenant, Kept { version, value: Arc::new(origins) });
        Ok(allowed)
    }

    /// How many tenants and clients are kept in memory.
    pub fn remembered(&self) -> (usize, usize) {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner).len();
        (tenants, self.clients.len())
    }

    fn kept_tenant(&self, slug: &TenantSlug) -> Option<Kept<Tenant>> {
        self.tenants.read().unwrap_or_else(PoisonError::into_inner).get(slug).cloned()
    }
}
