//! The `portico` binary: hands over to `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    portico::cli::run()
}
