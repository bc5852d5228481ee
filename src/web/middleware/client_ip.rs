//! Where a request really came from, when proxies stand in front.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, X_FORWARDED_FOR};
use actix_web::{FromRequest, HttpRequest};

use super::operation::Operation;

/// The client's address, after trusted proxies are unwound; an extractor that never fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientIp(pub IpAddr);

impl FromRequest for ClientIp {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Operation::of(request).client_ip()))
    }
}

/// A range of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Why a text is not a range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an IP address or a range such as 10.0.0.0/8")]
pub struct NetworkError;

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| NetworkError)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(most);
        if prefix > most { Err(NetworkError) } else { Ok(Self { address, prefix }) }
    }
}

impl Network {
    /// Whether `address` lies in the range; an IPv4-mapped IPv6 address counts as its IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.prefix);
                u32::from(network).checked_shr(shift) == u32::from(address).checked_shr(shift)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.prefix);
                u128::from(network).checked_shr(shift) == u128::from(address).checked_shr(shift)
            }
            _ => false,
        }
    }
}

/// The client's address: the peer's own, unless the peer is a trusted proxy. Then the rightmost address of
/// `X-Forwarded-For` that is not itself a trusted proxy's: everything left of it was written by someone
/// who is not trusted. Anything unreadable on that way gives the peer's address, never "no address":
/// garbage must not skip a limit. `Forwarded` and `X-Real-IP` are not read at all.
pub(super) fn client_ip(peer: Option<SocketAddr>, headers: &HeaderMap, trusted: &[Network]) -> ClientIp {
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip()).to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if trusted.is_empty() || !is_trusted(peer) {
        return ClientIp(peer);
    }
    let mut found = peer;
    let mut lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).collect();
    lines.reverse();
    for line in lines {
        let Ok(text) = line.to_str() else { return ClientIp(peer) };
        for hop in text.rsplit(',') {
            let Some(address) = parse_hop(hop.trim()) else { return ClientIp(peer) };
            found = address;
            if !is_trusted(address) {
                return ClientIp(address);
            }
        }
    }
    ClientIp(found)
}

/// One hop: an address, or an address with a port as some proxies write it.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let address = hop.parse::<IpAddr>().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn ip(peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<Network> = ["10.0.0.0/8", "::1"].iter().map(|text| text.parse().unwrap()).collect();
        let request = forwarded.iter().fold(TestRequest::default(), |request, value| {
            request.append_header((X_FORWARDED_FOR, (*value).to_owned()))
        });
        let peer: IpAddr = peer.parse().unwrap();
        let request = request.to_http_request();
        client_ip(Some(SocketAddr::new(peer, 1)), request.headers(), &trusted).0.to_string()
    }

    #[test]
    fn a_073_only_a_trusted_peer_is_believed() {
        assert_eq!(ip("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(ip("10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(ip("::ffff:10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(ip("::1", &["2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn the_rightmost_untrusted_hop_counts() {
        assert_eq!(ip("10.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(ip("10.0.0.1", &["1.1.1.1", "198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(ip("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(ip("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn garbage_falls_back_to_the_peer() {
        for garbage in ["a", "", "198.51.100.1, a", "unknown", "1.2.3.4.5", "\u{e9}"] {
            assert_eq!(ip("10.0.0.1", &[garbage]), "10.0.0.1", "{garbage}");
        }
    }

    #[test]
    fn ranges_are_checked() {
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "x"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1))));
        assert!(!all.contains("2001:db8::1".parse().unwrap()));
    }
}
