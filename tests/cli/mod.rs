//! The command line as scripts use it: exit codes, JSON on standard output, one line on standard error.

mod commands;
mod rotation;
mod trial;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use portico::testkit::Place;
use serde_json::Value;

/// An installation of a test's own, worked by the real binary.
struct Installation {
    folder: PathBuf,
    _places: (Place, Place),
}

/// What a command left behind.
#[derive(Debug)]
struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Installation {
    fn on(place: Place) -> Self {
        let files = Place::folder();
        let Place::Folder(folder) = &files else { panic!("made as a folder") };
        let folder = folder.clone();
        let url = place.url();
        let text = format!(
            "public_url = \"http://localhost:8080\"\n[database]\nurl = \"{}\"\n[data]\ndir = \"{1}/data\"\n\
             [keys]\ndir = \"{1}/keys\"\nrsa_bits = 2048\n[passwords]\nmemory_kib = 7168\niterations = 5\n",
            url.expose(),
            folder.display(),
        );
        fs::write(folder.join("portico.toml"), text).unwrap();
        Self { folder, _places: (place, files) }
    }

    /// One on each kind of database.
    fn everywhere() -> Vec<Self> {
        [Some(Place::folder()), Place::postgres()].into_iter().flatten().map(Self::on).collect()
    }

    fn new() -> Self {
        Self::on(Place::folder())
    }

    /// The binary in the installation's folder, without settings from around.
    fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PORTICO_"))
        {
            command.env_remove(name);
        }
        command.args(line).current_dir(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn spawn(&self, line: &[&str]) -> Child {
        self.command(line).spawn().expect("the binary")
    }

    fn run_with(&self, line: &[&str], input: &str) -> Done {
        let mut child = self.spawn(line);
        // A command that reads nothing may have ended already.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        finished(child)
    }

    fn run(&self, line: &[&str]) -> Done {
        self.run_with(line, "")
    }

    /// Runs a command that must succeed and gives the object it prints.
    fn json(&self, line: &[&str]) -> Value {
        let line: Vec<&str> = line.iter().copied().chain(["--output", "json"]).collect();
        let done = self.run(&line);
        assert_eq!(done.code, Some(0), "{line:?}: {done:?}");
        done.object()
    }

    /// Runs a command that must be refused and gives the one line why.
    fn refused(&self, line: &[&str]) -> String {
        let done = self.run(line);
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{line:?}: {done:?}");
        assert_eq!(done.err.trim_end().lines().count(), 1, "{line:?}: {done:?}");
        done.err
    }
}

impl Done {
    fn object(&self) -> Value {
        assert_eq!(self.out.trim_end().lines().count(), 1, "one object: {self:?}");
        serde_json::from_str(&self.out).expect("JSON")
    }
}

fn finished(child: Child) -> Done {
    let output = child.wait_with_output().expect("an end");
    Done {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}
