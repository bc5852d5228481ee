//! The hosted pages over HTTP: one file each; their looks are `render`, their decisions `domain`.
//!
//! `visit` opens a request and words the failures every page shares; `forms` decides whether a form that came
//! back is one of ours; `enter` is what follows every sign-in. A page is shown by GET and changes
//! something by POST only, whose answer is a 303; the exceptions are those of the protocol: a
//! kept request that asks nothing more is answered, and a logout with a valid hint signs out.

pub mod assets;
pub mod choose;
pub mod consent;
pub mod dev_mail;
mod enter;
mod forms;
pub mod home;
pub mod login;
pub mod logout;
pub mod password;
pub mod playground;
pub mod reset;
mod visit;
