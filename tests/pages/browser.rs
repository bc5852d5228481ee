//! A browser without a screen: keeps cookies, follows this site's redirects, fills in forms.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::http::header::{COOKIE, HOST, HeaderMap, LOCATION, SET_COOKIE};
use actix_web::test::TestRequest;

use super::site::{PASSWORD, Site, authorize, query_of};
use portico::spec::oauth::encode;

/// A browser and its jar.
pub struct Browser<'s> {
    site: &'s Site,
    pub cookies: BTreeMap<String, String>,
    address: SocketAddr,
    /// Headers sent with every request.
    pub headers: Vec<(&'static str, String)>,
}

/// What came back.
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// The path that was asked for.
    pub path: String,
}

impl<'s> Browser<'s> {
    pub fn new(site: &'s Site) -> Self {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let address = SocketAddr::from(([203, 0, NEXT.fetch_add(1, Ordering::Relaxed), 7], 443));
        Self { site, cookies: BTreeMap::new(), address, headers: Vec::new() }
    }

    /// One request; redirects are not followed.
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, None).await
    }

    /// One form; redirects are not followed.
    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let pairs: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        self.send(Method::POST, path, Some(pairs.join("&"))).await
    }

    /// One request of any kind. Every request takes a millisecond: no two happen at the same moment.
    pub async fn send(&mut self, method: Method, path: &str, body: Option<String>) -> Page {
        self.site.kit.services.clock.advance(Duration::from_millis(1));
        let host = self.site.origin.split_once("://").unwrap().1.to_owned();
        let mut request = TestRequest::with_uri(path)
            .method(method)
            .peer_addr(self.address)
            .insert_header((HOST, host.split('/').next().unwrap().to_owned()));
        if !self.cookies.is_empty() {
            let jar: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.insert_header((COOKIE, jar.join("; ")));
        }
        for header in &self.headers {
            request = request.insert_header((header.0, header.1.clone()));
        }
        if let Some(body) = body {
            request = request
                .insert_header(("content-type", "application/x-www-form-urlencoded"))
                .set_payload(body);
        }
        let response = self.site.call(request.to_request()).await;
        self.keep(response.headers());
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.map_err(drop).expect("a body");
        let body = String::from_utf8(body.to_vec()).expect("text");
        Page { status, headers, body, path: path.to_owned() }
    }

    fn keep(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, rest) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Follows this site's own redirects, to a page or to an address elsewhere.
    pub async fn follow(&mut self, mut page: Page) -> Page {
        for _ in 0..6 {
            let Some(next) = page.location().filter(|to| to.starts_with('/')) else { return page };
            page = self.get(&next).await;
        }
        panic!("redirects without end, last to {}", page.path);
    }

    /// Opens a page and follows where it leads.
    pub async fn open(&mut self, path: &str) -> Page {
        let page = self.get(path).await;
        self.follow(page).await
    }

    /// Sends the form of a page with these values.
    pub async fn submit(&mut self, page: &Page, values: &[(&str, &str)]) -> Page {
        let mut form = page.hidden();
        form.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(&page.action(), &form).await
    }

    /// Signs in on a login page, with the password of these tests; follows.
    pub async fn sign_in(&mut self, page: &Page, username: &str) -> Page {
        let answer = self.submit(page, &[("username", username), ("password", PASSWORD)]).await;
        self.follow(answer).await
    }

    /// Signs in without any application.
    pub async fn come_in(&mut self, username: &str) {
        let page = self.open("/login").await;
        let home = self.sign_in(&page, username).await;
        assert_eq!((home.status, home.path.as_str()), (200, "/"), "{}", home.body);
    }

    /// The whole road to a code.
    pub async fn reach_code(&mut self, username: &str) -> Page {
        let page = self.open(&authorize()).await;
        let page = if page.path.starts_with("/login") { self.sign_in(&page, username).await } else { page };
        if !page.path.starts_with("/consent") {
            return page;
        }
        self.submit(&page, &[("decision", "allow")]).await
    }

    pub fn session(&self) -> Option<String> {
        self.cookies.get("portico_session").cloned()
    }
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> Option<String> {
        self.headers.get(LOCATION).map(|value| value.to_str().unwrap().to_owned())
    }

    /// A parameter of the address this leads to.
    pub fn param(&self, name: &str) -> Option<String> {
        query_of(&self.location()?).get(name).unwrap().map(str::to_owned)
    }

    pub fn set_cookies(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    /// Where the page's form goes.
    pub fn action(&self) -> String {
        unescape(between(&self.body, "action=\"", "\"").unwrap_or_else(|| panic!("no form: {}", self.body)))
    }

    /// The hidden fields of the page.
    pub fn hidden(&self) -> Vec<(String, String)> {
        self.body
            .split("<input type=\"hidden\" ")
            .skip(1)
            .map(|rest| {
                let name = between(rest, "name=\"", "\"").unwrap();
                (unescape(name), unescape(between(rest, "value=\"", "\"").unwrap()))
            })
            .collect()
    }

    pub fn field(&self, name: &str) -> String {
        self.hidden().into_iter().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

pub fn unescape(text: &str) -> String {
    let marks =
        [("&#38;", "&"), ("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    marks.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}
