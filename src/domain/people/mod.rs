//! People: their accounts, the states of a life (S1-13), and the one guard every door asks.
//!
//! Making an account, moving it between states, its password, the way back in for an administrator. What
//! does not live here: signing in and its delays (`signin`), what a client may learn of a person (`oauth`).

mod create;
mod credentials;
mod find;
mod guard;
mod lifecycle;
mod names;
mod password;
mod person;

pub use create::{NewPerson, PersonDraft, PersonError, PersonRefused, create, make_person, store_person};
pub use credentials::{PasswordSetter, RECOVERY, RECOVERY_LIFE, Recovery, recover, set_password};
pub use find::{find, list};
pub use guard::{Blocked, check_account, check_state};
pub use lifecycle::{StateOutcome, change_state};
pub use names::{is_display_name, is_email, is_role, is_username};
pub use password::{WeakPassword, check_password};
pub use person::{Person, fold_name};

/// The role whose holders administer a tenant.
pub const ADMIN_ROLE: &str = "admin";
