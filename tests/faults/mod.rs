//! Faults as an operator meets them: the real binary in processes of its own, killed, stopped, starved of
//! its files and fed with broken ones (attacks.md §3).
//!
//! What needs no process (a row's logic, an in-process server) is tested beside the source.

mod beside;
mod broken_config;
mod check;
mod customer;
mod first_start;
mod key_rotation;
mod ledger;
mod master_key;
mod node;
mod signals;
mod site;
mod stopping;
mod tls;

use std::time::Duration;

use portico::kernel::Rng;

/// A moment between nothing and `most`, different each time.
fn any_moment(rng: &Rng, most: Duration) -> Duration {
    let share = f64::from(u32::from_le_bytes(rng.bytes())) / f64::from(u32::MAX);
    most.mul_f64(share)
}
