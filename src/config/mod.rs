//! FLOOR 1: what an operator may set, and nothing else.
//!
//! `settings/` holds one annotated struct per section, and those structs are the only place a setting is
//! written down: its name, type, default, bounds and meaning come from one line each of `section!`.
//! The TOML file, the environment (`PORTICO_SECTION__KEY`, secrets also `…_FILE`), the checks, the
//! redacted print-out and docs/configuration.md are all derived from them by walking the same structs
//! with a different `Visitor`.
//!
//! What does not live here: where the file is looked for (`cli`), settings an administrator changes at
//! run time (the database), and any use of a value (a path is not opened, an address not bound).
//! The file format is TOML 1.0.

#[macro_use]
mod section;
#[macro_use]
mod choice;

mod address;
mod check;
mod cidr;
mod database_url;
mod duration;
mod environment;
mod error;
#[cfg(test)]
mod faults;
mod file;
mod load;
mod nearest;
mod presets;
mod public_url;
mod reference;
mod settings;
mod value;

pub use address::Listen;
pub use choice::{LogFormat, LogLevel, MailTransport, Migrate, SigningAlg};
pub use cidr::Cidr;
pub use database_url::DatabaseUrl;
pub use environment::environment;
pub use error::{ConfigError, Origin, Problem};
pub use public_url::PublicUrl;
pub use reference::{Key, keys, reference};
pub use settings::{
    Config, Data, Database, Keys, Limits, Login, Mail, Passwords, Server, Sessions, Telemetry, Testing, Tls,
    Tokens,
};
