//! The master key: seals every secret the database holds.

use std::path::Path;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

use super::aead::{Aead, OpenError, bind};
use super::derive::subkey;
use super::master_file::{self, MasterKeyError};
use crate::kernel::{Rng, SecretBytes, TenantId};

const SALT: &[u8] = b"portico master key";

/// Where a sealed value lives. The value opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table's name.
    pub table: &'a str,
    /// The column's name.
    pub column: &'a str,
    /// The row's primary key, printed.
    pub row: &'a str,
    /// The tenant the row belongs to.
    pub tenant: TenantId,
}

impl Place<'_> {
    fn bound(&self) -> Vec<u8> {
        bind(&[
            b"portico row 1",
            self.table.as_bytes(),
            self.column.as_bytes(),
            self.row.as_bytes(),
            self.tenant.as_bytes(),
        ])
    }
}

/// The database was sealed with another master key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot decrypt: the database is sealed with master key id {wanted}, but the key file holds id {present}; \
     put the file with id {wanted} back (it is in the backup of the keys folder)"
)]
pub struct WrongMasterKey {
    /// The id the database recorded.
    pub wanted: String,
    /// The id of the key that was loaded.
    pub present: String,
}

/// The key that seals other keys and secrets at rest.
pub struct MasterKey {
    aead: Aead,
    fingerprint: String,
}

impl MasterKey {
    /// Reads `master.key` in `dir`, or makes it when neither it nor anything sealed with it exists yet.
    ///
    /// # Errors
    /// When the file is missing although `database_has_keys`, or is unreadable, open to other users, cut or
    /// altered; the text names the file and the mend.
    pub fn load_or_create(dir: &Path, database_has_keys: bool, rng: &Rng) -> Result<Self, MasterKeyError> {
        master_file::load_or_create(dir, database_has_keys, rng).map(|bytes| Self::from_bytes(&bytes))
    }

    /// Reads a key file anywhere, and never makes one: for the tool that re-seals with a new key.
    ///
    /// # Errors
    /// As [`Self::load_or_create`].
    pub fn load(file: &Path) -> Result<Self, MasterKeyError> {
        master_file::load(file).map(|bytes| Self::from_bytes(&bytes))
    }

    /// A fresh key that is kept nowhere.
    pub fn ephemeral(rng: &Rng) -> Self {
        Self::from_bytes(&Zeroizing::new(rng.bytes()))
    }

    fn from_bytes(bytes: &Zeroizing<[u8; 32]>) -> Self {
        let aead = Aead::at_rest(&subkey(bytes.as_slice(), SALT, "seal rows 1"));
        let id = subkey(bytes.as_slice(), SALT, "fingerprint 1");
        let fingerprint = id.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { aead, fingerprint }
    }

    /// The key's public id: 16 hexadecimal digits that tell keys apart and reveal nothing of them.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether this is the key the database was sealed with.
    ///
    /// # Errors
    /// [`WrongMasterKey`] when it is not; the caller must then refuse to start and change nothing.
    pub fn require(&self, recorded: &str) -> Result<(), WrongMasterKey> {
        verify_slices_are_equal(self.fingerprint.as_bytes(), recorded.as_bytes())
            .map_err(|_| WrongMasterKey { wanted: recorded.to_owned(), present: self.fingerprint.clone() })
    }

    /// Seals `plain` for one place: AES-256-GCM with a random nonce, bound to table, column, row and tenant.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8], rng: &Rng) -> Vec<u8> {
        self.aead.seal(&place.bound(), plain, rng)
    }

    /// Opens what [`Self::seal`] made for the same place.
    ///
    /// # Errors
    /// [`OpenError`] when the value was altered, moved, cut, or sealed with another key.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<SecretBytes, OpenError> {
        self.aead.open(&place.bound(), sealed)
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Timestamp;

    #[test]
    fn a_192_a_sealed_value_opens_in_its_own_place_only() {
        let rng = Rng::seeded(1);
        let key = MasterKey::ephemeral(&rng);
        let tenant = TenantId::new(Timestamp::from_seconds(1), &rng);
        let place = Place { table: "totp", column: "seed", row: "7", tenant };
        let sealed = key.seal(&place, b"seed", &rng);
        assert_eq!(key.open(&place, &sealed).unwrap().expose(), b"seed");
        let stranger = TenantId::new(Timestamp::from_seconds(1), &rng);
        for other in [
            Place { row: "8", ..place },
            Place { table: "keys", ..place },
            Place { column: "secret", ..place },
            Place { tenant: stranger, ..place },
            Place { table: "tot", column: "pseed", ..place },
        ] {
            assert_eq!(key.open(&other, &sealed), Err(OpenError::Refused), "{other:?}");
        }
        assert_eq!(MasterKey::ephemeral(&rng).open(&place, &sealed), Err(OpenError::Refused));
    }

    #[test]
    fn r_27_another_key_is_named_before_anything_is_opened() {
        let rng = Rng::seeded(2);
        let (old, new) = (MasterKey::ephemeral(&rng), MasterKey::ephemeral(&rng));
        assert_eq!(old.require(old.fingerprint()), Ok(()));
        let text = new.require(old.fingerprint()).unwrap_err().to_string();
        assert!(text.contains(old.fingerprint()) && text.contains(new.fingerprint()), "{text}");
        assert_eq!(old.fingerprint().len(), 16);
    }
}
