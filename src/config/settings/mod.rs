//! The settings themselves: the only place where one is written down.
//!
//! To add one, add its line here, use it, and run the tests once with `UPDATE_DOCS=1`.

mod protection;
mod surroundings;
mod tokens;

pub use protection::{Limits, Login, Passwords};
pub use surroundings::{Data, Database, Keys, Mail, Server, Telemetry, Testing, Tls};
pub use tokens::{Sessions, Tokens};

use super::public_url::PublicUrl;

section! {
    /// At the top of the file, before any section.
    pub struct Config {
        /// The address under which browsers and clients reach this server, and the issuer of its tokens:
        /// https (http for localhost only), without user, query, fragment or slash at the end. Other
        /// tenants live below it at `/t/{slug}`. Changing it later invalidates every registration.
        public_url: PublicUrl = PublicUrl::local();
    }
    sections {
        server: Server;
        database: Database;
        data: Data;
        keys: Keys;
        mail: Mail;
        tokens: Tokens;
        sessions: Sessions;
        passwords: Passwords;
        login: Login;
        limits: Limits;
        telemetry: Telemetry;
        testing: Testing;
    }
}
