//! The real client.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Response, redirect};
use rustls::crypto::aws_lc_rs;

use super::address::is_public;
use super::policy::{Policy, Road};
use super::{Fetch, FetchError, FetchRequest, FetchResponse, Fetching, MOST_BYTES};

const CONNECT: Duration = Duration::from_secs(2);
const TOTAL: Duration = Duration::from_secs(5);

/// Sends requests over the network, as far as its policy goes. Clients are made when first needed: a server
/// that never fetches anything carries none.
pub struct HttpFetch {
    policy: Policy,
    // One client for each road, because who may resolve to what is a setting of the client.
    public: OnceLock<Result<Client, FetchError>>,
    named: OnceLock<Result<Client, FetchError>>,
    plain: OnceLock<Result<Client, FetchError>>,
}

impl HttpFetch {
    /// A client for this policy.
    pub const fn new(policy: Policy) -> Self {
        Self { policy, public: OnceLock::new(), named: OnceLock::new(), plain: OnceLock::new() }
    }

    fn client(&self, road: Road, plain: bool) -> Result<Client, FetchError> {
        let made = match (road, plain) {
            (Road::Public, _) => self
                .public
                .get_or_init(|| build(|client| client.https_only(true).dns_resolver(Arc::new(PublicOnly)))),
            (Road::Named, false) => self.named.get_or_init(|| build(|client| client.https_only(true))),
            // Plain http needs no certificate authorities: a machine may well have none.
            (Road::Named, true) => self.plain.get_or_init(|| build(|client| client.tls_certs_only([]))),
        };
        made.clone()
    }

    async fn send(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
        let road = self.policy.road(&request.url)?;
        let client = self.client(road, request.url.scheme() == "http")?;
        let sending = client.request(request.method, request.url).headers(request.headers).body(request.body);
        read(sending.send().await.map_err(|error| reason(&error))?).await
    }
}

impl Fetch for HttpFetch {
    fn fetch(&self, request: FetchRequest) -> Fetching<'_> {
        Box::pin(self.send(request))
    }
}

fn build(shape: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Result<Client, FetchError> {
    // An error only says that one is installed already; without any, the builder would panic.
    let _installed = aws_lc_rs::default_provider().install_default();
    let client = Client::builder()
        .user_agent(concat!("Portico/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        // Every connection is resolved and checked anew, and none outlives the worker that opened it.
        .pool_max_idle_per_host(0)
        .connect_timeout(CONNECT)
        .timeout(TOTAL);
    shape(client).build().map_err(|error| {
        tracing::error!(target: "portico::fetch", %error, "no client for outgoing requests");
        FetchError::Setup
    })
}

async fn read(mut response: Response) -> Result<FetchResponse, FetchError> {
    let declared = response.content_length().unwrap_or(0);
    if usize::try_from(declared).map_or(true, |length| length > MOST_BYTES) {
        return Err(FetchError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        if chunk.len() > MOST_BYTES.saturating_sub(body.len()) {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(FetchResponse { status: response.status(), headers: std::mem::take(response.headers_mut()), body })
}

/// Names are resolved once, and the connection goes to an address that was looked at: a name that changes
/// its mind between the check and the connection gains nothing.
struct PublicOnly;

#[derive(Debug, thiserror::Error)]
#[error("no public address")]
struct NoPublicAddress;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            public_only(found)
        })
    }
}

/// A name that leads to a special-use network by one of its addresses is refused whole.
fn public_only(found: Vec<SocketAddr>) -> Result<Addrs, Box<dyn Error + Send + Sync>> {
    if found.is_empty() || !found.iter().all(|address| is_public(address.ip())) {
        return Err(Box::new(NoPublicAddress));
    }
    Ok(Box::new(found.into_iter()))
}

fn reason(error: &reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if current.is::<NoPublicAddress>() {
            return FetchError::Network;
        }
        cause = current.source();
    }
    if error.is_timeout() {
        FetchError::Timeout
    } else if error.is_connect() {
        FetchError::Connect
    } else {
        FetchError::Broken
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use reqwest::{Method, Url};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::super::Origin;
    use super::*;

    fn get(url: &str) -> FetchRequest {
        FetchRequest {
            method: Method::GET,
            url: Url::parse(url).unwrap(),
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    /// A server that answers every connection with `answer` and then with zeros until nobody listens.
    async fn server(answer: &'static str, flood: bool) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _read = stream.read(&mut request).await;
                let _sent = stream.write_all(answer.as_bytes()).await;
                while flood && stream.write_all(&[b'0'; 4096]).await.is_ok() {}
            }
        });
        origin
    }

    async fn fetch(origin: &str) -> Result<FetchResponse, FetchError> {
        let client = HttpFetch::new(Policy::only(vec![Origin::parse(origin).unwrap()]));
        client.fetch(get(&format!("{origin}/x"))).await
    }

    #[tokio::test]
    async fn a_138_redirects_are_answers() {
        let origin = server("HTTP/1.1 302 Found\r\nlocation: /y\r\ncontent-length: 2\r\n\r\nhi", false).await;
        let answer = fetch(&origin).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (302, &b"hi"[..]));
    }

    #[tokio::test]
    async fn a_139_endless_and_declared_giants_are_cut_off() {
        let endless = server("HTTP/1.1 200 OK\r\n\r\n", true).await;
        assert_eq!(fetch(&endless).await.unwrap_err(), FetchError::TooLarge);
        let declared = server("HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n", false).await;
        assert_eq!(fetch(&declared).await.unwrap_err(), FetchError::TooLarge);
    }

    #[tokio::test]
    async fn nothing_is_dialled_that_the_policy_does_not_name() {
        let origin = server("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", false).await;
        let client = HttpFetch::new(Policy::public());
        assert_eq!(client.fetch(get(&origin)).await.unwrap_err(), FetchError::Address);
    }

    #[test]
    fn a_138_a_name_with_one_inner_address_is_refused_whole() {
        let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 0);
        assert!(public_only(vec![at("1.1.1.1"), at("2606:4700::1")]).is_ok());
        assert!(public_only(vec![at("1.1.1.1"), at("127.0.0.1")]).is_err());
        assert!(public_only(Vec::new()).is_err());
    }

    #[tokio::test]
    async fn a_closed_port_is_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        assert_eq!(fetch(&origin).await.unwrap_err(), FetchError::Connect);
    }
}
