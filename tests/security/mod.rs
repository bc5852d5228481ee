//! The rows of the attack table, over HTTP. The name of each test begins with the id of its row.

mod bearer;
mod caches;
mod client_auth;
mod clocks;
mod introspection;
mod jwt;
mod key_rotation;
mod lifecycle;
mod refresh;
mod revocation;
mod scene;
mod tenants;
