//! without its master key nothing starts over a sealed database, and nothing is made or changed
//! by trying. What is made is for its owner only.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use portico::store::{installation, list_audit, signing_keys};

use super::customer::Customer;
use super::site::{Site, binary, ended, refused};

/// The account of Debian's `nobody`.
const NOBODY: u32 = 65_534;

/// Every file below a folder with its content and mode, to be compared.
fn shape(folder: &Path) -> BTreeMap<String, (Vec<u8>, u32)> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries.map(Result::unwrap) {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let mode = fs::symlink_metadata(&path).unwrap().mode();
        found.insert(name, (fs::read(&path).unwrap_or_default(), mode));
    }
    found
}

/// What the database says of its master key, its signing keys and of everything that was ever done.
fn contents(site: &Site) -> Vec<String> {
    site.look(|conn, tenant| {
        let mut all = vec![format!("{:?}", installation::fact(conn, installation::MASTER_KEY)?)];
        all.extend(signing_keys::list(conn, tenant)?.iter().map(|row| format!("{} {}", row.kid, row.state)));
        let events = list_audit(conn, tenant, None, 10_000)?;
        all.extend(events.iter().map(|event| format!("{} {}", event.id, event.kind)));
        Ok(all)
    })
}

/// A way to break the key file, given its folder, and what the refusal must say.
struct KeyFault {
    name: &'static str,
    hurt: fn(&Path),
    says: &'static str,
}

fn key(dir: &Path) -> std::path::PathBuf {
    dir.join("master.key")
}

fn edit(dir: &Path, change: impl FnOnce(String) -> String) {
    let text = fs::read_to_string(key(dir)).unwrap();
    fs::write(key(dir), change(text)).unwrap();
}

fn mode(dir: &Path, mode: u32) {
    fs::set_permissions(key(dir), Permissions::from_mode(mode)).unwrap();
}

const FAULTS: [KeyFault; 11] = [
    KeyFault { name: "missing", hurt: |dir| fs::remove_file(key(dir)).unwrap(), says: "put the file back" },
    KeyFault { name: "no folder", hurt: |dir| fs::remove_dir_all(dir).unwrap(), says: "put the file back" },
    KeyFault { name: "empty", hurt: |dir| edit(dir, |_| String::new()), says: "it is empty" },
    KeyFault {
        name: "cut",
        hurt: |dir| edit(dir, |text| text[..text.len() - 20].to_owned()),
        says: "is damaged",
    },
    KeyFault {
        name: "only its first line",
        hurt: |dir| edit(dir, |text| text.lines().next().unwrap().to_owned()),
        says: "is damaged",
    },
    KeyFault { name: "another letter", hurt: |dir| edit(dir, other_letter), says: "the checksum is wrong" },
    KeyFault { name: "for the world", hurt: |dir| mode(dir, 0o644), says: "chmod 600" },
    KeyFault { name: "for the group", hurt: |dir| mode(dir, 0o640), says: "chmod 600" },
    KeyFault {
        name: "a folder in its place",
        hurt: |dir| {
            fs::remove_file(key(dir)).unwrap();
            fs::create_dir(key(dir)).unwrap();
        },
        says: "not a regular file",
    },
    KeyFault {
        name: "a link to nowhere",
        hurt: |dir| {
            fs::remove_file(key(dir)).unwrap();
            symlink("/nowhere/master.key", key(dir)).unwrap();
        },
        says: "put the file back",
    },
    KeyFault {
        name: "a file in the folder's place",
        hurt: |dir| {
            fs::remove_dir_all(dir).unwrap();
            fs::write(dir, "").unwrap();
        },
        says: "cannot read",
    },
];

/// Changes one letter of the key itself.
fn other_letter(text: String) -> String {
    let at = text.rfind(' ').unwrap() - 10;
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

/// Starts and commands are refused with this text; keys and database stay as they are.
fn assert_refused(site: &Site, name: &str, says: &str) {
    let (keys, data) = (shape(&site.path("keys")), contents(site));
    for args in [&["serve"][..], &["key", "rotate", "--now"], &["user", "list"]] {
        let said = site.refuse(args);
        assert!(said.contains(says), "{name}: {said}");
        assert_eq!(shape(&site.path("keys")), keys, "{name}: the keys were touched by {args:?}");
        assert_eq!(contents(site), data, "{name}: the database was touched by {args:?}");
    }
}

#[tokio::test]
async fn r_26_a_broken_master_key_stops_the_start_and_nothing_is_made_or_changed() {
    let site = Site::sqlite(&[]);
    let client = site.client(&[]);
    let kept = fs::read(site.path("keys/master.key")).unwrap();
    for fault in FAULTS {
        (fault.hurt)(&site.path("keys"));
        assert_refused(&site, fault.name, fault.says);
        // The file comes back from the backup.
        let dir = site.path("keys");
        let _ = fs::remove_file(&dir);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir).unwrap();
        fs::write(key(&dir), &kept).unwrap();
        mode(&dir, 0o600);
    }
    let node = site.serve();
    assert!(!Customer::new(node.browser(), &client, "none").own_token().await.unwrap().is_empty());
}

