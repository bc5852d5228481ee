//! Who may use whom: arrows run down, never up, never sideways.

use std::collections::{BTreeMap, BTreeSet};

use crate::house::source::Source;

/// Each room with its floor. The binary stands on top and `testkit` beside the house: it may use every
/// room and only tests may use it.
const FLOORS: [(&str, usize); 14] = [
    ("kernel", 0),
    ("spec", 0),
    ("config", 1),
    ("crypto", 1),
    ("store", 1),
    ("gateways", 1),
    ("domain", 2),
    ("web", 3),
    ("jobs", 3),
    ("ops", 3),
    ("app", 4),
    ("cli", 5),
    ("main", 6),
    ("testkit", 7),
];

/// The arrows on one floor that are meant: wire formats are spelled in the kernel's words.
const MEANT: [(&str, &str); 1] = [("spec", "kernel")];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// The room a file belongs to; nothing for lib.rs, which is the map.
fn room(source: &Source) -> Option<&str> {
    match source.path.as_str() {
        "src/main.rs" => Some("main"),
        "src/lib.rs" => None,
        _ => source.module().first().copied(),
    }
}

/// Arrows that run up or sideways, and rooms that are on no floor.
pub fn upward(files: &[Source]) -> Vec<String> {
    let mut violations = BTreeSet::new();
    for source in files {
        let Some(from) = room(source) else { continue };
        let Some(height) = floor(from) else {
            violations
                .insert(format!("{}: `{from}` stands on no floor of docs/architecture.md", source.path));
            continue;
        };
        for reference in source.root_paths() {
            let Some(to) = reference.path.first() else { continue };
            let allowed = to == from || MEANT.contains(&(from, to.as_str()));
            if !allowed && floor(to).is_some_and(|target| target >= height) {
                violations.insert(format!("{}:{}: {from} uses {to}", source.path, reference.line));
            }
        }
    }
    violations.into_iter().collect()
}

/// Circles among the rooms of `domain`, each named by the rooms it runs through.
pub fn circles(files: &[Source]) -> Vec<String> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in files {
        let ["domain", from, ..] = source.module()[..] else { continue };
        for reference in source.root_paths() {
            if let [first, to, ..] = &reference.path[..]
                && first == "domain"
                && to != from
            {
                arrows.entry(from.to_owned()).or_default().insert(to.clone());
            }
        }
    }
    let mut found = BTreeSet::new();
    for start in arrows.keys() {
        walk(&arrows, start, &mut vec![start.clone()], &mut found);
    }
    found.into_iter().collect()
}

fn walk(
    arrows: &BTreeMap<String, BTreeSet<String>>,
    start: &str,
    road: &mut Vec<String>,
    found: &mut BTreeSet<String>,
) {
    let here = road.last().cloned().unwrap_or_default();
    for next in arrows.get(&here).into_iter().flatten() {
        // A circle is told once, from the room whose name comes first in it.
        if next == start && road.iter().all(|room| room.as_str() >= start) {
            found.insert(format!("{} → {start}", road.join(" → ")));
        } else if !road.contains(next) {
            road.push(next.clone());
            walk(arrows, start, road, found);
            road.pop();
        }
    }
}

#[test]
fn an_arrow_up_is_caught() {
    let caught = |path: &str, text: &str| !upward(&[Source::new(path, text)]).is_empty();
    assert!(caught("src/kernel/ids.rs", "use crate::store::Db;"));
    assert!(caught("src/domain/oauth/mod.rs", "use crate::{kernel::Cx, web::Page};"));
    assert!(caught("src/store/users.rs", "fn f() { crate::crypto::seal() }"), "sideways");
    assert!(caught("src/store/users.rs", "use super::super::domain::x;"), "by climbing");
    assert!(caught("src/web/mod.rs", "mod tests { use crate::testkit::App; }"), "the kit is for tests/");
    assert!(caught("src/main.rs", "use portico::testkit::App;"));
    assert!(caught("src/cellar/mod.rs", ""), "a room nobody knows");
}

#[test]
fn an_arrow_down_is_fine() {
    let fine = |path: &str, text: &str| upward(&[Source::new(path, text)]).is_empty();
    assert!(fine(
        "src/cli/serve.rs",
        "use crate::app::run; use crate::config::Config; use crate::kernel::Cx;"
    ));
    assert!(fine("src/store/users.rs", "use crate::kernel::UserId; use crate::store::Db; use super::Db;"));
    assert!(fine("src/spec/oauth.rs", "use crate::kernel::ScopeSet;"));
    assert!(fine("src/lib.rs", "pub mod kernel; // crate::web"));
    assert!(fine("src/main.rs", "fn main() { portico::cli::run() }"));
}

#[test]
fn a_circle_is_caught() {
    let a = Source::new("src/domain/oauth/mod.rs", "use crate::domain::signin::X;");
    let b = Source::new("src/domain/signin/prompts.rs", "use crate::domain::people::Y;");
    let c = Source::new("src/domain/people/mod.rs", "use crate::domain::oauth::Z;");
    assert_eq!(circles(&[a, b, c]), ["oauth → signin → people → oauth"]);
    let a = Source::new("src/domain/oauth/mod.rs", "use crate::domain::people::X;");
    let b = Source::new("src/domain/signin/mod.rs", "use crate::domain::{people::Y, oauth};");
    assert!(circles(&[a, b]).is_empty());
}
