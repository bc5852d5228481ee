//! npm oidc-provider under the same load.

use std::path::Path;
use std::process::Command;

use crate::args::Args;
use crate::process::{self, Server};
use crate::target::{Seed, Target};

/// Installs the peer if it is not yet installed, starts it and reads its seed.
///
/// # Errors
/// npm or the peer's server failed.
pub fn start(args: &Args, dir: &Path) -> Result<(Server, Target), String> {
    let folder = &args.peer_dir;
    if !folder.join("node_modules").is_dir() {
        let done = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(folder)
            .output();
        let done = done.map_err(|e| format!("npm ci in {}: {e}", folder.display()))?;
        if !done.status.success() {
            return Err(format!("npm ci in {}: {}", folder.display(), String::from_utf8_lossy(&done.stderr)));
        }
    }
    let script =
        folder.join("server.mjs").canonicalize().map_err(|e| format!("{}: {e}", folder.display()))?;
    let (port, _) = process::free_ports()?;
    let (seed, rows) = (dir.join("peer-seed.json"), args.rows.to_string());
    let mut command = process::pinned(args.server_core, Path::new("node"));
    command.arg(script).arg("--port").arg(port.to_string()).arg("--seed").arg(&seed);
    for what in ["--users", "--sessions", "--clients"] {
        command.arg(what).arg(&rows);
    }
    command.env("NODE_ENV", "production");
    let (server, _) = Server::start(command, port, &dir.join("peer.log"))?;
    let target = Target::discover("oidc-provider", port, server.pid(), Seed::read(&seed)?)?;
    Ok((server, target))
}
