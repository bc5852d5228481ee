//! From the arguments to the printed tables.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::args::Args;
use crate::cpu;
use crate::load::{self, Plan, Scenario};
use crate::ours::{Ours, Running};
use crate::peer;
use crate::process::{self, Server};
use crate::report::{self, Round, Row};
use crate::scenarios::{self, CodeExchange, Entry};
use crate::stats::median;
use crate::target::Target;
use crate::yardstick::{self, Hash};

/// A password login may cost this much more than its hash.
const LOGIN_OVER_HASH: f64 = 1.05;

/// Runs everything and prints it; gives the number of rows that failed.
///
/// # Errors
/// Nothing could be measured at all: a server that does not start, a seeding that fails.
pub fn run(args: &Args) -> Result<usize, String> {
    let dir = DataDir::create(args)?;
    process::pin_self(args.driver_core);
    println!(
        "{}; flush to disk {:.2} ms{}; {} connections, {} rounds of {} s, {} users, sessions and clients\n",
        yardstick::machine(),
        yardstick::flush_ms(&dir.path)?,
        args.flush_ms.map(|ms| format!(", delayed by {ms} ms for Portico")).unwrap_or_default(),
        args.plan.connections,
        args.rounds,
        args.plan.measure.as_secs_f64(),
        args.rows,
    );
    let peer = if args.peers { Some(peer::start(args, &dir.path)?) } else { None };
    let running =
        if args.ours { Some(Ours::new(args, &dir.path)?.set_up(args.rows, args.rounds)?) } else { None };
    let mut bench = Bench { args, running: running.as_ref(), peer: peer.as_ref(), failed: 0 };
    if let Some(running) = running.as_ref().filter(|_| args.wants("memory")) {
        bench.memory(running);
    }
    let wanted = scenarios::ALL.iter().filter(|entry| wants(args, entry));
    let rows: Vec<Row> = wanted.map(|entry| bench.row(entry)).collect();
    if !rows.is_empty() {
        println!("{}\n", report::table(&rows));
    }
    if let (Some(_), Some((_, target))) = (&running, &peer) {
        println!("{}\n", report::comparison(&rows, target.name));
    }
    if let Some(running) = &running {
        println!(
            "Start to first answer: existing database {:.3} s, first ever {:.3} s",
            running.start_s, running.first_start_s
        );
        println!("Resident memory after all of this: {:.0} MB", cpu::resident_mb(running.server.pid()));
    }
    Ok(bench.failed)
}

/// Rows the peer cannot do, or not comparably, are left out when it runs alone or beside Portico.
fn wants(args: &Args, entry: &Entry) -> bool {
    args.wants(entry.id) && (entry.peers || !args.peers)
}

struct Bench<'a> {
    args: &'a Args,
    running: Option<&'a Running>,
    peer: Option<&'a (Server, Target)>,
    failed: usize,
}

impl Bench<'_> {
    /// All rounds of one operation, the peer and Portico taking turns.
    fn row(&mut self, entry: &Entry) -> Row {
        let mut row = Row { label: entry.label, goal_ms: entry.goal_ms, ours: Vec::new(), peer: Vec::new() };
        if let Err(why) = self.rounds(entry, &mut row) {
            eprintln!("FAILED {}: {why}", entry.id);
            (row.ours, row.peer) = (Vec::new(), Vec::new());
            self.failed += 1;
        }
        row
    }

    fn rounds(&self, entry: &Entry, row: &mut Row) -> Result<(), String> {
        let plan =
            Plan { connections: entry.connections.unwrap_or(self.args.plan.connections), ..self.args.plan };
        let mut peer = self.peer.map(|(_, target)| Turn::new(entry, target)).transpose()?;
        let mut ours = self.running.map(|running| Turn::new(entry, &running.target)).transpose()?;
        let mut hash = match (&ours, entry.goal_ms) {
            (Some(turn), None) => Some(Hash::like(turn.target.seed.password_hash.as_deref())?),
            _ => None,
        };
        let mut hash_ms = Vec::new();
        for _ in 0..self.args.rounds {
            if let Some(turn) = &mut peer {
                row.peer.push(turn.take(&plan)?);
            }
            // Beside each round and not once: the host changes its speed.
            hash_ms.extend(hash.as_mut().map(Hash::cost_ms));
            if let Some(turn) = &mut ours {
                row.ours.push(turn.take(&plan)?);
            }
        }
        if let Some(hash) = hash {
            let bare = median(hash_ms);
            row.goal_ms = Some(bare * LOGIN_OVER_HASH);
            println!("A bare Argon2id hash, {}: {bare:.2} ms of CPU on reused memory\n", hash.parameters);
        }
        Ok(())
    }

    /// Resident memory idle, and with every seeded session used once.
    fn memory(&mut self, running: &Running) {
        sleep(Duration::from_secs(1));
        let idle = cpu::resident_mb(running.server.pid());
        let sessions = running.target.seed.sessions.len();
        let used = CodeExchange::new(&running.target, "ES256").and_then(|mut exchange| {
            load::fill(&running.target, &mut exchange, self.args.plan.connections, |done| done < sessions)
        });
        match used {
            Ok(()) => println!(
                "Resident memory: idle {idle:.0} MB, with {sessions} live sessions each used once {:.0} MB\n",
                cpu::resident_mb(running.server.pid())
            ),
            Err(why) => {
                eprintln!("FAILED memory: {why}");
                self.failed += 1;
            }
        }
    }
}

/// One server's side of a row.
struct Turn<'a> {
    target: &'a Target,
    scenario: Box<dyn Scenario>,
}

impl<'a> Turn<'a> {
    fn new(entry: &Entry, target: &'a Target) -> Result<Self, String> {
        Ok(Self { target, scenario: scenarios::build(entry.id, target)? })
    }

    fn take(&mut self, plan: &Plan) -> Result<Round, String> {
        let wrong = |why: String| format!("{}: {why}", self.target.name);
        self.scenario.prepare(self.target, plan).map_err(wrong)?;
        let before = cpu::resident_mb(self.target.pid);
        let sample = load::measure(self.target, self.scenario.as_mut(), plan).map_err(wrong)?;
        let round = Round::of(sample, (before, cpu::resident_mb(self.target.pid)));
        eprintln!("  {}: {:.3} ms CPU, {:.0}/s", self.target.name, round.cpu_ms, round.per_s);
        Ok(round)
    }
}

/// A directory of this run's own that goes when the run is over.
struct DataDir {
    path: PathBuf,
    keep: bool,
}

impl DataDir {
    fn create(args: &Args) -> Result<Self, String> {
        let path = args.data.join(format!("run-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let path = path.canonicalize().map_err(|e| format!("{}: {e}", path.display()))?;
        warn_of_memory(&path);
        Ok(Self { path, keep: args.keep })
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if self.keep {
            eprintln!("kept {}", self.path.display());
        } else {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A database in memory would flush for free and make every durable figure a lie.
fn warn_of_memory(path: &Path) {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let holding = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?)).filter(|(place, _)| path.starts_with(place))
    });
    if let Some((place, "tmpfs" | "ramfs")) = holding.max_by_key(|(place, _)| place.len()) {
        eprintln!("WARNING: {place} is memory, not a disk: use --data DIR, or durability costs nothing here");
    }
}
