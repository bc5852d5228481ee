//! The `portico` binary: hands over to `cli`.

use std::process::ExitCode;

// Requests are many small allocations on several threads; measured at a tenth of the CPU of an exchange.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    portico::cli::run()
}
