//! A browser without a screen: keeps cookies, follows nothing by itself, reads forms.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;

/// Answers of the server, as far as tests look at them.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Reply {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every header of that name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Where it redirects to.
    ///
    /// # Panics
    /// When it does not.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_else(|| panic!("no Location in {} {}", self.status, self.body))
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|_| panic!("no JSON in {} {}", self.status, self.body))
    }

    /// A parameter of the redirect's query or fragment, decoded.
    pub fn param(&self, name: &str) -> Option<String> {
        let (_, query) = self.location().split_once(['?', '#'])?;
        let query = query.replace(['?', '#'], "&");
        let fields = crate::spec::oauth::Fields::parse(query.as_bytes()).expect("a query");
        fields.get(name).expect("no doubled parameter").map(str::to_owned)
    }

    /// Where the page's first posted form goes; entities decoded.
    ///
    /// # Panics
    /// When there is none.
    pub fn action(&self) -> String {
        let tags = self.body.split("<form").skip(1).filter_map(|rest| rest.split('>').next());
        let mut posted = tags.filter(|tag| attribute(tag, "method").as_deref() == Some("post"));
        let action = posted.next().and_then(|tag| attribute(tag, "action"));
        action.unwrap_or_else(|| panic!("no form in {} {}", self.status, self.body))
    }

    /// The hidden inputs of the page's form that has a field or button called `marker`, in order; entities decoded.
    pub fn hidden(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for input in self.body.split("<input").skip(1) {
            let Some((tag, _)) = input.split_once('>') else { continue };
            if attribute(tag, "type").as_deref() == Some("hidden") {
                let name = attribute(tag, "name").unwrap_or_default();
                let value = attribute(tag, "value").unwrap_or_default();
                if !found.iter().any(|(known, _)| *known == name) {
                    found.push((name, value));
                }
            }
        }
        found
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let rest = tag.get(start..)?;
    let value = rest.split('"').next()?;
    Some(unescape(value))
}

/// Replaces each entity once, from left to right: what comes out of one is not read again.
fn unescape(text: &str) -> String {
    const ENTITIES: [(&str, char); 10] = [
        ("&quot;", '"'),
        ("&#34;", '"'),
        ("&#39;", '\''),
        ("&lt;", '<'),
        ("&#60;", '<'),
        ("&gt;", '>'),
        ("&#62;", '>'),
        ("&amp;", '&'),
        ("&#38;", '&'),
        ("&#x27;", '\''),
    ];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let known = ENTITIES.iter().find(|(entity, _)| from.starts_with(entity));
        let (taken, letter) = known.map_or((1, '&'), |(entity, letter)| (entity.len(), *letter));
        plain.push(letter);
        rest = from.split_at(taken).1;
    }
    plain + rest
}

static NEXT_ADDRESS: AtomicU32 = AtomicU32::new(1);

/// A browser with its own cookies and its own address.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    /// The server it talks to.
    pub server: SocketAddr,
    /// Cookies by name.
    pub cookies: BTreeMap<String, String>,
    /// The host it asks for: that of the tests' `public_url`.
    pub host: String,
    /// What it says about where it is.
    pub address: String,
    /// Headers sent with every request.
    pub extra: Vec<(String, String)>,
}

impl Browser {
    /// A browser for a server on loopback.
    pub fn new(server: SocketAddr) -> Self {
        crate::app::tls::install_provider();
        let n = NEXT_ADDRESS.fetch_add(1, Ordering::Relaxed);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .expect("an HTTP client");
        let address = format!("10.{}.{}.{}", n >> 16 & 255, n >> 8 & 255, n & 255);
        let host = "localhost:8080".to_owned();
        Self { http, server, cookies: BTreeMap::new(), host, address, extra: Vec::new() }
    }

    /// GET of a path, or of an address on the server's own host.
    pub async fn get(&mut self, target: &str) -> Reply {
        self.send(Method::GET, target, None, &[]).await
    }

    /// POST of a form.
    pub async fn post(&mut self, target: &str, form: &[(&str, &str)]) -> Reply {
        self.send(Method::POST, target, Some(encode(form)), &[]).await
    }

    /// POST of a form with HTTP Basic credentials.
    pub async fn post_as(&mut self, target: &str, client: (&str, &str), form: &[(&str, &str)]) -> Reply {
        let header = basic(client.0, client.1);
        self.send(Method::POST, target, Some(encode(form)), &[("authorization", &header)]).await
    }

    /// Any request.
    ///
    /// # Panics
    /// When the server cannot be reached.
    pub async fn send(
        &mut self,
        method: Method,
        target: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Reply {
        self.try_send(method, target, body, headers).await.expect("an answer")
    }

    /// Any request, to a server that may die while it answers.
    ///
    /// # Errors
    /// When no whole answer came back.
    pub async fn try_send(
        &mut self,
        method: Method,
        target: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Result<Reply, reqwest::Error> {
        let path = target.strip_prefix("http://localhost:8080").unwrap_or(target);
        let url = format!("http://{}{path}", self.server);
        let mut request = self.http.request(method, url);
        let given = |name: &str| headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
        if !given("host") {
            request = request.header("host", &self.host);
        }
        if !given("x-forwarded-for") {
            request = request.header("x-forwarded-for", &self.address);
        }
        if body.is_some() && !given("content-type") {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        if !self.cookies.is_empty() && !given("cookie") {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        for (name, value) in &self.extra {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text =
            |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers: Vec<(String, String)> =
            response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let body = response.text().await?;
        let reply = Reply { status, headers, body };
        self.keep(&reply);
        Ok(reply)
    }

    fn keep(&mut self, reply: &Reply) {
        for cookie in reply.all("set-cookie") {
            let Some((name, rest)) = cookie.split_once('=') else { continue };
            let value = rest.split(';').next().unwrap_or_default();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// A form body.
pub fn encode(form: &[(&str, &str)]) -> String {
    use crate::spec::oauth::encode as one;
    form.iter().map(|(name, value)| format!("{}={}", one(name), one(value))).collect::<Vec<_>>().join("&")
}

/// A Basic header (RFC 6749 §2.3.1).
pub fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    let one = crate::spec::oauth::encode;
    let joined = format!("{}:{}", one(id), one(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(joined))
}
