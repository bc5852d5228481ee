//! TLS of the public listeners: rustls with aws-lc-rs, TLS 1.2 and 1.3 only, and a certificate that
//! can be replaced while running.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::validity::not_after;
use crate::kernel::Timestamp;

/// Where the certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    /// PEM file: the certificate, then the chain.
    pub certificate: PathBuf,
    /// PEM file: the private key.
    pub private_key: PathBuf,
}

/// Why a pair of files is not usable. Nothing of the key is in the message.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is missing, unreadable or not PEM.
    #[error("{file}: {reason}")]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key does not belong to the certificate, or is of an unknown kind.
    #[error("{certificate} and {private_key} do not belong together: {reason}")]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        private_key: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The certificate is over, and the one in use is not.
    #[error("{0}: the certificate has expired")]
    Expired(PathBuf),
}

/// Makes aws-lc-rs the process's crypto provider, for the listeners and for every outgoing client. Call it
/// first thing; later calls do nothing.
pub fn install_provider() {
    // An error only says that one is installed already.
    let _installed = aws_lc_rs::default_provider().install_default();
}

/// The certificate in use. Each handshake takes the newest; open connections keep theirs.
pub struct Certificate {
    settings: TlsSettings,
    current: RwLock<Loaded>,
}

#[derive(Clone)]
struct Loaded {
    key: Arc<CertifiedKey>,
    not_after: Timestamp,
}

impl Certificate {
    /// Loads the pair. A certificate that is over is taken with a warning, so that the service starts.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(settings: TlsSettings) -> Result<Arc<Self>, TlsError> {
        let current = RwLock::new(read(&settings)?);
        Ok(Arc::new(Self { settings, current }))
    }

    /// Reads the files again. On any error the old pair stays in use. `true` when the certificate changed.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn reload(&self, now: Timestamp) -> Result<bool, TlsError> {
        let new = read(&self.settings)?;
        let old = self.current();
        if new.not_after <= now && old.not_after > now {
            return Err(TlsError::Expired(self.settings.certificate.clone()));
        }
        let changed = new.key.cert != old.key.cert;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(changed)
    }

    /// When the certificate ends.
    pub fn not_after(&self) -> Timestamp {
        self.current().not_after
    }

    /// Days until it ends; negative when it has.
    pub fn days_left(&self, now: Timestamp) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "days for a dashboard")]
        let seconds = (self.not_after().seconds() - now.seconds()) as f64;
        seconds / 86_400.0
    }

    fn current(&self) -> Loaded {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The files' modification times, to notice a replacement.
    pub(super) fn stamp(&self) -> [Option<(i64, i64)>; 2] {
        use std::os::unix::fs::MetadataExt as _;
        let of = |path: &PathBuf| std::fs::metadata(path).ok().map(|data| (data.mtime(), data.mtime_nsec()));
        [of(&self.settings.certificate), of(&self.settings.private_key)]
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificate {
    /// One certificate for every name: the edge refuses foreign hosts, and an odd SNI must not end the
    /// handshake differently.
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().key)
    }
}

fn read(settings: &TlsSettings) -> Result<Loaded, TlsError> {
    let TlsSettings { certificate, private_key } = settings;
    let file = |file: &PathBuf, reason: String| TlsError::File { file: file.clone(), reason };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| file(certificate, error.to_string()))?;
    let first = chain.first().ok_or_else(|| file(certificate, "no certificate in it".to_owned()))?;
    let not_after =
        not_after(first).ok_or_else(|| file(certificate, "its validity is unreadable".to_owned()))?;
    let key =
        PrivateKeyDer::from_pem_file(private_key).map_err(|error| file(private_key, error.to_string()))?;
    let pair = |error: rustls::Error| TlsError::Pair {
        certificate: certificate.clone(),
        private_key: private_key.clone(),
        reason: error.to_string(),
    };
    let signing = aws_lc_rs::sign::any_supported_type(&key).map_err(pair)?;
    let key = CertifiedKey::new(chain, signing);
    key.keys_match().map_err(pair)?;
    Ok(Loaded { key: Arc::new(key), not_after })
}

/// The listeners' configuration: TLS 1.2 and 1.3 with rustls's suites, which are all forward secret and
/// authenticated; HTTP/2 preferred.
///
/// # Errors
/// When aws-lc-rs lacks a protocol version, which would be a broken build.
pub fn server_config(certificate: Arc<Certificate>) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = aws_lc_rs::Ticketer::new()?;
    Ok(Arc::new(config))
}
