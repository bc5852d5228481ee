//! FLOOR 2: what the product does, without HTTP, templates or SQL.
//!
//! A domain function takes a transaction or the [`Services`], the request's [`crate::kernel::Cx`] and a
//! request, and answers with an outcome enum. Rooms meet through each other's face and never in a circle:
//! `clients` and `keys` stand alone, `tenants` loads both, `people` guards accounts, `signin` uses people and
//! tenants, `oauth` uses them all.

pub mod clients;
mod fault;
pub mod keys;
pub mod oauth;
pub mod people;
mod services;
pub mod signin;
pub mod tenants;

pub use fault::Fault;
pub(crate) use fault::fault_from;
pub use services::{Services, Settings};
