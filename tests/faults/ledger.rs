//! a server that is killed again and again keeps every word it gave.
//!
//! Clients take codes, redeem, refresh and revoke; the process is killed with SIGKILL at random moments,
//! while it works and while it starts. What was answered is kept in a ledger, and the next process is held
//! to it.

use std::time::Duration;

use portico::kernel::Rng;
use portico::testkit::{TestClient, member};

use super::any_moment;
use super::check::{Books, check};
use super::customer::{Customer, Entry, granted, refused};
use super::node::Node;
use super::site::Site;

/// Customers at a time.
const CUSTOMERS: usize = 4;
/// Entries of each customer that are looked at after each kill: those nearest to it.
const NEAREST: usize = 2;
/// The grace is as long as it may be, so that it is the kill that is tested and not the machine's speed.
const PATIENT: [(&str, &str); 2] =
    [("tokens.refresh_retry_grace", "'60s'"), ("tokens.code_lifetime", "'10m'")];

struct Shop {
    site: Site,
    client: TestClient,
    cookies: Vec<String>,
    rng: Rng,
    books: Books,
}

impl Shop {
    fn new(site: Site) -> Self {
        let (client, cookies) = (site.client(&[]), site.sessions(CUSTOMERS));
        Self { site, client, cookies, rng: Rng::system(), books: Books::default() }
    }

    fn customers(&self, node: &Node) -> Vec<Customer> {
        let one = |cookie: &String| Customer::new(node.browser(), &self.client, cookie);
        self.cookies.iter().map(one).collect()
    }

    /// Everybody shops until the node dies. Gives each customer's entries.
    async fn day(&self, node: Node) -> Vec<Vec<Entry>> {
        let started = self.customers(&node).into_iter().map(|customer| {
            let rng = self.rng.clone();
            tokio::spawn(customer.shop(move || rng.bytes::<1>()[0]))
        });
        let started: Vec<_> = started.collect();
        tokio::time::sleep(any_moment(&self.rng, Duration::from_millis(300))).await;
        node.kill();
        let mut days = Vec::new();
        for customer in started {
            days.push(customer.await.expect("a customer"));
        }
        days
    }

    /// Holds the next node to what the last one answered.
    async fn settle(&mut self, node: &Node, days: Vec<Vec<Entry>>) {
        let checked = self.customers(node).into_iter().zip(days).map(|(mut customer, day)| {
            tokio::spawn(async move {
                let near = day.len().saturating_sub(NEAREST);
                let mut entries = Vec::with_capacity(day.len());
                for (at, entry) in day.into_iter().enumerate() {
                    if at >= near {
                        check(&mut customer, &entry, at % 2 == 0).await;
                    }
                    entries.push((entry, at >= near));
                }
                entries
            })
        });
        for customer in checked.collect::<Vec<_>>() {
            for (entry, ended) in customer.await.expect("a customer whose ledger is right") {
                self.books.enter(entry, ended);
            }
        }
    }

    /// Kills the server `kills` times while it works, and now and then one that only begins to start.
    async fn run(mut self, kills: usize) {
        let mut node = self.site.serve();
        for kill in 1..=kills {
            let days = self.day(node).await;
            if kill % 10 == 0 {
                let starting = self.site.launch();
                tokio::time::sleep(any_moment(&self.rng, Duration::from_millis(40))).await;
                starting.kill();
            }
            node = self.site.serve();
            self.settle(&node, days).await;
            if kill % 10 == 0 {
                self.books.compare(&self.site);
            }
        }
        self.books.compare(&self.site);
        assert!(self.books.len() > kills, "the ledger holds {} grants only", self.books.len());
    }
}

#[tokio::test]
async fn r_01_and_r_02_a_hundred_kills_lose_nothing_that_was_answered() {
    Shop::new(Site::sqlite(&PATIENT)).run(100).await;
}

#[tokio::test]
async fn r_01_the_same_over_postgres() {
    for site in Site::everywhere(&PATIENT).into_iter().filter(Site::is_postgres) {
        Shop::new(site).run(15).await;
    }
}

/// Redeems and refreshes once; gives the first refresh token, its successor and an access token.
async fn rotated(customer: &mut Customer) -> [String; 3] {
    let code = customer.code().await.unwrap();
    let first = member(&granted(customer.redeem(&code).await.unwrap()), "refresh_token");
    let next = granted(customer.refresh(&first).await.unwrap());
    [first, member(&next, "refresh_token"), member(&next, "access_token")]
}

#[tokio::test]
async fn a_109_without_grace_a_kill_does_not_revive_the_older_token() {
    for site in Site::everywhere(&[("tokens.refresh_retry_grace", "'0s'")]) {
        let shop = Shop::new(site);
        let mut node = shop.site.serve();
        for _ in 0..5 {
            let [first, next, access] = rotated(&mut shop.customers(&node)[0]).await;
            node.kill();
            node = shop.site.serve();
            let customer = &mut shop.customers(&node)[0];
            refused(&customer.refresh(&first).await.unwrap());
            refused(&customer.refresh(&next).await.unwrap());
            assert!(!customer.is_active(&access).await.unwrap(), "reuse ends the family");
        }
    }
}

#[tokio::test]
async fn a_109_within_the_grace_a_kill_costs_no_sign_in_and_makes_no_second_lineage() {
    for site in Site::everywhere(&PATIENT) {
        let shop = Shop::new(site);
        let mut node = shop.site.serve();
        for _ in 0..5 {
            let [first, next, access] = rotated(&mut shop.customers(&node)[0]).await;
            node.kill();
            node = shop.site.serve();
            let customer = &mut shop.customers(&node)[0];
            let again = granted(customer.refresh(&first).await.unwrap());
            assert_eq!(member(&again, "refresh_token"), next, "the same successor");
            assert!(customer.is_active(&access).await.unwrap());
            drop(granted(customer.refresh(&next).await.unwrap()));
            refused(&customer.refresh(&first).await.unwrap());
            assert!(!customer.is_active(&access).await.unwrap(), "two generations back is theft");
        }
    }
}
