//! The hosted pages over HTTP: one file each; their looks are `render`, their decisions `domain`.

pub mod assets;
pub mod dev_mail;
pub mod playground;
