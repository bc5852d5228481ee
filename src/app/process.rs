//! The whole of `portico serve`: from a configuration to the end of the process.

use std::net::SocketAddr;
use std::sync::Arc;

use super::dev_seed::{DevSeed, dev_seed};
use super::{ServeOptions, build, run, tls};
use crate::config::{Config, LogFormat, LogLevel};
use crate::domain::Services;
use crate::kernel::{Clock, Rng};
use crate::ops::telemetry::{self, Metrics, TelemetrySettings};

/// What the caller adds.
pub struct Process<T, R> {
    /// `serve --dev`: the trial's accounts and client are made, the mailbox and the playground are there.
    pub dev: bool,
    /// Told what the trial has, before the listeners are bound.
    pub tell: T,
    /// Reads the configuration again on SIGHUP; what is wrong with it keeps the one in effect.
    pub reread: R,
}

/// Serves until a signal stops it. Makes its own runtime: call it outside of one.
///
/// # Errors
/// One line why it could not start or failed by itself.
pub fn serve<T, R>(config: Config, process: Process<T, R>) -> Result<(), String>
where
    T: FnOnce(&DevSeed),
    R: FnMut() -> Result<Config, String>,
{
    tls::install_provider();
    let metrics = Metrics::new();
    let _telemetry = telemetry::start(&telemetry_settings(&config), &metrics).map_err(|e| e.to_string())?;
    if config.testing.enabled {
        tracing::warn!(target: "portico", "testing.enabled is set: this server is not safe for production");
    }
    actix_web::rt::System::new().block_on(async {
        let services = build(&config, Clock::System, Rng::system()).await.map_err(|e| e.to_string())?;
        let Process { dev, tell, mut reread } = process;
        if dev {
            // Told at once: whatever fails from here on, the passwords were seen.
            tell(&seed(&services, &config).await?);
        }
        let announce = |addresses: &[SocketAddr]| {
            let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            tracing::info!(target: "portico", addresses = shown.join(" "), "ready");
        };
        let running = config.clone();
        let reload = move || tell_reload(&running, reread());
        let options = ServeOptions { dev, metrics };
        run(services, config, options, announce, reload).await.map(drop).map_err(|e| e.to_string())
    })
}

async fn seed(services: &Arc<Services>, config: &Config) -> Result<DevSeed, String> {
    dev_seed(services, config).await.map_err(|fault| fault.to_string())
}

/// SIGHUP takes new certificates into use; settings are checked, so that a mistake is known before the next
/// start needs them.
fn tell_reload(running: &Config, read: Result<Config, String>) {
    match read {
        Err(problem) => {
            tracing::error!(target: "portico", problem, "the configuration has a mistake; the one in effect stays");
        }
        Ok(new) if new == *running => {
            tracing::info!(target: "portico", "the configuration is as it was");
        }
        Ok(_) => {
            tracing::warn!(target: "portico", "the configuration has changed and is correct; restart to use it");
        }
    }
}

/// Telemetry as configured.
pub fn telemetry_settings(config: &Config) -> TelemetrySettings {
    let endpoint = &config.telemetry.otlp_endpoint;
    TelemetrySettings {
        format: match config.telemetry.log_format {
            LogFormat::Json => telemetry::LogFormat::Json,
            LogFormat::Text => telemetry::LogFormat::Text,
        },
        level: match config.telemetry.log_level {
            LogLevel::Error => tracing::Level::ERROR,
            LogLevel::Warn => tracing::Level::WARN,
            LogLevel::Info => tracing::Level::INFO,
            LogLevel::Debug => tracing::Level::DEBUG,
            LogLevel::Trace => tracing::Level::TRACE,
        }
        .into(),
        otlp_endpoint: (!endpoint.is_empty()).then(|| endpoint.clone()),
    }
}
