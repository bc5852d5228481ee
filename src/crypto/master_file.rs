//! The master key's file: one line of explanation, one line with the key and its checksum.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::kernel::Rng;

const NAME: &str = "master.key";
const HEADER: &str =
    "# Portico master key, format 1. Without it the database cannot be read. Keep a copy elsewhere.";
const MARK: &str = "portico-master-key-1";
/// No well-formed file comes near this size.
const MAX_SIZE: u64 = 4096;

type Key = Zeroizing<[u8; 32]>;

/// Why there is no master key; every text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The database holds sealed values, so a new key would be of no use and hide the loss.
    #[error("{} is missing, and the database is sealed with it: put the file back from your backup \
             (a new one is never made over existing data)", .0.display())]
    Missing(PathBuf),
    /// The file or its folder cannot be read or written.
    #[error("cannot {action} {}: {cause}; {mend}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
        /// What to do.
        mend: &'static str,
    },
    /// Others on this machine may read or change the key.
    #[error("{} has mode {mode:04o}, so other users can reach the master key: run chmod 600 on it", path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not what was written: cut, edited, or another file.
    #[error("{} is damaged ({fault}): {}", path.display(), mend_of(*database_has_keys))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: &'static str,
        /// Whether anything depends on the key that should be in it.
        database_has_keys: bool,
    },
}

fn mend_of(database_has_keys: bool) -> &'static str {
    if database_has_keys {
        "put it back from your backup"
    } else {
        "put it back from your backup; if this is a new installation whose first start was interrupted, remove \
         the file and start again"
    }
}

/// Reads the key of `dir`, or makes it when nothing depends on an older one.
pub(super) fn load_or_create(dir: &Path, database_has_keys: bool, rng: &Rng) -> Result<Key, MasterKeyError> {
    let path = dir.join(NAME);
    match read(&path, database_has_keys) {
        Err(MasterKeyError::Missing(_)) if !database_has_keys => create(dir, &path, rng),
        other => other,
    }
}

/// Reads the key file at `path`.
pub(super) fn load(path: &Path) -> Result<Key, MasterKeyError> {
    read(path, true)
}

fn read(path: &Path, database_has_keys: bool) -> Result<Key, MasterKeyError> {
    let unreadable = |cause| MasterKeyError::Io {
        action: "read",
        path: path.to_owned(),
        cause,
        mend: "it must be a regular file that belongs to the user Portico runs as, with mode 600",
    };
    // Looked at before it is opened: opening a pipe would wait for ever.
    match fs::metadata(path) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            return Err(MasterKeyError::Missing(path.to_owned()));
        }
        Err(cause) => return Err(unreadable(cause)),
        Ok(found) if !found.is_file() => {
            return Err(unreadable(io::Error::other("it is not a regular file")));
        }
        Ok(_) => {}
    }
    let file = File::open(path).map_err(unreadable)?;
    // Asked of the open file, so that it cannot be exchanged between the question and the reading.
    let mode = file.metadata().map_err(unreadable)?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(MasterKeyError::Mode { path: path.to_owned(), mode });
    }
    let mut text = Zeroizing::new(Vec::with_capacity(512));
    file.take(MAX_SIZE).read_to_end(&mut text).map_err(unreadable)?;
    parse(&text).map_err(|fault| MasterKeyError::Damaged { path: path.to_owned(), fault, database_has_keys })
}

fn parse(bytes: &[u8]) -> Result<Key, &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text")?;
    if text.is_empty() {
        return Err("it is empty");
    }
    if !text.starts_with("# Portico master key, format 1.") {
        return Err("its first line is not the header of a master key");
    }
    let line = text.lines().find(|line| !line.starts_with('#') && !line.trim().is_empty());
    let mut words = line.ok_or("the line with the key is missing")?.split_ascii_whitespace();
    if words.next() != Some(MARK) {
        return Err("the line with the key is of another format");
    }
    let (key, check) = words.next().zip(words.next()).ok_or("the line with the key is cut short")?;
    let mut bytes: Key = Zeroizing::new([0; 32]);
    if URL_SAFE_NO_PAD.decode_slice(key, bytes.as_mut_slice()) != Ok(32) {
        return Err("the key does not have its length");
    }
    if check != checksum(&bytes) || words.next().is_some() {
        return Err("the checksum is wrong");
    }
    Ok(bytes)
}

fn checksum(key: &Key) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(MARK.as_bytes());
    context.update(key.as_slice());
    let sum = context.finish();
    URL_SAFE_NO_PAD.encode(sum.as_ref().get(..9).unwrap_or_default())
}

