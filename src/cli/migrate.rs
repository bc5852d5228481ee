//! `portico migrate [status]`

use clap::{Args, Subcommand};
use serde_json::json;

use crate::app::open_database;
use crate::kernel::Rng;

use super::Global;
use super::context::usable_configuration;
use super::output::{Failure, Output};

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub(super) struct Migrate {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say which migrations are there and which are missing; change nothing
    Status,
}

pub(super) fn run(global: &Global, command: &Migrate, output: Output) -> Result<(), Failure> {
    let config = usable_configuration(global)?;
    let db = open_database(&config, &Rng::system())?;
    match command.what {
        None => {
            let done = db.migrate()?;
            output.object(&json!({ "migrated": done }));
            if done.is_empty() {
                output.text("the tables were up to date");
            }
        }
        Some(What::Status) => {
            let state = db.migration_state()?;
            let current = state.missing.is_empty() && state.unknown.is_empty();
            output.object(&json!({
                "up_to_date": current,
                "applied": state.applied,
                "missing": state.missing,
                "unknown": state.unknown,
            }));
        }
    }
    Ok(())
}
