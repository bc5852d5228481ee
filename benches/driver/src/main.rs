//! The load driver behind `./dev bench`: starts a release build of Portico on one core, loads it from another in a
//! closed loop, and prints the tables of docs/performance.md. With `--peers` npm oidc-provider takes turns with it.
//!
//! `scenarios` knows the operations, `load` the closed loop, `cpu` the clocks, `ours` and `peer` the servers.

mod args;
mod connection;
mod cpu;
mod flow;
mod http;
mod load;
mod ours;
mod peer;
mod process;
mod report;
mod run;
mod scenarios;
mod slow_disk;
mod stats;
mod target;
mod yardstick;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match args::parse(std::env::args().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => return ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("portico-bench: {why}");
            return ExitCode::from(2);
        }
    };
    match run::run(&args) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("portico-bench: {failed} of the rows failed");
            ExitCode::FAILURE
        }
        Err(why) => {
            eprintln!("portico-bench: {why}");
            ExitCode::FAILURE
        }
    }
}
