//! The one integration-test binary: every area is a module, so the crate is linked once.
//!
//! `cfg(test)` tells clippy that helpers outside `#[test]` functions are tests too.

#[cfg(test)]
mod cli;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod house;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod oauth;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod people;
#[cfg(test)]
mod playground;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod security;
#[cfg(test)]
mod signin;
#[cfg(test)]
mod sql;
#[cfg(test)]
mod start;
#[cfg(test)]
mod store;
#[cfg(test)]
mod tenants;
