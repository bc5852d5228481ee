//! SIGHUP, SIGPIPE, SIGSTOP: a running server takes only what is right, and survives the rest.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use portico::testkit::Browser;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::customer::{Customer, granted, refused};
use super::node::{address_in, send_signal};
use super::site::Site;

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn r_41_sighup_with_a_broken_file_keeps_the_configuration_in_effect() {
    let mut site = Site::sqlite(&[]);
    let client = site.client(&[]);
    let mut node = site.serve();
    let mut customer = Customer::new(node.browser(), &client, "none");
    node.signal("HUP");
    node.logs("the configuration is as it was", SOON).await;

    let whole = fs::read_to_string(site.path("portico.toml")).unwrap();
    fs::write(site.path("portico.toml"), format!("{whole}[tokens]\ncode_lifetime = 'long'\n")).unwrap();
    let line = whole.lines().count() + 2;
    node.signal("HUP");
    let log = node.logs("the one in effect stays", SOON).await;
    assert!(log.contains(&format!("portico.toml:{line}: tokens.code_lifetime: ")), "{log}");
    assert!(!customer.own_token().await.unwrap().is_empty());

    fs::remove_file(site.path("portico.toml")).unwrap();
    node.signal("HUP");
    node.logs("cannot be read", SOON).await;
    assert!(!customer.own_token().await.unwrap().is_empty());

    site.set("tokens.code_lifetime", "'30s'");
    site.write_config();
    node.signal("HUP");
    node.logs("restart to use it", SOON).await;
    assert!(node.is_alive() && !customer.own_token().await.unwrap().is_empty());
}

#[tokio::test]
async fn r_41_after_a_stop_of_three_seconds_work_goes_on_and_what_expired_is_dropped() {
    let site = Site::sqlite(&[("tokens.code_lifetime", "'2s'")]);
    let (client, cookies) = (site.client(&[]), site.sessions(1));
    let mut node = site.serve();
    let mut customer = Customer::new(node.browser(), &client, &cookies[0]);
    let code = customer.code().await.unwrap();
    node.signal("STOP");
    let mut waiting = Customer::new(node.browser(), &client, &cookies[0]);
    let asked = tokio::spawn(async move { waiting.own_token().await });
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!asked.is_finished(), "a stopped process does not answer");
    node.signal("CONT");
    assert!(!asked.await.unwrap().unwrap().is_empty(), "who waited is answered");
    refused(&customer.redeem(&code).await.unwrap());
    let fresh = customer.code().await.unwrap();
    drop(granted(customer.redeem(&fresh).await.unwrap()));
    assert_eq!(customer.browser.get("/health/ready").await.status, 200);
    assert!(node.is_alive());
}

#[tokio::test]
async fn r_41_sigpipe_and_peers_that_leave_do_not_end_it() {
    let site = Site::sqlite(&[]);
    let mut node = site.serve();
    for _ in 0..50 {
        let mut gone = TcpStream::connect(node.address).await.unwrap();
        gone.write_all(b"GET /jwks HTTP/1.1\r\nHost: localhost:8080\r\n\r\n").await.unwrap();
        // Closed with the answer unread, so that the server writes to nobody.
        gone.set_zero_linger().unwrap();
    }
    node.signal("PIPE");
    node.signal("PIPE");
    assert_eq!(node.browser().get("/jwks").await.status, 200);
    assert!(node.is_alive());
}

#[tokio::test]
async fn r_41_a_log_that_nobody_reads_any_more_does_not_end_it() {
    let site = Site::sqlite(&[]);
    let client = site.client(&[]);
    let mut child = site.command(&["serve"]).stderr(Stdio::piped()).spawn().expect("a process");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = lines.by_ref().find_map(|line| address_in(&line.unwrap())).expect("it serves");
    drop(lines);
    let mut customer = Customer::new(Browser::new(address), &client, "none");
    for _ in 0..20 {
        // Each says something in the log, which is a broken pipe now.
        send_signal(child.id(), "HUP");
        assert!(!customer.own_token().await.unwrap().is_empty());
    }
    assert!(child.try_wait().unwrap().is_none());
    send_signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0), "it stops in order, too");
}
