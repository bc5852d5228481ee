//! Where the database is; the address may carry a password.

use std::fmt;
use std::path::Path;

use crate::kernel::Secret;

use super::value::{Raw, Setting, quoted};

/// `sqlite://PATH`, `sqlite::memory:` or `postgres://…`; printed without user, password and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Secret);

impl DatabaseUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// One sentence; it never repeats the address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let known = ["sqlite://", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        if known || text.is_empty() || text == "sqlite::memory:" {
            Ok(Self(Secret::new(text)))
        } else {
            Err("expected \"sqlite://PATH\" or \"postgres://USER:PASSWORD@HOST/NAME\"".to_owned())
        }
    }

    /// A SQLite file.
    pub fn sqlite(path: &Path) -> Self {
        Self(Secret::new(format!("sqlite://{}", path.to_string_lossy())))
    }

    /// A SQLite database that vanishes with the process.
    pub fn memory() -> Self {
        Self(Secret::new("sqlite::memory:"))
    }

    /// Not written: the loader derives one from `data.dir`.
    pub(crate) fn unset() -> Self {
        Self(Secret::default())
    }

    /// Whether the operator wrote none.
    pub(crate) fn is_unset(&self) -> bool {
        self.0.expose().is_empty()
    }

    /// The whole address, with its password.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The file of a SQLite database (`:memory:` for none), or `None` for PostgreSQL.
    pub fn sqlite_path(&self) -> Option<&str> {
        let text = self.0.expose();
        text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:"))
    }

    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.0.expose().starts_with("postgres")
    }

    /// The address for logs. Whatever could hide a password is left out, also in addresses that are
    /// not well formed.
    pub fn redacted(&self) -> String {
        let text = self.0.expose();
        match text.split_once("://") {
            Some((scheme, rest)) if self.is_postgres() => {
                let authority = rest.split('/').next().unwrap_or_default();
                let skip = authority.rfind('@').map_or(0, |at| at.saturating_add(1));
                let user = if skip > 0 { "…@" } else { "" };
                let place = rest.get(skip..).unwrap_or_default();
                let place = place.split('?').next().unwrap_or_default();
                let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:,[]".contains(c);
                if place.chars().all(plain) {
                    format!("{scheme}://{user}{place}")
                } else {
                    format!("{scheme}://…")
                }
            }
            _ => text.to_owned(),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.redacted())
    }
}

impl Setting for DatabaseUrl {
    const SECRET: bool = true;

    fn kind() -> String {
        "database address".to_owned()
    }

    fn parse(raw: &Raw) -> Result<Self, String> {
        Self::parse(raw.text()?)
    }

    fn show(&self) -> String {
        quoted(&self.redacted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (text, shown) in [
            ("postgres://u:hunter2@db:5432/portico", "postgres://…@db:5432/portico"),
            ("postgres://db/portico?user=u&password=hunter2", "postgres://db/portico"),
            ("postgres://db/portico?password=x@hunter2", "postgres://db/portico"),
            ("postgres://u:h?unter2@db/portico", "postgres://…@db/portico"),
            ("postgresql://u:hunter2@x@db/portico", "postgresql://…@db/portico"),
            ("postgres://u:hun/ter2@db/portico", "postgres://…"),
            ("sqlite://./data/portico.db", "sqlite://./data/portico.db"),
        ] {
            let url = DatabaseUrl::parse(text).unwrap();
            assert_eq!(url.redacted(), shown);
            assert_eq!(url.expose(), text);
            assert!(!format!("{url:?}").contains("ter2"));
        }
    }

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(DatabaseUrl::parse("sqlite:///var/x.db").unwrap().sqlite_path(), Some("/var/x.db"));
        assert_eq!(DatabaseUrl::memory().sqlite_path(), Some(":memory:"));
        assert_eq!(DatabaseUrl::parse("postgresql://h/d").unwrap().sqlite_path(), None);
        assert!(DatabaseUrl::parse("postgresql://h/d").unwrap().is_postgres());
        for text in
            ["mysql://h", "sqlite:", "sqlite://", "postgres://", "/var/x.db", "host=db password=hunter2"]
        {
            assert!(DatabaseUrl::parse(text).is_err_and(|m| !m.contains("hunter2")), "{text}");
        }
    }
}
