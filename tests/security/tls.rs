//! TLS around the whole application, and certificates that Portico is shown. Versions and ciphers of the
//! listener are tried in `src/app/tests`; mail, LDAP and upstream providers come with what uses them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use portico::gateways::fetch::{
    Fetch as _, FetchError, FetchRequest, HeaderMap, HttpFetch, Method, Origin, Policy, Url,
};
use portico::kernel::Secret;
use portico::store::{Db, DbSettings};
use portico::testkit::TestApp;

use super::alone::apart;
use super::wire::HOST;

type Pair = (X509, PKey<Private>);

/// A folder of certificates; removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("portico-certificates-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn write(&self, name: &str, (certificate, key): &Pair) {
        std::fs::write(self.0.join(format!("{name}.pem")), certificate.to_pem().expect("PEM"))
            .expect("a file");
        let key = key.private_key_to_pem_pkcs8().expect("PEM");
        std::fs::write(self.0.join(format!("{name}.key")), key).expect("a file");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A certificate for `host`, from `first` to `last` in days from now, signed by `issuer` or by itself.
fn certificate(host: &str, (first, last): (i64, i64), issuer: Option<&Pair>) -> Pair {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
    let key = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
    let mut name = X509NameBuilder::new().expect("a name");
    name.append_entry_by_text("CN", host).expect("a name");
    let name = name.build();
    let mut builder = X509::builder().expect("a builder");
    builder.set_version(2).expect("version 3");
    let mut serial = BigNum::new().expect("a number");
    serial.rand(64, openssl::bn::MsbOption::ONE, false).expect("a number");
    builder.set_serial_number(&serial.to_asn1_integer().expect("a number")).expect("a serial");
    builder.set_subject_name(&name).expect("a subject");
    builder.set_issuer_name(issuer.map_or(&name, |(issuer, _)| issuer.subject_name())).expect("an issuer");
    builder.set_pubkey(&key).expect("a key");
    let now = portico::kernel::Clock::System.now().seconds();
    let day = |days: i64| Asn1Time::from_unix(now + days * 86_400).expect("a time");
    builder.set_not_before(&day(first)).expect("a time");
    builder.set_not_after(&day(last)).expect("a time");
    if host == "authority" {
        builder.append_extension(BasicConstraints::new().critical().ca().build().expect("CA")).expect("CA");
        let usage = KeyUsage::new().critical().key_cert_sign().build().expect("a usage");
        builder.append_extension(usage).expect("a usage");
    } else {
        let names = SubjectAlternativeName::new().dns(host).build(&builder.x509v3_context(None, None));
        builder.append_extension(names.expect("a name")).expect("a name");
    }
    builder.sign(issuer.map_or(&key, |(_, key)| key), MessageDigest::sha256()).expect("a signature");
    (builder.build(), key)
}

/// Certificates a server may show, by what is wrong with them.
const WRONG: [&str; 4] = ["expired", "not-yet", "wrong-name", "self-signed"];

/// An authority and what it signed: one good certificate, the others each wrong in one way.
fn make(folder: &Folder) {
    let authority = certificate("authority", (-30, 30), None);
    folder.write("authority", &authority);
    folder.write("good", &certificate("localhost", (-1, 30), Some(&authority)));
    folder.write("expired", &certificate("localhost", (-30, -1), Some(&authority)));
    folder.write("not-yet", &certificate("localhost", (1, 30), Some(&authority)));
    folder.write("wrong-name", &certificate("elsewhere.example", (-1, 30), Some(&authority)));
    folder.write("self-signed", &certificate("localhost", (-1, 30), None));
}

/// A server with one of the certificates; counts the connections on which anything was said to it over TLS.
fn server(folder: &Path, name: &str, postgres: bool) -> (u16, Arc<AtomicUsize>) {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).expect("an acceptor");
    acceptor
        .set_private_key_file(folder.join(format!("{name}.key")), openssl::ssl::SslFiletype::PEM)
        .expect("a key");
    acceptor.set_certificate_chain_file(folder.join(format!("{name}.pem"))).expect("a certificate");
    let acceptor = acceptor.build();
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = Arc::new(AtomicUsize::new(0));
    let count = heard.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            if postgres {
                // SSLRequest (PostgreSQL, "Message Formats"), answered with yes.
                let mut request = [0; 8];
                if stream.read_exact(&mut request).is_err() || stream.write_all(b"S").is_err() {
                    continue;
                }
            }
            let Ok(mut stream) = acceptor.accept(stream) else { continue };
            let mut part = [0; 1_024];
            if stream.read(&mut part).is_ok_and(|read| read > 0) {
                count.fetch_add(1, Ordering::SeqCst);
                let _sent = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            }
        }
    });
    (port, heard)
}

fn open_database(url: &str) -> Result<Db, String> {
    let settings = DbSettings { url: Secret::new(url), pool_size: 1, wait: Duration::from_secs(5) };
    Db::open(&settings).map_err(|error| error.to_string())
}

#[test]
fn a_183_a_database_with_a_bad_certificate_is_not_spoken_to() {
    let folder = Folder::new("database");
    make(&folder);
    let url = |port: u16| {
        let authority = folder.0.join("authority.pem");
        format!(
            "postgres://portico:canary-password@localhost:{port}/portico?sslmode=verify-full&sslrootcert={}&connect_timeout=5",
            authority.display()
        )
    };
    for name in WRONG {
        let (port, heard) = server(&folder.0, name, true);
        let error = open_database(&url(port)).err().expect("no connection");
        assert_eq!(heard.load(Ordering::SeqCst), 0, "{name}: something was said");
        assert!(error.contains("certificate"), "{name}: the operator is told why: {error}");
        assert!(!error.contains("canary-password"), "{name}: {error}");
    }
    let (port, heard) = server(&folder.0, "good", true);
    // It is no PostgreSQL, so no database opens; but it was trusted.
    assert!(open_database(&url(port)).is_err());
    assert_eq!(heard.load(Ordering::SeqCst), 1, "the good certificate is accepted");
}

