//! What stands where: frameworks in their rooms, a word at every door, files of a readable length.

use std::collections::BTreeSet;

use crate::house::source::Source;

/// Names that only some rooms may say. A name ending in `_` stands for all that begin with it.
const KEPT: [(&str, &[&str]); 8] = [
    ("diesel", &["store"]),
    ("diesel_", &["store"]),
    ("actix_", &["web", "app", "testkit"]),
    ("askama", &["web"]),
    ("SystemTime", &["kernel"]),
    ("OsRng", &["kernel"]),
    ("thread_rng", &["kernel"]),
    ("getrandom", &["kernel"]),
];

/// Files that may be longer than [`LONGEST`], each with the reason.
const LONG: [(&str, &str); 1] = [("src/store/schema.rs", "one table per paragraph, generated order")];

/// Lines in a file.
const LONGEST: usize = 400;

/// A room, and the folders beside `src` it cannot work without.
const COMPANIONS: [(&str, &[&str]); 2] =
    [("web", &["templates", "static", "locales"]), ("store", &["migrations/sqlite", "migrations/postgres"])];

/// Frameworks, the wall clock and the random source named outside their rooms.
pub fn strays(files: &[Source]) -> Vec<String> {
    let mut violations = BTreeSet::new();
    for source in files {
        let room = source.module().first().copied().unwrap_or("");
        for word in &source.words {
            let kept = KEPT.iter().find(|(name, rooms)| {
                let same = word.text == *name || (name.ends_with('_') && word.text.starts_with(name));
                same && !rooms.contains(&room)
            });
            if let Some((_, rooms)) = kept {
                let rooms = rooms.join(", ");
                violations.insert(format!("{}:{}: {} belongs to {rooms}", source.path, word.line, word.text));
            }
        }
    }
    violations.into_iter().collect()
}

/// Folders of `src` without a `mod.rs`, or with one that does not begin with its doc comment.
pub fn silent_folders(files: &[Source]) -> Vec<String> {
    let folders: BTreeSet<&str> =
        files.iter().flat_map(|file| parents(&file.path)).filter(|folder| *folder != "src").collect();
    let speaks = |folder: &str| {
        let name = format!("{folder}/mod.rs");
        files.iter().any(|file| file.path == name && file.text.starts_with("//! "))
    };
    folders.into_iter().filter(|folder| !speaks(folder)).map(|folder| format!("{folder}/mod.rs")).collect()
}

/// `a/b/c.rs` lies in `a/b` and in `a`.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// Files over the limit.
pub fn long(files: &[Source]) -> Vec<String> {
    let excused = |path: &str| LONG.iter().any(|(name, _)| *name == path);
    let lines = files.iter().map(|file| (file.path.as_str(), file.text.lines().count()));
    lines
        .filter(|(path, lines)| *lines > LONGEST && !excused(path))
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect()
}

/// Companion folders that are missing although their room exists.
pub fn missing_companions(files: &[Source], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let lived_in = |room: &str| files.iter().any(|file| file.module().first() == Some(&room));
    COMPANIONS
        .iter()
        .filter(|(room, _)| lived_in(room))
        .flat_map(|(_, folders)| folders.iter())
        .filter(|folder| !exists(folder))
        .map(|folder| (*folder).to_owned())
        .collect()
}

#[test]
fn a_stray_framework_is_caught() {
    let caught = |path: &str, text: &str| !strays(&[Source::new(path, text)]).is_empty();
    assert!(caught("src/domain/people/users.rs", "use diesel::prelude::*;"));
    assert!(caught("src/cli/migrate.rs", "diesel_migrations::embed_migrations!();"));
    assert!(caught("src/ops/health.rs", "use actix_web::HttpResponse;"));
    assert!(caught("src/domain/signin/mod.rs", "#[derive(askama::Template)] struct X;"));
    assert!(caught("src/store/users.rs", "let now = std::time::SystemTime::now();"));
    assert!(caught("src/crypto/keys.rs", "use rand::rngs::OsRng;"));
}

#[test]
fn a_framework_at_home_is_fine() {
    let fine = |path: &str, text: &str| strays(&[Source::new(path, text)]).is_empty();
    assert!(fine("src/store/users.rs", "use diesel::prelude::*;"));
    assert!(fine("src/web/pages/login.rs", "use actix_web::web; use askama::Template;"));
    assert!(fine("src/app/serve.rs", "use actix_web::HttpServer;"));
    assert!(fine("src/kernel/clock.rs", "use std::time::SystemTime;"));
    assert!(fine("src/domain/x.rs", "// diesel is not named here\nconst A: &str = \"diesel\";"));
}

#[test]
fn a_silent_folder_is_caught() {
    let silent = |files: &[Source]| silent_folders(files);
    assert_eq!(silent(&[Source::new("src/web/x.rs", "")]), ["src/web/mod.rs"]);
    assert_eq!(silent(&[Source::new("src/web/mod.rs", "mod x;\n//! late")]), ["src/web/mod.rs"]);
    assert_eq!(
        silent(&[Source::new("src/web/mod.rs", "//! Pages."), Source::new("src/web/a/b/mod.rs", "//! B.")]),
        ["src/web/a/mod.rs"]
    );
    assert!(silent(&[Source::new("src/web/mod.rs", "//! Pages."), Source::new("src/lib.rs", "")]).is_empty());
}

#[test]
fn a_long_file_is_caught() {
    let file = |path: &str, lines: usize| Source::new(path, &"x\n".repeat(lines));
    assert_eq!(long(&[file("src/web/x.rs", LONGEST + 1)]).len(), 1);
    assert!(long(&[file("src/web/x.rs", LONGEST), file("src/store/schema.rs", LONGEST + 1)]).is_empty());
}

#[test]
fn a_missing_companion_is_caught() {
    let files = [Source::new("src/web/mod.rs", "//! Pages.")];
    assert_eq!(missing_companions(&files, |folder| folder != "locales"), ["locales"]);
    assert!(missing_companions(&files, |folder| !folder.starts_with("migrations")).is_empty());
}