fn create(dir: &Path, path: &Path, rng: &Rng) -> Result<Key, MasterKeyError> {
    let failed = |cause: io::Error| MasterKeyError::Io {
        action: "create",
        path: path.to_owned(),
        cause,
        mend: "the folder must exist or be creatable, and be writable for the user Portico runs as",
    };
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    let key: Key = Zeroizing::new(rng.bytes());
    let text = Zeroizing::new(format!("{HEADER}\n{MARK} {} {}\n", encode(&key).as_str(), checksum(&key)));
    let draft = dir.join(format!(".{NAME}.{}", URL_SAFE_NO_PAD.encode(rng.bytes::<9>())));
    let written = write_new(&draft, &text).and_then(|()| publish(dir, &draft, path));
    // Under another name the file is of no use; that it is already gone is the usual case.
    let _ = fs::remove_file(&draft);
    match written {
        Ok(()) => Ok(key),
        // Another process was first: its key is the key.
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => read(path, false),
        Err(cause) => Err(failed(cause)),
    }
}

fn encode(key: &Key) -> Zeroizing<String> {
    Zeroizing::new(URL_SAFE_NO_PAD.encode(key.as_slice()))
}

fn write_new(draft: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    // The umask may have taken bits away from the owner.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Gives the written draft its name, never over an existing file: whoever looks sees a whole key or none,
/// even after a power cut.
fn publish(dir: &Path, draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => return Err(cause),
        // Some file systems have no second names; there the look just before has to do.
        Err(_) => fs::rename(draft, path)?,
        Ok(()) => fs::remove_file(draft)?,
    }
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let name = format!("portico-key-{}", URL_SAFE_NO_PAD.encode(Rng::system().bytes::<9>()));
            Self(std::env::temp_dir().join(name))
        }

        fn file(&self) -> PathBuf {
            self.0.join(NAME)
        }

        fn fault(&self, database_has_keys: bool) -> String {
            load_or_create(&self.0, database_has_keys, &Rng::system()).unwrap_err().to_string()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn r_26_a_new_key_is_private_whole_and_kept() {
        let folder = Folder::new();
        let key = load_or_create(&folder.0, false, &Rng::system()).unwrap();
        assert_eq!(fs::metadata(folder.file()).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1, "no draft is left");
        assert_eq!(load_or_create(&folder.0, true, &Rng::system()).unwrap(), key);
        assert_eq!(load(&folder.file()).unwrap(), key);
    }

    #[test]
    fn r_26_a_missing_key_is_never_replaced_over_existing_data() {
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).unwrap();
        let text = folder.fault(true);
        assert!(text.contains("master.key") && text.contains("backup"), "{text}");
        assert!(!folder.file().exists());
    }

    #[test]
    fn r_26_a_key_others_may_reach_is_refused() {
        let folder = Folder::new();
        load_or_create(&folder.0, false, &Rng::system()).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o610] {
            fs::set_permissions(folder.file(), Permissions::from_mode(mode)).unwrap();
            assert!(folder.fault(true).contains("chmod 600"));
        }
    }

    #[test]
    fn r_26_every_cut_and_every_edit_is_noticed() {
        let folder = Folder::new();
        load_or_create(&folder.0, false, &Rng::system()).unwrap();
        let whole = fs::read(folder.file()).unwrap();
        let line = whole.iter().position(|&b| b == b'\n').unwrap() + 1;
        for length in 0..whole.len() - 1 {
            assert!(parse(&whole[..length]).is_err(), "cut at {length}");
        }
        for at in line..whole.len() - 1 {
            let mut edited = whole.clone();
            edited[at] = if edited[at] == b'A' { b'B' } else { b'A' };
            assert!(parse(&edited).is_err(), "edit at {at}");
        }
        fs::write(folder.file(), &whole[..40]).unwrap();
        assert!(folder.fault(true).ends_with("put it back from your backup"));
        assert!(folder.fault(false).contains("new installation"));
        assert_eq!(fs::read(folder.file()).unwrap(), whole[..40], "nothing is overwritten");
    }

    #[test]
    fn r_26_two_first_starts_at_once_agree_on_one_key() {
        let folder = Folder::new();
        let keys = std::thread::scope(|scope| {
            let start = || load_or_create(&folder.0, false, &Rng::system()).unwrap();
            let started: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn r_26_a_folder_in_the_files_place_is_reported() {
        let folder = Folder::new();
        fs::create_dir_all(folder.file()).unwrap();
        assert!(folder.fault(false).contains("regular file"));
    }
}
