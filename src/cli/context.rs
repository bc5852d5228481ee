//! What commands share: the configuration, the services, the operator's context.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::app;
use crate::config::{Config, ConfigError, environment};
use crate::domain::Services;
use crate::domain::tenants::{Tenant, TenantRefused};
use crate::kernel::{Actor, Clock, Cx, Rng, TenantSlug};
use crate::ops::telemetry::{self, LogFormat, Metrics, Telemetry, TelemetrySettings};

use super::Global;
use super::output::Failure;

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "portico.toml";
/// Where a trial keeps its data.
pub(super) const TRIAL_DATA: &str = "./data";

/// The configuration file: the one named, `PORTICO_CONFIG`, or `portico.toml` if it is there.
pub(super) fn config_file(global: &Global) -> Option<PathBuf> {
    let named = global.config.clone().or_else(|| std::env::var_os("PORTICO_CONFIG").map(PathBuf::from));
    named.or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.exists()))
}

/// The configuration of every command but `serve --dev`. Without any, the trial that `serve --dev` made in
/// `./data` is meant, so that a newcomer's first commands need no file.
pub(super) fn configuration(global: &Global) -> Result<Config, ConfigError> {
    let file = config_file(global);
    let trial = Path::new(TRIAL_DATA);
    let says_where = environment().any(|(name, _)| name == "PORTICO_PUBLIC_URL");
    if file.is_none() && !says_where && trial.join("portico.db").exists() {
        return Config::load_dev(trial, environment());
    }
    Config::load(file.as_deref(), environment())
}

/// As [`configuration`], with its first problem in one line.
pub(super) fn usable_configuration(global: &Global) -> Result<Config, Failure> {
    configuration(global).map_err(|error| first_problem(&error))
}

/// One line for a configuration with any number of problems.
pub(super) fn first_problem(error: &ConfigError) -> Failure {
    let problems = error.problems();
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    match problems.len() {
        0 | 1 => Failure::Refused(first),
        more => Failure::Refused(format!("{first} (and {} more: `portico config check`)", more - 1)),
    }
}

/// One command's work: the installation, one tenant of it, and the operator's context there.
pub(super) struct Desk {
    /// The installation.
    pub(super) services: Arc<Services>,
    /// The tenant.
    pub(super) tenant: Arc<Tenant>,
    /// The operator's context.
    pub(super) cx: Cx,
}

impl Desk {
    /// Opens the installation as `serve` would, and the tenant of `--tenant`.
    pub(super) async fn open(global: &Global) -> Result<Self, Failure> {
        let config = usable_configuration(global)?;
        let services = app::build(&config, Clock::System, Rng::system()).await?;
        let slug = match &global.tenant {
            Some(text) => TenantSlug::parse(text)?,
            None => TenantSlug::default_tenant(),
        };
        let tenant = services.registry.tenant(&slug).await?;
        let tenant = tenant.ok_or_else(|| TenantRefused::NotFound(slug.to_string()))?;
        let cx = tenant.context(&services, Actor::Operator);
        Ok(Self { services, tenant, cx })
    }
}

/// Runs a command's work to its end on this thread.
pub(super) fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Warnings of the floors below go to standard error, as text. Keep what it returns until the end.
pub(super) fn log_to_stderr() -> Option<Telemetry> {
    let settings = TelemetrySettings {
        format: LogFormat::Text,
        level: tracing::Level::WARN.into(),
        otlp_endpoint: None,
    };
    // Without a logger the command still does its work.
    telemetry::start(&settings, &Metrics::new()).ok()
}
