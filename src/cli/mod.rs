//! FLOOR 5: the command line, one file per command.
//!
//! A command reads its arguments, calls the domain as the operator, and prints what it made: text for
//! people, with `--output json` one JSON object on standard output. Logs go to standard error. It exits with
//! 0 when done, 1 with one line why when refused, 2 on wrong usage. Every command but `serve` works beside a
//! running server, on the same database, and takes effect there at once.

mod admin;
mod bench_seed;
mod client;
mod config;
mod context;
mod doctor;
mod key;
mod migrate;
mod output;
mod serve;
mod tenant;
mod user;
mod values;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use output::{Failure, Format, Output};

#[derive(Debug, Parser)]
#[command(name = "portico", version, about = "An OpenID Connect and OAuth 2 identity provider")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Where help lists what every command understands: after the command's own.
const EVERYWHERE: &str = "Options of every command";

/// What every command understands.
#[derive(Clone, Debug, Default, Args)]
struct Global {
    /// Configuration file [default: $PORTICO_CONFIG, else portico.toml if present]
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    config: Option<PathBuf>,
    /// How to print the result
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT", help_heading = EVERYWHERE)]
    output: Format,
    /// The tenant to work on [default: the default tenant]
    #[arg(long, global = true, value_name = "SLUG", help_heading = EVERYWHERE)]
    tenant: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests
    Serve(serve::Serve),
    /// Bring the tables of the database up to date, or say whether they are
    Migrate(migrate::Migrate),
    /// Look for what would keep this installation from working
    Doctor,
    /// Try, print or explain the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// People: create, list, suspend …
    #[command(subcommand)]
    User(user::UserCommand),
    /// Registered applications
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Tenants, each an issuer of its own
    #[command(subcommand)]
    Tenant(tenant::TenantCommand),
    /// Signing keys
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Help for administrators who are locked out
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Fill the database for a load test
    #[command(hide = true)]
    BenchSeed(bench_seed::BenchSeed),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(asked) => {
            // Help and version are no mistakes; a closed pipe while printing them is nobody's business.
            let _ = asked.print();
            return ExitCode::from(if asked.use_stderr() { 2 } else { 0 });
        }
    };
    let output = Output::new(cli.global.output);
    match dispatch(cli, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.failed(&failure),
    }
}

fn dispatch(cli: Cli, output: Output) -> Result<(), Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Serve(command) => return serve::run(global, command, output),
        Command::Config(command) => return config::run(global, command, output),
        _ => {}
    }
    let _log = context::log_to_stderr();
    context::block_on(async {
        match cli.command {
            Command::Migrate(command) => migrate::run(global, &command, output),
            Command::Doctor => doctor::run(global, output).await,
            Command::User(command) => user::run(global, command, output).await,
            Command::Client(command) => client::run(global, command, output).await,
            Command::Tenant(command) => tenant::run(global, command, output).await,
            Command::Key(command) => key::run(global, command, output).await,
            Command::Admin(command) => admin::run(global, &command, output).await,
            Command::BenchSeed(command) => bench_seed::run(global, &command, output).await,
            Command::Serve(_) | Command::Config(_) => Ok(()),
        }
    })
}