#[test]
fn r_27_another_installations_key_is_refused_by_its_id_and_nothing_is_overwritten() {
    let (site, other) = (Site::sqlite(&[]), Site::sqlite(&[]));
    for one in [&site, &other] {
        one.tell(&["key", "list"]);
    }
    fs::copy(other.path("keys/master.key"), site.path("keys/master.key")).unwrap();
    assert_refused(&site, "another key", "cannot decrypt: the database is sealed with master key id ");
    // So is a database that came here without its own: the new one would hide the loss.
    fs::remove_dir_all(other.path("keys")).unwrap();
    assert_refused(&other, "a database without its key", "put the file back");
}

/// Makes a site and everything in it another account's when the tests run as root, for whom permissions
/// mean nothing; says which binary that account can run.
fn for_nobody(site: &Site) -> Option<std::path::PathBuf> {
    let root = fs::metadata("/proc/self").map(|found| found.uid()).unwrap_or_default() == 0;
    root.then(|| {
        let copy = site.path("portico");
        fs::copy(binary(), &copy).unwrap();
        give_away(&site.path(""));
        copy
    })
}

fn give_away(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    let inner = if path.is_dir() { fs::read_dir(path).ok() } else { None };
    for entry in inner.into_iter().flatten() {
        give_away(&entry.unwrap().path());
    }
}

/// A command as an account without privileges.
fn unprivileged(site: &Site, copy: Option<&Path>, args: &[&str]) -> Command {
    let Some(copy) = copy else { return site.command(args) };
    let mut command = site.command_of(copy, args);
    command.uid(NOBODY).gid(NOBODY);
    command
}

fn restrict(site: &Site, name: &str, mode: u32) {
    fs::set_permissions(site.path(name), Permissions::from_mode(mode)).unwrap();
}

#[test]
fn r_26_folders_that_cannot_be_used_are_named() {
    let site = Site::sqlite(&[]);
    let copy = for_nobody(&site);
    let run = |args: &[&str]| unprivileged(&site, copy.as_deref(), args);
    assert!(ended(run(&["key", "list"]), "").status.success());
    let before = (shape(&site.path("keys")), contents(&site));
    restrict(&site, "keys", 0o000);
    let said = refused(run(&["serve"]));
    assert!(said.contains("cannot read") && said.contains("keys/master.key"), "{said}");
    restrict(&site, "keys", 0o700);
    restrict(&site, "data", 0o000);
    let said = refused(run(&["serve"]));
    assert!(said.contains("data"), "{said}");
    restrict(&site, "data", 0o700);
    assert_eq!((shape(&site.path("keys")), contents(&site)), before);
    if copy.is_some() {
        // The wrong owner: another account's folder, closed to this one.
        for name in ["data", "keys"] {
            chown(site.path(name), Some(0), Some(0)).unwrap();
            let said = refused(run(&["serve"]));
            assert!(said.contains(name), "{said}");
            chown(site.path(name), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    assert!(ended(run(&["key", "list"]), "").status.success(), "as before");
}

#[test]
fn r_26_whatever_the_umask_what_is_made_is_for_its_owner_only() {
    for umask in ["000", "022", "077"] {
        let site = Site::sqlite(&[]);
        let plain = site.command(&["serve"]);
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("umask {umask}; exec \"$0\" \"$@\""));
        command.arg(plain.get_program()).args(plain.get_args()).current_dir(site.path(""));
        for (name, _) in plain.get_envs() {
            command.env_remove(name);
        }
        let node = super::node::Starting::spawn(command, site.path("serve.log")).ready();
        let modes = |name: &str| fs::metadata(site.path(name)).unwrap().mode() & 0o7777;
        for folder in ["data", "keys"] {
            assert_eq!(modes(folder), 0o700, "{folder} under umask {umask}");
        }
        for file in ["data/portico.db", "data/portico.db-wal", "data/portico.db-shm", "keys/master.key"] {
            assert_eq!(modes(file), 0o600, "{file} under umask {umask}");
        }
        drop(node);
    }
}