#[test]
fn a_183_a_database_that_must_encrypt_is_never_spoken_to_in_clear() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let said = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = [0; 8];
        stream.read_exact(&mut request).expect("an SSLRequest");
        stream.write_all(b"N").expect("a refusal of TLS");
        let mut rest = Vec::new();
        let _ended = stream.read_to_end(&mut rest);
        rest
    });
    let url = format!("postgres://portico:canary@localhost:{port}/portico?sslmode=require&connect_timeout=5");
    assert!(open_database(&url).is_err());
    assert!(said.join().expect("the server").is_empty(), "user and database were named in clear");
}

#[tokio::test]
async fn a_183_outgoing_requests_go_to_proved_servers_only() {
    let name = "a_183_outgoing_requests_go_to_proved_servers_only";
    // The process that dials takes the test's authority for the system's.
    const FOLDER: &str = "PORTICO_TEST_CERTIFICATES";
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        let folder = Folder::new("outgoing");
        make(&folder);
        let path = folder.0.to_string_lossy().into_owned();
        let authority = format!("{path}/authority.pem");
        let run = apart(
            module_path!(),
            name,
            &[(FOLDER, &path), ("SSL_CERT_FILE", &authority), ("SSL_CERT_DIR", "")],
        );
        assert!(run.is_some());
        return;
    };
    let fetch = async |certificate: &str| {
        let (port, heard) = server(&folder, certificate, false);
        let url = format!("https://localhost:{port}/canary");
        let client = HttpFetch::new(Policy::only(vec![Origin::parse(&url).expect("an origin")]));
        let url = Url::parse(&url).expect("an address");
        let request = FetchRequest { method: Method::GET, url, headers: HeaderMap::new(), body: Vec::new() };
        let answer = client.fetch(request).await.map(|answer| answer.status.as_u16());
        (answer, heard.load(Ordering::SeqCst))
    };
    for certificate in WRONG {
        assert_eq!(fetch(certificate).await, (Err(FetchError::Connect), 0), "{certificate}");
    }
    assert_eq!(fetch("good").await, (Ok(204), 1));
}

#[tokio::test]
async fn a_182_broken_and_half_open_handshakes_leave_the_application_alone() {
    static FOLDER: std::sync::OnceLock<Folder> = std::sync::OnceLock::new();
    make(FOLDER.get_or_init(|| Folder::new("listener")));
    let app = TestApp::start_with(|config| {
        let folder = &FOLDER.get().expect("made above").0;
        config.server.tls.certificate = folder.join("good.pem");
        config.server.tls.private_key = folder.join("good.key");
        config.server.header_timeout = Duration::from_millis(1_500);
    })
    .await;
    let server = app.address;
    let done = tokio::task::spawn_blocking(move || {
        let garbage: [&[u8]; 6] = [
            b"GET /jwks HTTP/1.1\r\nHost: localhost:8080\r\n\r\n",
            b"\x16\x03\x01\xff\xff\x01",
            b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
            b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10",
            b"\x15\x03\x03\x00\x02\x02\x28",
            b"",
        ];
        let held: Vec<_> = (0..120)
            .map(|n| {
                let mut stream = TcpStream::connect(server).expect("a connection");
                let _cut = stream.write_all(garbage[n % garbage.len()]);
                stream
            })
            .collect();
        // Names nobody has, and none at all: the one certificate is shown, and the host still decides.
        for name in ["localhost", "evil.example", "xn--80ak6aa92e.example", &"a".repeat(63), ""] {
            assert!(answers(server, name, HOST).starts_with("HTTP/1.1 200 "), "{name}");
        }
        assert!(answers(server, "localhost", "Host: evil.example\r\n").starts_with("HTTP/1.1 421 "));
        for mut stream in held {
            stream.set_read_timeout(Some(Duration::from_secs(8))).expect("a timeout");
            let mut said = Vec::new();
            let ended = stream.read_to_end(&mut said);
            let open = ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
            assert!(!open && !said.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&said));
        }
        assert!(answers(server, "localhost", HOST).starts_with("HTTP/1.1 200 "));
    });
    done.await.expect("no panic");
    // What is static is never dropped.
    std::fs::remove_dir_all(&FOLDER.get().expect("made above").0).expect("the folder");
}

/// What `/jwks` answers over TLS under this server name.
fn answers(server: SocketAddr, name: &str, host: &str) -> String {
    let mut connector = SslConnector::builder(SslMethod::tls()).expect("a connector");
    connector.set_verify(SslVerifyMode::NONE);
    let mut settings = connector.build().configure().expect("settings");
    settings.set_verify_hostname(false);
    settings.set_use_server_name_indication(!name.is_empty());
    let tcp = TcpStream::connect(server).expect("a connection");
    let name = if name.is_empty() { "localhost" } else { name };
    let mut stream = settings.connect(name, tcp).expect("a handshake");
    write!(stream, "GET /jwks HTTP/1.1\r\n{host}Connection: close\r\n\r\n").expect("a request");
    let mut said = String::new();
    let _ended = stream.read_to_string(&mut said);
    said
}
