//! Tenants: an issuer each, with keys, users, clients and secrets of its own.
//!
//! The default tenant lives at `public_url`; every other one at `public_url/t/{slug}`.

mod create;
mod manage;
mod registry;
mod tenant;
mod upkeep;

pub use create::{NewTenant, make_tenant, store_tenant};
pub use manage::{TenantError, TenantRefused, create, find, list, set_enabled};
pub use registry::Registry;
pub use tenant::Tenant;
pub use upkeep::settle_keys;
