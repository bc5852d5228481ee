//! Complete configurations that need no file.

use std::path::Path;

use super::choice::LogFormat;
use super::settings::Config;

impl Config {
    /// `portico serve --dev`: `http://localhost:8080`, everything below `data_dir` (also the keys),
    /// SQLite, mail kept in the mailbox, a log for people.
    pub fn dev(data_dir: &Path) -> Self {
        let mut config = Self::default();
        config.data.dir = data_dir.to_owned();
        config.keys.dir = data_dir.join("keys");
        config.telemetry.log_format = LogFormat::Text;
        config.settle();
        config
    }

    /// For tests: SQLite in memory, ports chosen by the operating system, and password hashes too cheap
    /// for anything else (the loader would refuse them).
    #[cfg(any(test, feature = "testkit"))]
    pub fn for_tests() -> Self {
        let mut config = Self::default();
        config.database.url = super::database_url::DatabaseUrl::memory();
        config.server.bind = super::address::Listen::loopback(0);
        config.server.management_bind = super::address::Listen::off();
        config.passwords.memory_kib = 16;
        config.keys.rsa_bits = 2048;
        config
    }
}
