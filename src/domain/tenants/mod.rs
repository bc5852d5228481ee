//! Tenants: an issuer each, with keys, users, clients and secrets of its own.
//!
//! The default tenant lives at `public_url`; every other one at `public_url/t/{slug}`.

mod create;
mod registry;
mod tenant;

pub use create::{NewTenant, make_tenant, store_tenant};
pub use registry::Registry;
pub use tenant::Tenant;
