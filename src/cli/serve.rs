//! `portico serve [--dev]`

use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::app::dev_seed::DevSeed;
use crate::app::process::{Process, serve};
use crate::config::{Config, environment};

use super::Global;
use super::context::{TRIAL_DATA, first_problem, usable_configuration};
use super::output::{Failure, Output};

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// A trial that needs no configuration: http://localhost:8080, data in ./data, two accounts, a playground
    #[arg(long)]
    dev: bool,
}

pub(super) fn run(global: &Global, command: &Serve, output: Output) -> Result<(), Failure> {
    let config = configuration(global, command)?;
    let process = Process {
        dev: command.dev,
        tell: |seed: &DevSeed| tell(seed, output),
        reread: || configuration(global, command).map_err(|failure| failure.to_string()),
    };
    serve(config, process).map_err(Failure::Refused)
}

fn configuration(global: &Global, command: &Serve) -> Result<Config, Failure> {
    if !command.dev {
        return usable_configuration(global);
    }
    if global.config.is_some() {
        return Err(Failure::Usage("serve --dev takes no configuration file; leave --config out".to_owned()));
    }
    Config::load_dev(Path::new(TRIAL_DATA), environment()).map_err(|error| first_problem(&error))
}

/// The addresses, and the passwords of accounts that were made just now: this is the only time they are
/// told.
fn tell(seed: &DevSeed, output: Output) {
    let mut told = json!({
        "url": seed.public_url,
        "playground": seed.playground,
        "mailbox": seed.mailbox,
        "client_id": seed.client_id.as_str(),
    });
    for (name, account) in [("user", &seed.user), ("admin", &seed.admin)] {
        let password = account.password.as_ref().map(|password| password.expose().to_owned());
        let shown = password.unwrap_or_else(|| {
            "(told when it was made; `portico user set-password` sets another)".to_owned()
        });
        if let Some(object) = told.as_object_mut() {
            object.insert(name.to_owned(), json!(account.email));
            object.insert(format!("{name}_password"), json!(shown));
        }
    }
    output.object(&told);
}
