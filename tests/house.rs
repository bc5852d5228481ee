//! The house rules of docs/architecture.md, held by a scan of the source.
//!
//! It checks direction and place, not taste: who may use whom, which folder may name which framework,
//! that every folder says what it is for, that no file outgrows its reader. Each rule takes source text
//! in and gives violations out, so each is also tried on a house that breaks it.

mod ledger;
mod places;
pub mod source;
mod storeys;

use std::path::Path;

use source::Source;

/// Every Rust file under `folders` of this package.
fn files(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files: Vec<Source> = folders.iter().flat_map(|folder| Source::read_all(root, folder)).collect();
    assert!(!files.is_empty(), "the scan found no file under {folders:?}");
    files
}

/// Fails with one line per violation.
pub fn none(rule: &str, violations: Vec<String>) {
    assert!(violations.is_empty(), "{rule}:\n  {}", violations.join("\n  "));
}

#[test]
fn arrows_run_down() {
    none("a floor uses only the floors below it", storeys::upward(&files(&["src"])));
}

#[test]
fn domain_rooms_meet_without_circles() {
    none("domain rooms must not need each other in a circle", storeys::circles(&files(&["src"])));
}

#[test]
fn frameworks_stay_in_their_rooms() {
    none("a framework is named only in its room", places::strays(&files(&["src"])));
}

#[test]
fn every_folder_says_what_it_is_for() {
    none("a folder has a mod.rs that begins with //!", places::silent_folders(&files(&["src"])));
}

#[test]
fn files_stay_readable() {
    none(
        "a file longer than 400 lines is split where a reader would",
        places::long(&files(&["src", "tests"])),
    );
}

#[test]
fn companions_stand_beside_the_source() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    none(
        "a room's companion folder exists",
        places::missing_companions(&files(&["src"]), |path| root.join(path).is_dir()),
    );
}

#[test]
fn the_books_tables_name_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ledger = ledger::Ledger::read(root, &files(&["src", "tests"]));
    none(
        "docs name a test that does not exist; ./dev docs writes the columns",
        ledger::violations(root, &ledger),
    );
}
