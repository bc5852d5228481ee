//! Addresses to listen on.

use std::net::SocketAddr;

use super::value::{Raw, Setting, excerpt, quoted};

/// The socket addresses of one listener; none means the listener is off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listen(Vec<SocketAddr>);

impl Listen {
    /// Listens on exactly these addresses.
    pub fn new(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self(addresses.into_iter().collect())
    }

    /// A port on the IPv4 loopback address only; 0 lets the operating system choose.
    pub fn loopback(port: u16) -> Self {
        Self(vec![SocketAddr::from(([127, 0, 0, 1], port))])
    }

    /// No listener at all.
    pub fn off() -> Self {
        Self::default()
    }

    /// The addresses, in the order they were written.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.0
    }

    /// Whether there is no address.
    pub fn is_off(&self) -> bool {
        self.0.is_empty()
    }
}

impl Setting for Listen {
    fn kind() -> String {
        "address or list".to_owned()
    }

    fn parse(raw: &Raw) -> Result<Self, String> {
        let expected = "an address and port such as \"127.0.0.1:8080\" or \"[::1]:8080\"";
        let items = raw.items().map_err(|_| raw.instead_of(expected))?;
        let parse = |item: &Raw| {
            let text = item.text().map_err(|_| item.instead_of(expected))?;
            text.parse().map_err(|_| format!("expected {expected}, found {}", excerpt(text)))
        };
        let addresses = items.iter().map(parse).collect::<Result<Vec<SocketAddr>, String>>()?;
        Ok(Self(addresses))
    }

    fn show(&self) -> String {
        match self.0.as_slice() {
            [] => quoted(""),
            [one] => quoted(&one.to_string()),
            many => {
                let shown: Vec<_> = many.iter().map(|address| quoted(&address.to_string())).collect();
                format!("[{}]", shown.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Result<Listen, String> {
        Listen::parse(&Raw::Word(text.to_owned()))
    }

    #[test]
    fn one_many_or_no_address() {
        assert_eq!(word("127.0.0.1:80").map(|l| l.show()), Ok("\"127.0.0.1:80\"".to_owned()));
        assert_eq!(word("0.0.0.0:80, [::]:80").map(|l| l.addresses().len()), Ok(2));
        assert!(word("").is_ok_and(|l| l.is_off()));
        let list = Raw::List(vec![Raw::Text("[::1]:1".to_owned()), Raw::Text("127.0.0.1:1".to_owned())]);
        assert_eq!(Listen::parse(&list).unwrap().show(), "[\"[::1]:1\", \"127.0.0.1:1\"]");
    }

    #[test]
    fn names_and_bare_ports_are_refused() {
        for text in ["localhost:80", "8080", ":8080", "127.0.0.1", "127.0.0.1:65536", "::1:80"] {
            assert!(word(text).is_err(), "{text}");
        }
    }
}
