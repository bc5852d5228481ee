use std::io::{BufRead as _, BufReader};
use std::process::Child;

use super::{Done, Installation, finished};

/// Starts a trial on ports the system chooses, waits until it has told what it has, and stops it.
fn trial(at: &Installation, public_url: &str) -> (String, Done) {
    std::fs::remove_file(at.folder.join("portico.toml")).unwrap_or_default();
    let mut command = at.command(&["serve", "--dev"]);
    command.env("PORTICO_SERVER__BIND", "127.0.0.1:0").env("PORTICO_SERVER__MANAGEMENT_BIND", "");
    command.env("PORTICO_KEYS__RSA_BITS", "2048").env("PORTICO_PUBLIC_URL", public_url);
    let mut child = command.spawn().expect("the binary");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut told = String::new();
    while !told.contains("admin_password") {
        let line = lines.next().expect("the whole of it").expect("UTF-8");
        told.push_str(&line);
        told.push('\n');
    }
    let mut log = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    assert!(log.any(|line| line.expect("UTF-8").contains(" ready ")), "it becomes ready");
    std::thread::spawn(move || log.for_each(drop));
    terminate(&child);
    (told, finished(child))
}

fn terminate(child: &Child) {
    let done = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(done.expect("kill").success());
}

const URL: &str = "http://localhost:8080";

#[test]
fn a_trial_tells_its_passwords_once_and_needs_no_file() {
    let at = Installation::new();
    let (first, done) = trial(&at, URL);
    assert_eq!(done.code, Some(0), "{done:?}");
    let password = first.lines().find_map(|line| line.strip_prefix("user_password")).unwrap().trim();
    assert!(password.len() >= 20 && first.contains("/playground"), "{first}");
    let (second, _) = trial(&at, URL);
    assert!(second.contains("told when it was made") && !second.contains(password), "{second}");
    // Commands beside it find the trial without a file.
    assert_eq!(at.json(&["user", "list"])["users"].as_array().unwrap().len(), 2);
    assert_eq!(at.json(&["client", "show", "playground"])["type"], "spa");
}

#[test]
fn a_trial_on_another_port_takes_the_playground_along() {
    let at = Installation::new();
    for url in [URL, "http://localhost:8081", "http://localhost:8081"] {
        let (told, _) = trial(&at, url);
        assert!(told.contains(&format!("{url}/playground")), "{told}");
        let known = at.json(&["client", "show", "playground"]);
        let callback = format!("{url}/playground/callback");
        let uris = known["redirect_uris"].as_array().unwrap();
        assert!(uris.contains(&callback.as_str().into()), "{known}");
    }
}
