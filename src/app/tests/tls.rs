//! TLS: versions, replacement of the certificate, and a client to speak through it.

use std::path::Path;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::tls::{TlsError, TlsSettings};
use super::*;
use crate::kernel::{Clock, Timestamp};

/// A directory with a certificate for localhost; removed when dropped.
pub struct Pair(std::path::PathBuf);

impl Pair {
    pub fn new(name: &str, days: u32) -> Self {
        let folder = std::env::temp_dir().join(format!("portico-tls-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let pair = Self(folder);
        pair.write(days);
        pair
    }

    /// Puts a fresh key and certificate into the files.
    pub fn write(&self, days: u32) {
        let (certificate, key) = make(days);
        std::fs::write(self.0.join("cert.pem"), certificate).unwrap();
        std::fs::write(self.0.join("key.pem"), key).unwrap();
    }

    pub fn settings(&self) -> TlsSettings {
        TlsSettings { certificate: self.0.join("cert.pem"), private_key: self.0.join("key.pem") }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn make(days: u32) -> (Vec<u8>, Vec<u8>) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "localhost").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, openssl::bn::MsbOption::ONE, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(days).unwrap()).unwrap();
    let names =
        SubjectAlternativeName::new().dns("localhost").build(&builder.x509v3_context(None, None)).unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build().to_pem().unwrap(), key.private_key_to_pem_pkcs8().unwrap())
}

/// A client that trusts exactly this certificate.
pub async fn connect(
    address: SocketAddr,
    certificate: &Path,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let tcp = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(GET).await.unwrap();
    let mut part = vec![0; 4_096];
    let count = stream.read(&mut part).await.unwrap();
    String::from_utf8_lossy(&part[..count]).into_owned()
}

#[actix_web::test]
async fn r_28_a_certificate_is_replaced_under_open_connections() {
    let pair = Pair::new("swap", 365);
    let path = pair.settings().certificate;
    let certificate = Certificate::load(pair.settings()).unwrap();
    let (server, handle) = start(
        &ServerSettings { idle_timeout: Duration::from_secs(20), ..hasty() },
        Some(Arc::clone(&certificate)),
    );
    let now = Clock::System.now();
    assert!((364.0..366.0).contains(&certificate.days_left(now)));
    let mut old = connect(server.address, &path, b"http/1.1").await.unwrap();
    assert!(ask(&mut old).await.contains(" 200 OK"));
    assert!(!certificate.reload(now).unwrap());
    pair.write(10);
    assert!(certificate.reload(now).unwrap());
    assert!((9.0..11.0).contains(&certificate.days_left(now)));
    let mut new = connect(server.address, &path, b"http/1.1").await.unwrap();
    assert!(ask(&mut new).await.contains(" 200 OK"));
    assert!(ask(&mut old).await.contains(" 200 OK"), "the open connection went on");
    handle.stop(false).await;
}

#[actix_web::test]
async fn r_28_a_bad_pair_is_refused_and_the_old_one_kept() {
    let (pair, other) = (Pair::new("bad", 90), Pair::new("other", 90));
    let good = std::fs::read(pair.settings().certificate).unwrap();
    let good_key = std::fs::read(pair.settings().private_key).unwrap();
    let certificate = Certificate::load(pair.settings()).unwrap();
    let (now, end) = (Clock::System.now(), certificate.not_after());
    let foreign = std::fs::read(other.settings().private_key).unwrap();
    std::fs::write(pair.settings().private_key, foreign).unwrap();
    assert!(matches!(certificate.reload(now), Err(TlsError::Pair { .. })));
    for junk in [&b""[..], b"junk", &good[..good.len() / 2]] {
        std::fs::write(pair.settings().certificate, junk).unwrap();
        assert!(matches!(certificate.reload(now), Err(TlsError::File { .. })));
    }
    std::fs::remove_file(pair.settings().certificate).unwrap();
    assert!(matches!(certificate.reload(now), Err(TlsError::File { .. })));
    std::fs::write(pair.settings().private_key, good_key).unwrap();
    std::fs::write(pair.settings().certificate, good).unwrap();
    assert_eq!(certificate.not_after(), end);
    // A pair that has ended does not replace one that has not.
    pair.write(1);
    let later = now.plus(Duration::from_secs(2 * 86_400));
    assert!(matches!(certificate.reload(later), Err(TlsError::Expired(_))));
    assert_eq!(certificate.not_after(), end);
    assert!(certificate.days_left(end.plus(Duration::from_secs(86_400))) < 0.0);
    assert!(Certificate::load(other.settings()).unwrap().not_after() > Timestamp::from_seconds(0));
}

#[actix_web::test]
async fn r_28_a_replacement_is_noticed_and_the_days_are_counted() {
    let (pair, metrics) = (Pair::new("watch", 90), crate::ops::telemetry::Metrics::new());
    let certificate = Certificate::load(pair.settings()).unwrap();
    let every = Duration::from_millis(20);
    let watching = actix_web::rt::spawn(super::super::renewal::watch(
        Arc::clone(&certificate),
        metrics.clone(),
        Clock::System,
        every,
    ));
    let days = |metrics: &crate::ops::telemetry::Metrics| -> f64 {
        let text = metrics.encode();
        let line = text.lines().find(|line| line.starts_with("portico_certificate_days_left ")).unwrap();
        line.split_once(' ').unwrap().1.parse().unwrap()
    };
    tokio::time::sleep(every * 3).await;
    assert!((89.0..91.0).contains(&days(&metrics)), "{}", days(&metrics));
    pair.write(20);
    tokio::time::sleep(every * 20).await;
    assert!((19.0..21.0).contains(&days(&metrics)), "{}", days(&metrics));
    watching.abort();
}

#[actix_web::test]
async fn a_182_only_tls_1_2_and_1_3_shake_hands() {
    let pair = Pair::new("versions", 90);
    let (server, handle) = start(&hasty(), Some(Certificate::load(pair.settings()).unwrap()));
    let address = server.address;
    let attempt = move |version: SslVersion, ciphers: &'static str| {
        let mut builder = SslConnector::builder(SslMethod::tls()).unwrap();
        builder.set_verify(SslVerifyMode::NONE);
        builder.set_min_proto_version(Some(version)).unwrap();
        builder.set_max_proto_version(Some(version)).unwrap();
        builder.set_cipher_list(ciphers).unwrap();
        let tcp = std::net::TcpStream::connect(address).unwrap();
        builder.build().connect("wrong.example", tcp).is_ok()
    };
    let results = tokio::task::spawn_blocking(move || {
        [
            attempt(SslVersion::TLS1, "ALL:@SECLEVEL=0"),
            attempt(SslVersion::TLS1_1, "ALL:@SECLEVEL=0"),
            attempt(SslVersion::TLS1_2, "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"),
            attempt(SslVersion::TLS1_2, "ECDHE-ECDSA-AES128-GCM-SHA256"),
            attempt(SslVersion::TLS1_3, "ALL"),
        ]
    });
    assert_eq!(results.await.unwrap(), [false, false, false, true, true]);
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(GET).await.unwrap();
    assert!(!String::from_utf8_lossy(&read_all(&mut plain).await).contains("HTTP"));
    let mut good = connect(address, &pair.settings().certificate, b"http/1.1").await.unwrap();
    assert!(ask(&mut good).await.contains(" 200 OK"), "alive after refusals");
    handle.stop(false).await;
}
