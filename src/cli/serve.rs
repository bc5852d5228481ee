//! `portico serve [--dev]`

use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::app::dev_seed::{DevAccount, DevSeed, dev_seed};
use crate::app::{self, ServeOptions};
use crate::config::{Config, environment};
use crate::kernel::{Clock, Rng};

use super::Global;
use super::context::{self, TRIAL_DATA, first_problem, usable_configuration};
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
    let mut services = None;
    context::block_on(async {
        let built = app::build(&config, Clock::System, Rng::system()).await?;
        if command.dev {
            tell(&dev_seed(&built, &config).await?, output);
        }
        services = Some(built);
        Ok(())
    })?;
    match services {
        Some(services) => {
            app::serve(services, config, ServeOptions { dev: command.dev }).map_err(Failure::Refused)
        }
        None => Ok(()),
    }
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
        let DevAccount { email, password } = account;
        if let Some(object) = told.as_object_mut() {
            object.insert(name.to_owned(), json!(email));
            let password = password.as_ref().map(|password| password.expose().to_owned());
            let shown = password.unwrap_or_else(|| "(told when it was made)".to_owned());
            object.insert(format!("{name}_password"), json!(shown));
        }
    }
    output.object(&told);
}
