//! `portico config check|print|reference`

use clap::Subcommand;
use serde_json::json;

use crate::config::reference;

use super::Global;
use super::context::{config_file, configuration};
use super::output::{Failure, Output};

/// Subcommands of `config`.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Try the configuration and name every problem in it
    Check,
    /// Print the settings in effect, without secrets
    Print,
    /// Print the manual of all settings (Markdown)
    Reference,
}

pub(super) fn run(global: &Global, command: &ConfigCommand, output: Output) -> Result<(), Failure> {
    match command {
        ConfigCommand::Reference => output.document(&reference()),
        ConfigCommand::Print => {
            let config = configuration(global).map_err(Failure::refused)?;
            output.document(&config.print_redacted());
        }
        ConfigCommand::Check => return check(global, output),
    }
    Ok(())
}

fn check(global: &Global, output: Output) -> Result<(), Failure> {
    let file = config_file(global).map(|file| file.to_string_lossy().into_owned());
    let Err(error) = configuration(global) else {
        output.object(&json!({ "ok": true, "file": file }));
        return Ok(());
    };
    let problems: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    let rows: Vec<_> = problems.iter().map(|problem| json!({ "problem": problem })).collect();
    output.report(&json!({ "ok": false, "file": file }), "problems", &rows, &["problem"]);
    Err(Failure::Told)
}
