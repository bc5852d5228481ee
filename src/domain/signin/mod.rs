//! Signing in: proving who one is with a password, and what the browser holds afterwards.
//!
//! What lives here: the password check with its limits ([`sign_in`]), setting a new password by a one-time
//! link ([`set_new_password`]), browser sessions, device marks, the owners of CSRF tokens and the rules for
//! failures and for new passwords. Limits follow NIST SP 800-63B §3.2.2 and docs/security.md.
//!
//! What does not: which account may act (`people`), what an application may have of a signed-in person
//! (`oauth`), cookies and pages (`web`).

mod csrf;
mod device;
mod link;
mod password;
mod password_rules;
mod reset;
mod session;
mod settle;
pub mod throttle;

pub use csrf::FormOwner;
pub use device::is_known as is_known_device;
pub use link::{LinkPurpose, find as find_link, make as make_link};
pub use password::{Attempt, SignIn, SignedIn, sign_in};
pub use password_rules::{MOST_BYTES, PasswordProblem, check_new_password};
pub use reset::{NewPassword, PasswordSet, set_new_password};
pub use session::{
    ACR_PASSWORD, LiveSession, NewSession, current as current_session, end as end_session, needs_touch,
    start as start_session, touch_later,
};
