//! `portico doctor`: looks, tells, and changes nothing.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::app::open_database;
use crate::config::Config;
use crate::crypto::{KeyFamily, KeyState, MasterKey};
use crate::domain::keys;
use crate::domain::tenants::Registry;
use crate::kernel::{Clock, Rng, TenantSlug, Timestamp};
use crate::store::{Db, installation};

use super::Global;
use super::context::usable_configuration;
use super::output::{Failure, Output};

/// 2025-11-01: no clock is right that says it is earlier.
const WRITTEN: Timestamp = Timestamp::from_seconds(1_761_955_200);

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    /// As it should be.
    Good,
    /// Works, but an operator should look at it.
    Warning,
    /// Keeps Portico from working.
    Bad,
}

/// The checks so far.
#[derive(Debug, Default)]
struct Report(Vec<(&'static str, Finding, String)>);

impl Report {
    fn add(&mut self, name: &'static str, finding: Finding, detail: impl Into<String>) {
        self.0.push((name, finding, detail.into()));
    }

    /// Adds what came of a step and hands on what it gave.
    fn step<T, E: std::fmt::Display>(
        &mut self,
        name: &'static str,
        done: Result<(T, String), E>,
    ) -> Option<T> {
        match done {
            Ok((value, detail)) => {
                self.add(name, Finding::Good, detail);
                Some(value)
            }
            Err(error) => {
                self.add(name, Finding::Bad, error.to_string());
                None
            }
        }
    }
}

pub(super) async fn run(global: &Global, output: Output) -> Result<(), Failure> {
    let mut report = Report::default();
    match usable_configuration(global) {
        Ok(config) => {
            report.add("configuration", Finding::Good, "can be used");
            surroundings(&config, &mut report);
            database(&config, &mut report).await;
        }
        Err(failure) => report.add("configuration", Finding::Bad, failure.to_string()),
    }
    let rows: Vec<Value> = report
        .0
        .iter()
        .map(|(name, finding, detail)| {
            let status = match finding {
                Finding::Good => "ok",
                Finding::Warning => "warning",
                Finding::Bad => "failed",
            };
            json!({ "check": name, "status": status, "detail": detail })
        })
        .collect();
    output.list("checks", &rows, &["check", "status", "detail"], None);
    let healthy = report.0.iter().all(|(_, finding, _)| *finding != Finding::Bad);
    if healthy { Ok(()) } else { Err(Failure::Told) }
}

fn surroundings(config: &Config, report: &mut Report) {
    if config.public_url.is_https() {
        report.add("public_url", Finding::Good, config.public_url.as_str());
    } else {
        report.add("public_url", Finding::Warning, "plain http: good for trials on this machine only");
    }
    if Clock::System.now() < WRITTEN {
        report.add("clock", Finding::Bad, "the system clock is earlier than this program was written");
    } else {
        report.add("clock", Finding::Good, "later than this program was written");
    }
    if config.testing.enabled {
        report.add("testing", Finding::Warning, "testing.enabled weakens security; never in production");
    }
    directory("data.dir", &config.data.dir, report);
    directory("keys.dir", &config.keys.dir, report);
}

fn directory(name: &'static str, path: &Path, report: &mut Report) {
    let shown = path.display();
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            report.add(name, Finding::Warning, format!("{shown} is missing; the first start makes it"));
        }
        Err(error) => report.add(name, Finding::Bad, format!("{shown}: {error}")),
        Ok(found) if !found.is_dir() => report.add(name, Finding::Bad, format!("{shown} is not a directory")),
        Ok(found) if found.mode() & 0o077 != 0 => report.add(
            name,
            Finding::Warning,
            format!(
                "{shown} has mode {:04o}: other users can look into it; run chmod 700",
                found.mode() & 0o7777
            ),
        ),
        Ok(_) => report.add(name, Finding::Good, format!("{shown}, for its owner only")),
    }
}

async fn database(config: &Config, report: &mut Report) {
    if let Some(path) = config.database.url.sqlite_path()
        && !Path::new(path).exists()
    {
        report.add("database", Finding::Warning, format!("{path} is missing; the first start makes it"));
        return;
    }
    let opened = open_database(config, &Rng::system()).map(|db| (db, config.database.url.redacted()));
    let Some(db) = report.step("database", opened) else { return };
    if !schema(&db, report) {
        return;
    }
    let Some(master) = master_key(config, &db, report).await else { return };
    default_tenant(config, &db, master, report).await;
}

fn schema(db: &Db, report: &mut Report) -> bool {
    let state = match db.migration_state() {
        Ok(state) => state,
        Err(error) => {
            report.add("schema", Finding::Bad, error.to_string());
            return false;
        }
    };
    if !state.unknown.is_empty() {
        let detail = format!("newer than this binary: it has {}", state.unknown.join(", "));
        report.add("schema", Finding::Bad, detail);
    } else if !state.missing.is_empty() {
        let detail = format!("lacks {}; run `portico migrate`", state.missing.join(", "));
        report.add("schema", Finding::Warning, detail);
        return !state.applied.is_empty();
    } else {
        report.add("schema", Finding::Good, format!("up to date ({} migrations)", state.applied.len()));
    }
    state.unknown.is_empty()
}

async fn master_key(config: &Config, db: &Db, report: &mut Report) -> Option<Arc<MasterKey>> {
    let recorded = db.read(|conn| installation::fact(conn, installation::MASTER_KEY)).await;
    let recorded = match recorded {
        Ok(Some(recorded)) => recorded,
        Ok(None) => {
            report.add("master key", Finding::Warning, "none yet; the first start makes one");
            return None;
        }
        Err(error) => {
            report.add("master key", Finding::Bad, error.to_string());
            return None;
        }
    };
    let loaded = MasterKey::load(&config.keys.dir.join("master.key"));
    let key =
        report.step("master key file", loaded.map(|key| (key, "readable, for its owner only".to_owned())))?;
    let fits = key.require(&recorded).map(|()| ((), format!("id {recorded}, as the database recorded")));
    report.step("master key", fits)?;
    Some(Arc::new(key))
}

async fn default_tenant(config: &Config, db: &Db, master: Arc<MasterKey>, report: &mut Report) {
    let registry = Registry::new(db.clone(), master, config.public_url.as_str());
    let loaded = registry.tenant(&TenantSlug::default_tenant()).await;
    let found = loaded.map_err(|fault| fault.to_string()).and_then(|tenant| {
        tenant.map(|tenant| (tenant, "can be opened".to_owned())).ok_or_else(|| "is missing".to_owned())
    });
    let Some(tenant) = report.step("default tenant", found) else { return };
    let id = tenant.id;
    let summaries = match db.read(move |conn| keys::list(conn, id)).await {
        Ok(summaries) => summaries,
        Err(error) => return report.add("signing keys", Finding::Bad, error.to_string()),
    };
    for family in KeyFamily::ALL {
        let active = |key: &&keys::KeySummary| key.family == family && key.state == KeyState::Active;
        match summaries.iter().filter(active).count() {
            1 => {}
            count => {
                let detail = format!("{count} active {family} keys, where there must be exactly one");
                return report.add("signing keys", Finding::Bad, detail);
            }
        }
    }
    report.add("signing keys", Finding::Good, "one active key of each family");
}
