//! What an operator does with tenants: makes, lists, stops and starts them.

use crate::domain::people::is_display_name;
use crate::domain::{Fault, Services, fault_from};
use crate::kernel::{Actor, Cx, Page, PageRequest, RequestId, SlugError, TenantSlug};
use crate::store::tenants::{self, TenantRow};
use crate::store::{AuditEvent, Conn, StoreError, Tx, insert_audit};

use super::{Tenant, make_tenant, store_tenant};

/// Slugs that would read as a part of Portico, and that a later version may need as a host or a path.
const RESERVED: [&str; 14] = [
    "account", "admin", "api", "dev", "health", "login", "metrics", "new", "portico", "root", "static",
    "system", "t", "www",
];

/// Why a tenant is not made or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TenantRefused {
    /// Not a slug.
    #[error(transparent)]
    Slug(#[from] SlugError),
    /// A slug that is kept.
    #[error("the slug {0} is reserved")]
    Reserved(String),
    /// Another tenant has it.
    #[error("a tenant with the slug {0} exists")]
    Taken(String),
    /// Not a display name.
    #[error("a tenant's name has 1 to 1020 bytes and no control characters")]
    Name,
    /// The default tenant carries the installation.
    #[error("the default tenant cannot be disabled")]
    Default,
    /// There is no such tenant.
    #[error("there is no tenant {0}")]
    NotFound(String),
}

/// Why something with tenants ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// What was asked for is not acceptable.
    #[error(transparent)]
    Refused(#[from] TenantRefused),
    /// Portico's own failure.
    #[error(transparent)]
    Fault(Fault),
}
fault_from!(TenantError);

impl Tenant {
    /// A context for work in this tenant that no request asked for: the command line, a job, the start.
    pub fn context(&self, services: &Services, actor: Actor) -> Cx {
        let now = services.clock.now();
        Cx {
            tenant: self.id,
            slug: self.slug.clone(),
            issuer: self.issuer.clone(),
            now,
            rng: services.rng.clone(),
            actor,
            request_id: RequestId::new(now, &services.rng),
            ip: None,
        }
    }
}

/// Makes a tenant with its secret and keys and stores it. Blocks for as long as an RSA key takes to make.
///
/// # Errors
/// [`TenantRefused`] naming the rule.
pub async fn create(services: &Services, cx: &Cx, slug: &str, name: &str) -> Result<TenantRow, TenantError> {
    let parsed = TenantSlug::parse(slug).map_err(TenantRefused::from)?;
    if RESERVED.contains(&slug) {
        return Err(TenantRefused::Reserved(slug.to_owned()).into());
    }
    if !is_display_name(name) {
        return Err(TenantRefused::Name.into());
    }
    let taken = TenantRefused::Taken(slug.to_owned());
    let wanted = parsed.clone();
    if services.db.read(move |conn| tenants::find_by_slug(conn, &wanted)).await?.is_some() {
        return Err(taken.into());
    }
    let bits = services.settings.rsa_bits;
    let made = make_tenant(&services.master, parsed, name.trim(), bits, (cx.now, &cx.rng))?;
    let cx = cx.clone();
    let stored = services.db.write(move |tx| store_tenant(tx, &cx, &made)).await;
    stored.map_err(|fault| match fault {
        Fault::Store(StoreError::Conflict(_)) => taken.into(),
        other => TenantError::Fault(other),
    })
}

/// Lets a tenant answer, or stops it; stopping voids every session and grant made until now.
///
/// # Errors
/// [`TenantRefused::NotFound`], or [`TenantRefused::Default`] for stopping that one.
pub fn set_enabled(
    tx: &mut Tx<'_>,
    cx: &Cx,
    slug: &TenantSlug,
    enabled: bool,
) -> Result<TenantRow, TenantError> {
    if slug.is_default() && !enabled {
        return Err(TenantRefused::Default.into());
    }
    let missing = || TenantRefused::NotFound(slug.to_string());
    let row = tenants::find_by_slug(tx, slug)?.ok_or_else(missing)?;
    let (state, kind) = if enabled { ("active", "tenant.enabled") } else { ("disabled", "tenant.disabled") };
    tenants::set_state(tx, row.id, state, cx.now)?;
    insert_audit(tx, row.id, cx, &AuditEvent::new(kind))?;
    Ok(tenants::find(tx, row.id)?.ok_or_else(missing)?)
}

/// A tenant by slug.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn find(conn: &mut Conn, slug: &TenantSlug) -> Result<Option<TenantRow>, StoreError> {
    tenants::find_by_slug(conn, slug)
}

/// A page of tenants in the order of their slugs.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn list(conn: &mut Conn, page: &PageRequest) -> Result<Page<TenantRow>, StoreError> {
    let rows = tenants::list(conn, page.after.as_deref(), i64::from(page.limit) + 1)?;
    Ok(Page::from_rows(rows, page.limit, |row| row.slug.to_string()))
}
