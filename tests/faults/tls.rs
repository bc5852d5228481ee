//! a certificate that ends soon is replaced on disk and taken without a restart; a bad pair is not.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::{X509, X509NameBuilder};
use portico::testkit::Browser;
use tokio::time::sleep;

use super::node::{Node, free_port};
use super::site::Site;

const SOON: Duration = Duration::from_secs(10);
/// The files are looked at this often; the time after that is the machine's.
const WATCHED: Duration = Duration::from_secs(25);

/// A certificate with its key, as PEM, and its serial number.
struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
    der: Vec<u8>,
}

impl Pair {
    /// One for localhost that ends so many seconds from now.
    fn ending(seconds: i64) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "localhost").unwrap();
        let name = name.build();
        let mut serial = BigNum::new().unwrap();
        serial.rand(64, MsbOption::ONE, false).unwrap();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        let now = portico::kernel::Clock::System.now().seconds();
        builder.set_not_before(&Asn1Time::from_unix(now - 3_600).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(now + seconds).unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        let made = builder.build();
        Self {
            certificate: made.to_pem().unwrap(),
            key: key.private_key_to_pem_pkcs8().unwrap(),
            der: made.to_der().unwrap(),
        }
    }

    fn put(&self, site: &Site) {
        fs::write(site.path("key.pem"), &self.key).unwrap();
        fs::write(site.path("cert.pem"), &self.certificate).unwrap();
    }
}

/// A client that keeps its connection and shows which certificate it was given.
struct Visitor {
    http: reqwest::Client,
    address: SocketAddr,
}

impl Visitor {
    fn new(node: &Node) -> Self {
        portico::app::tls::install_provider();
        let http = reqwest::Client::builder()
            .tls_danger_accept_invalid_certs(true)
            .tls_info(true)
            .no_proxy()
            .timeout(Duration::from_secs(20))
            .build();
        Self { http: http.unwrap(), address: node.address }
    }

    /// The certificate behind an answer.
    async fn sees(&self) -> Vec<u8> {
        let url = format!("https://{}/jwks", self.address);
        let answer = self.http.get(url).header("host", "localhost:8443").send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        let tls = answer.extensions().get::<reqwest::tls::TlsInfo>().expect("TLS");
        let seen = tls.peer_certificate().expect("a certificate").to_vec();
        // Read to its end, so that the connection is used again.
        assert!(answer.text().await.expect("a whole answer").contains("keys"));
        seen
    }
}

fn site(pair: &Pair) -> (Site, u16) {
    let port = free_port();
    let mut site = Site::sqlite(&[("public_url", "'https://localhost:8443'")]);
    site.set("server.tls.certificate", &format!("'{}'", site.path("cert.pem").display()));
    site.set("server.tls.private_key", &format!("'{}'", site.path("key.pem").display()));
    site.set("server.management_bind", &format!("'127.0.0.1:{port}'"));
    site.write_config();
    pair.put(&site);
    (site, port)
}

#[tokio::test]
async fn r_28_a_replaced_certificate_is_served_without_restart_and_without_dropping_anybody() {
    let old = Pair::ending(3 * 86_400);
    let (site, port) = site(&old);
    let node = site.serve();
    let kept = Visitor::new(&node);
    assert_eq!(kept.sees().await, old.der);
    node.logs("the certificate ends soon", SOON).await;
    let mut operator = Browser::new(([127, 0, 0, 1], port).into());
    let days = operator.get("/metrics").await.body;
    assert!(days.contains("portico_certificate_days_left 2.9") || days.contains("days_left 3"), "{days}");

    // Load during the exchange: each answer counts, whichever certificate it comes under.
    let new = Pair::ending(90 * 86_400);
    let (load, stop) = (Visitor::new(&node), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let (stopped, known) = (stop.clone(), [old.der.clone(), new.der.clone()]);
    let load = tokio::spawn(async move {
        while !stopped.load(std::sync::atomic::Ordering::SeqCst) {
            assert!(known.contains(&load.sees().await));
            sleep(Duration::from_millis(20)).await;
        }
    });
    new.put(&site);
    node.logs("a new certificate is in use", WATCHED).await;
    assert_eq!(Visitor::new(&node).sees().await, new.der, "for new connections");
    assert_eq!(kept.sees().await, old.der, "the connection that was open is still there");
    stop.store(true, std::sync::atomic::Ordering::SeqCst);
    load.await.expect("no answer was lost");
}

#[tokio::test]
async fn r_28_a_bad_pair_is_refused_and_the_old_stays() {
    let old = Pair::ending(60 * 86_400);
    let (site, _) = site(&old);
    let mut node = site.serve();
    let (over, other) = (Pair::ending(-60), Pair::ending(86_400));
    let bad: [(&str, &[u8], &[u8]); 5] = [
        ("another key", &other.certificate, &old.key),
        ("no certificate", b"not a certificate", &other.key),
        ("an empty key", &other.certificate, b""),
        ("cut", &other.certificate[..other.certificate.len() / 2], &other.key),
        ("expired", &over.certificate, &over.key),
    ];
    for (count, (name, certificate, key)) in bad.into_iter().enumerate() {
        fs::write(site.path("cert.pem"), certificate).unwrap();
        fs::write(site.path("key.pem"), key).unwrap();
        node.signal("HUP");
        for _ in 0..1_000 {
            if node.log().matches("the old certificate stays in use").count() > count {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
        let told = node.log().matches("the old certificate stays in use").count();
        assert!(told > count, "{name}: {}", node.log());
        assert_eq!(Visitor::new(&node).sees().await, old.der, "{name}");
        assert!(!node.log().contains("PRIVATE KEY"), "{name}");
    }
    other.put(&site);
    node.signal("HUP");
    node.logs("a new certificate is in use", SOON).await;
    assert_eq!(Visitor::new(&node).sees().await, other.der);
    assert!(node.is_alive());
}

#[tokio::test]
async fn r_28_a_certificate_that_ends_while_it_serves_is_replaced_by_sighup() {
    let old = Pair::ending(2);
    let (site, _) = site(&old);
    let node = site.serve();
    let kept = Visitor::new(&node);
    assert_eq!(kept.sees().await, old.der);
    sleep(Duration::from_millis(2_500)).await;
    assert_eq!(kept.sees().await, old.der, "an open connection outlives its certificate");
    assert_eq!(Visitor::new(&node).sees().await, old.der, "and the server its own: the client must judge");
    let new = Pair::ending(86_400);
    new.put(&site);
    node.signal("HUP");
    node.logs("a new certificate is in use", SOON).await;
    assert_eq!(Visitor::new(&node).sees().await, new.der);
    assert_eq!(kept.sees().await, old.der);
}

#[test]
fn r_28_a_pair_that_cannot_be_used_stops_the_start() {
    let (one, other) = (Pair::ending(86_400), Pair::ending(86_400));
    let (site, _) = site(&one);
    // The tables are there, so that the refusal is all that is said.
    site.tell(&["key", "list"]);
    fs::write(site.path("key.pem"), &other.key).unwrap();
    let said = site.refuse(&["serve"]);
    assert!(said.contains("cert.pem") && said.contains("key.pem"), "{said}");
    fs::remove_file(site.path("cert.pem")).unwrap();
    assert!(site.refuse(&["serve"]).contains("cert.pem"));
}
