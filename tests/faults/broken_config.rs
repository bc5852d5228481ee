//! a broken configuration refuses to start, in one line that says where, and nothing is made.
//!
//! Every key is broken in every way beside the source (`config::faults`); this is what the operator sees.

use std::fs;

use super::site::{Site, ended, refused};

/// What is added to a right file, and what the line must say of it: where, which key, and what is wrong.
const MUTANTS: [(&str, &str, &str); 9] = [
    ("[server\nbind = 1\n", ":2: server: ", ""),
    ("[tokens]\ncode_lifetime = \"10 minutes\n", ":3: tokens.code_lifetime: ", ""),
    ("[server]\nbnid = \"127.0.0.1:0\"\n", ":3: server.bnid: ", "nearest is server.bind"),
    ("[sever]\nworkers = 1\n", ":2: sever: ", "unknown"),
    ("[server]\n\nworkers = \"many\"\n", ":4: server.workers: ", "expected"),
    ("[tokens]\ncode_lifetime = \"11m\"\n", ":3: tokens.code_lifetime: ", ""),
    ("[server]\nworkers = 1\nworkers = 1\n", ":4: server.workers: ", "duplicate"),
    ("[data]\ndir = \"a\"\n\n[data]\n", ":5: data: ", "duplicate"),
    ("[database]\nurl = \"mysql://root:hunter2@db/x\"\n", ":3: database.url: ", ""),
];

/// A site whose file says this below its address.
fn broken(text: &str) -> Site {
    let site = Site::sqlite(&[]);
    fs::write(site.path("portico.toml"), format!("public_url = 'http://localhost:8080'\n{text}\n")).unwrap();
    site
}

#[test]
fn r_25_a_broken_file_stops_every_command_with_its_line_and_key() {
    for (text, place, wrong) in MUTANTS {
        let site = broken(text);
        let file = site.path("portico.toml").display().to_string();
        for args in [&["serve"][..], &["migrate"], &["user", "list"], &["key", "rotate", "--now"]] {
            let said = site.refuse(args);
            assert!(said.starts_with(&format!("{file}{place}")), "{text}{said}");
            assert!(said.contains(wrong) && !said.contains("hunter2"), "{text}{said}");
        }
        assert!(!site.path("data").exists() && !site.path("keys").exists(), "nothing is made: {text}");
    }
}

#[test]
fn r_25_config_check_names_every_problem() {
    let site = broken("[server]\nworkers = \"many\"\nbnid = 1\n[tokens]\nid_lifetime = \"0s\"");
    let mut command = site.command(&["config", "check"]);
    command.args(["--output", "json"]);
    let done = ended(command, "");
    assert_eq!(done.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).expect("one JSON object");
    assert_eq!(told["ok"], false);
    let problems = told["problems"].as_array().expect("problems");
    for place in [":3: server.workers: ", ":4: server.bnid: ", ":6: tokens.id_lifetime: "] {
        let named = |problem: &serde_json::Value| problem["problem"].as_str().unwrap().contains(place);
        assert_eq!(problems.iter().filter(|problem| named(problem)).count(), 1, "{told}");
    }
    let text = ended(site.command(&["config", "check"]), "");
    assert_eq!(text.status.code(), Some(1));
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(text.contains(":3: server.workers: ") && text.contains(":6: tokens.id_lifetime: "), "{text}");
    let said = site.refuse(&["serve"]);
    assert!(said.contains("config check"), "the rest is told there: {said}");
}

#[test]
fn r_25_a_right_file_is_called_right_and_left_alone() {
    let site = Site::sqlite(&[]);
    let told = site.tell(&["config", "check"]);
    assert_eq!(told["ok"], true);
    assert_eq!(told["file"].as_str(), site.path("portico.toml").to_str());
    assert!(!site.path("data").exists());
}

#[test]
fn r_25_a_missing_file_and_a_wrong_variable_are_named() {
    let site = Site::sqlite(&[]);
    let mut command = site.command(&["serve"]);
    command.env("PORTICO_SERVER__BNID", "127.0.0.1:0");
    let said = refused(command);
    assert!(said.contains("PORTICO_SERVER__BNID") && said.contains("PORTICO_SERVER__BIND"), "{said}");
    fs::remove_file(site.path("portico.toml")).unwrap();
    let said = site.refuse(&["serve"]);
    assert!(said.contains("portico.toml: cannot be read"), "{said}");
    fs::create_dir(site.path("portico.toml")).unwrap();
    assert!(site.refuse(&["config", "print"]).contains("portico.toml: cannot be read"));
}
