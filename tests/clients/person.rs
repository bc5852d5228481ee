//! A person at a browser without scripts, on the hosted pages.

use portico::testkit::{Browser, Reply, encode};
use reqwest::Method;

use super::live::{HOST, Live, ORIGIN};

/// Who signs in.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// The mail address.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
}

/// A browser and where it is.
pub struct Person {
    browser: Browser,
    place: String,
}

impl Person {
    /// A person whom the server has not seen.
    pub fn new(live: &Live) -> Self {
        Self { browser: Browser::new(live.address), place: String::new() }
    }

    /// Opens an address and follows redirects: the page, or the address of the application it led to.
    pub async fn open(&mut self, url: &str) -> Result<Reply, String> {
        self.follow(url.to_owned(), None).await
    }

    /// Sends the form of a page as it is, with these fields added.
    pub async fn submit(&mut self, page: &Reply, fields: &[(&str, &str)]) -> Result<Reply, String> {
        let hidden = page.hidden();
        let mut all: Vec<(&str, &str)> = hidden.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        all.extend(fields);
        let action = absolute(&page.action());
        self.follow(action, Some(encode(&all))).await
    }

    /// Signs in and consents: where the application gets its answer.
    pub async fn sign_in(&mut self, url: &str, who: Credentials<'_>) -> String {
        let login = self.open(url).await.expect("the sign-in page");
        assert!(self.place.contains("/login?"), "{}: {}", self.place, login.body);
        let fields = [("username", who.email), ("password", who.password)];
        let consent = self.submit(&login, &fields).await.expect("the consent page");
        assert!(self.place.contains("/consent?"), "{}: {}", self.place, consent.body);
        self.submit(&consent, &[("decision", "allow")]).await.expect_err("the application")
    }

    async fn follow(&mut self, mut url: String, mut form: Option<String>) -> Result<Reply, String> {
        for _ in 0..8 {
            let Some(path) = url.strip_prefix(ORIGIN) else { return Err(url) };
            let method = if form.is_some() { Method::POST } else { Method::GET };
            let mut headers = vec![("host", HOST), ("x-forwarded-proto", "https")];
            if form.is_some() {
                headers.extend([("origin", ORIGIN), ("sec-fetch-site", "same-origin")]);
            }
            let reply = self.browser.send(method, path, form.take(), &headers).await;
            self.place = url;
            if !matches!(reply.status, 302 | 303) {
                assert_eq!(reply.status, 200, "{}: {}", self.place, reply.body);
                return Ok(reply);
            }
            url = absolute(reply.location());
        }
        panic!("redirected in circles, last to {url}");
    }
}

/// An address of the pages with its origin; one that has an origin stays as it is.
fn absolute(target: &str) -> String {
    if target.starts_with('/') { format!("{ORIGIN}{target}") } else { target.to_owned() }
}
