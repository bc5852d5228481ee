//! Where a test's database is, and its removal.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, process};

use crate::kernel::Secret;

/// A database of a test's own; removed when dropped.
#[derive(Debug)]
pub enum Place {
    /// A folder for a SQLite file.
    Folder(PathBuf),
    /// A database on the PostgreSQL server of `PORTICO_TEST_PG`.
    Postgres {
        /// The server's URL, with the database one connects to for making others.
        server: String,
        /// The test's database.
        name: String,
    },
}

impl Place {
    /// A new empty folder.
    pub fn folder() -> Self {
        let folder = env::temp_dir().join(unique());
        fs::create_dir_all(&folder).expect("a temporary folder");
        Self::Folder(folder)
    }

    /// A new empty database; `None` without a server.
    pub fn postgres() -> Option<Self> {
        let server = env::var("PORTICO_TEST_PG").ok().filter(|server| !server.is_empty())?;
        Some(Self::postgres_at(&server))
    }

    /// A new empty database on that server.
    pub fn postgres_at(server: &str) -> Self {
        let name = unique().replace('-', "_");
        psql(server, &format!("CREATE DATABASE {name}"));
        Self::Postgres { server: server.to_owned(), name }
    }

    /// The `database.url` that leads there.
    pub fn url(&self) -> Secret {
        match self {
            Self::Folder(folder) => Secret::new(format!("sqlite://{}", folder.join("portico.db").display())),
            Self::Postgres { server, name } => {
                let (address, query) = server.split_once('?').unwrap_or((server, ""));
                let (host, _) = address.rsplit_once('/').expect("a URL that ends with a database");
                Secret::new(format!("{host}/{name}?{query}"))
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        match self {
            Self::Folder(folder) => drop(fs::remove_dir_all(folder)),
            Self::Postgres { server, name } => {
                psql(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
            }
        }
    }
}

fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("portico-test-{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn psql(server: &str, statement: &str) {
    // Debian keeps the newest version's tools off PATH; `./dev` knows where they are.
    let folder = env::var_os("PORTICO_TEST_PG_BIN").map(PathBuf::from).unwrap_or_default();
    let done = Command::new(folder.join("psql"))
        .args(["-qX", "-v", "ON_ERROR_STOP=1", "-c", statement, server])
        .status();
    assert!(done.is_ok_and(|status| status.success()), "psql: {statement}");
}
