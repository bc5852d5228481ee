//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::load::Plan;
use crate::scenarios;

/// What `--help` prints.
pub const USAGE: &str = "\
Usage: portico-bench [options]      (./dev bench passes its arguments on)

  --portico PATH     the server binary            [$PORTICO_BIN, or target/release/portico]
  --only A,B         only these rows; a name also selects all it begins (cc, code, introspect)
  --seconds N        measured time of a round     [3]
  --rounds N         rounds, of which the median  [3]
  --quick            one round of one second on 1,000 rows of each: a smoke test, not a measurement
  --connections N    keep-alive connections       [16]
  --rows N           users, sessions and clients  [10000]
  --peers            npm oidc-provider beside Portico, round by round
  --peer-only        npm oidc-provider alone (tests the driver itself)
  --peer-dir DIR     its folder                   [benches/peers/oidc-provider]
  --data DIR         where databases go; must be a real disk   [target/bench-data]
  --flush-ms N       add so much to every flush of Portico's, to see how a slow disk is shared (needs cc)
  --append FILE      TOML appended to the generated portico.toml
  --server-core N    the server's core            [0]
  --driver-core N    the driver's core            [1]
  --keep             leave the data directory for a look
  --list             names of the rows
";

/// What to do.
#[derive(Debug, Clone)]
pub struct Args {
    /// The server binary.
    pub portico: PathBuf,
    /// Row names; empty means all.
    pub only: Vec<String>,
    /// Time, width and warm-up of a round.
    pub plan: Plan,
    /// Rounds.
    pub rounds: usize,
    /// Users, sessions and clients to seed, of each.
    pub rows: usize,
    /// Whether the peer runs.
    pub peers: bool,
    /// Whether Portico runs.
    pub ours: bool,
    /// The peer's folder.
    pub peer_dir: PathBuf,
    /// Parent of the temporary data directory.
    pub data: PathBuf,
    /// Milliseconds added to every flush of Portico's.
    pub flush_ms: Option<f64>,
    /// More configuration.
    pub append: Option<PathBuf>,
    /// The server's core.
    pub server_core: usize,
    /// The driver's core.
    pub driver_core: usize,
    /// Whether the data directory stays.
    pub keep: bool,
}

/// Reads the arguments after the program's name; `None` when help or the list was asked for and printed.
///
/// # Errors
/// An option that does not exist or whose value does not fit.
pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
    let mut args = Args {
        portico: std::env::var_os("PORTICO_BIN")
            .map_or_else(|| "target/release/portico".into(), PathBuf::from),
        only: Vec::new(),
        plan: Plan { connections: 16, warm_up: Duration::from_secs(1), measure: Duration::from_secs(3) },
        rounds: 3,
        rows: 10_000,
        peers: false,
        ours: true,
        peer_dir: PathBuf::from("benches/peers/oidc-provider"),
        data: PathBuf::from("target/bench-data"),
        flush_ms: None,
        append: None,
        server_core: 0,
        driver_core: 1,
        keep: false,
    };
    let mut rest = arguments;
    while let Some(option) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{option} needs a value"));
        match option.as_str() {
            "--portico" => args.portico = value()?.into(),
            "--only" => args.only.extend(value()?.split(',').map(str::to_owned)),
            "--seconds" => {
                args.plan.measure = Duration::from_secs_f64(number::<f64>(&value()?)?.clamp(0.1, 86_400.0))
            }
            "--rounds" => args.rounds = number::<usize>(&value()?)?.max(1),
            "--quick" => quick(&mut args),
            "--connections" => args.plan.connections = number::<usize>(&value()?)?.clamp(1, 4096),
            "--rows" => args.rows = number::<usize>(&value()?)?.max(1),
            "--peers" => args.peers = true,
            "--peer-only" => (args.peers, args.ours) = (true, false),
            "--peer-dir" => args.peer_dir = value()?.into(),
            "--data" => args.data = value()?.into(),
            "--flush-ms" => args.flush_ms = Some(number::<f64>(&value()?)?.clamp(0.0, 60_000.0)),
            "--append" => args.append = Some(value()?.into()),
            "--server-core" => args.server_core = number(&value()?)?,
            "--driver-core" => args.driver_core = number(&value()?)?,
            "--keep" => args.keep = true,
            "--help" | "-h" => return Ok(say(USAGE)),
            "--list" => return Ok(say(&(names().join("\n") + "\n"))),
            _ => return Err(format!("no option {option}; --help lists them")),
        }
    }
    match args.only.iter().find(|wanted| !names().iter().any(|name| selects(wanted, name))) {
        Some(unknown) => Err(format!("no row is called {unknown}; there are {}", names().join(", "))),
        None => Ok(Some(args)),
    }
}

impl Args {
    /// Whether the row `name` is to run.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| selects(wanted, name))
    }
}

/// `--only cc` means cc-es256, cc-eddsa and cc-rs256.
fn selects(wanted: &str, name: &str) -> bool {
    name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn names() -> Vec<&'static str> {
    scenarios::ALL.iter().map(|entry| entry.id).chain(["memory"]).collect()
}

fn quick(args: &mut Args) {
    args.plan.measure = Duration::from_secs(1);
    args.plan.warm_up = Duration::from_millis(300);
    (args.rounds, args.rows) = (1, 1_000);
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number that fits here"))
}

fn say(text: &str) -> Option<Args> {
    print!("{text}");
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Result<Option<Args>, String> {
        parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn a_family_is_selected_by_its_first_word() {
        let args = of(&["--only", "cc,refresh"]).unwrap().unwrap();
        assert!(args.wants("cc-es256") && args.wants("refresh") && !args.wants("code-es256"));
        assert!(of(&["--only", "code-es"]).is_err());
    }

    #[test]
    fn mistakes_are_said() {
        assert!(of(&["--rounds", "x"]).is_err());
        assert!(of(&["--rounds"]).is_err());
        assert!(of(&["--nope"]).is_err());
    }
}
