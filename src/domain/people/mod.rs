//! People: their accounts, the states of a life, and the one guard every door asks.

mod guard;
mod person;

pub use guard::{Blocked, check_account};
pub use person::{Person, fold_name};
