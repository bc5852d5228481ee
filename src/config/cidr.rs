//! Networks in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::value::{Raw, Setting, excerpt, quoted};

/// A network: an address whose first `prefix` bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    network: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
    ///
    /// # Errors
    /// One sentence saying what is wrong: not a network, or bits set behind the prefix (most often a
    /// mistake, and which of the two was meant cannot be known).
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected a network such as \"10.0.0.0/8\", found {}", excerpt(text));
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let network: IpAddr = address.parse().map_err(|_| wrong())?;
        let widest = width(network);
        let prefix = match prefix {
            None => widest,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|bits| *bits <= widest).ok_or_else(wrong)?
            }
            Some(_) => return Err(wrong()),
        };
        let clean = masked(network, prefix);
        if clean != network {
            return Err(format!("{} has bits set behind the prefix, write {clean}/{prefix}", excerpt(text)));
        }
        Ok(Self { network, prefix }.canonical())
    }

    /// `::ffff:10.0.0.0/104` is `10.0.0.0/8`: addresses are compared in that form too.
    fn canonical(self) -> Self {
        match (self.network.to_canonical(), self.prefix.checked_sub(96)) {
            (network @ IpAddr::V4(_), Some(prefix)) if self.network.is_ipv6() => Self { network, prefix },
            _ => self,
        }
    }

    /// Whether the address is inside. An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`, as a
    /// dual-stack socket reports it) counts as the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.network) && masked(address, self.prefix) == self.network
    }
}

/// How many bits the address has.
fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address with everything behind the prefix cleared.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(a) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix)).unwrap_or(0);
            Ipv4Addr::from_bits(a.to_bits() & mask).into()
        }
        IpAddr::V6(a) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix)).unwrap_or(0);
            Ipv6Addr::from_bits(a.to_bits() & mask).into()
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

impl Setting for Vec<Cidr> {
    fn kind() -> String {
        "list of networks".to_owned()
    }

    fn parse(raw: &Raw) -> Result<Self, String> {
        let expected = "a list of networks such as [\"10.0.0.0/8\"]";
        let items = raw.items().map_err(|_| raw.instead_of(expected))?;
        items
            .iter()
            .map(|item| item.text().map_err(|_| item.instead_of(expected)).and_then(Cidr::parse))
            .collect()
    }

    fn show(&self) -> String {
        let shown: Vec<_> = self.iter().map(|cidr| quoted(&cidr.to_string())).collect();
        format!("[{}]", shown.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        Cidr::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn an_address_is_inside_or_not() {
        assert!(contains("10.0.0.0/8", "10.255.0.1"));
        assert!(!contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("0.0.0.0/0", "203.0.113.9"));
        assert!(contains("192.0.2.7", "192.0.2.7"));
        assert!(!contains("192.0.2.7", "192.0.2.6"));
        assert!(contains("2001:db8::/32", "2001:db8:1::1"));
        assert!(!contains("2001:db8::/32", "2001:db9::1"));
        assert!(contains("::/0", "2001:db9::1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
        assert!(!contains("::/0", "10.1.2.3"));
    }

    #[test]
    fn mistakes_are_named() {
        for text in ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0/8", "::/129", "example.org", "*"]
        {
            assert!(Cidr::parse(text).is_err(), "{text}");
        }
        let message = Cidr::parse("10.0.0.1/8").unwrap_err();
        assert!(message.contains("write 10.0.0.0/8"), "{message}");
    }
}
