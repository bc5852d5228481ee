//! The one integration-test binary: every area is a module, so the crate is linked once.
//!
//! `cfg(test)` tells clippy that helpers outside `#[test]` functions are tests too.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod house;
#[cfg(test)]
mod oauth;
#[cfg(test)]
mod signin;
