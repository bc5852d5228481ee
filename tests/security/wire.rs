//! Raw bytes to the server, for requests that no client library would send.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The host line every well-formed request carries.
pub const HOST: &str = "Host: localhost:8080\r\n";

/// How long a server that has nothing more to say is listened to: longer than the second for which it goes on
/// reading after it has refused a body, so that the answer is not lost to a reset.
const QUIET: Duration = Duration::from_secs(2);

/// What came back on one connection.
#[derive(Debug)]
pub struct Heard {
    /// Everything the server sent, as text.
    pub text: String,
    /// Whether it closed the connection.
    pub closed: bool,
}

impl Heard {
    /// The statuses of the answers, in order.
    pub fn statuses(&self) -> Vec<u16> {
        let lines = self.text.match_indices("HTTP/1.1 ").map(|(at, mark)| at + mark.len());
        lines.filter_map(|at| self.text.get(at..at + 3)?.parse().ok()).collect()
    }

    /// The status of the only answer.
    pub fn status(&self) -> u16 {
        let all = self.statuses();
        assert_eq!(all.len(), 1, "{}", self.text);
        all[0]
    }
}

/// Sends `bytes` on a connection of their own and listens until the server closes it or falls silent.
pub async fn talk(server: SocketAddr, bytes: impl AsRef<[u8]>) -> Heard {
    let mut stream = TcpStream::connect(server).await.expect("a connection");
    // The server may have closed before it read everything; what it said is what matters.
    let _cut = stream.write_all(bytes.as_ref()).await;
    hear(&mut stream).await
}

/// [`talk`] for many at a time; each request with what came back.
pub async fn talk_all(server: SocketAddr, requests: Vec<String>) -> Vec<(String, Heard)> {
    let talks = requests.into_iter().map(|request| async move {
        let heard = talk(server, &request).await;
        (request, heard)
    });
    futures_util::future::join_all(talks).await
}

/// Listens until the server closes the connection or falls silent.
pub async fn hear(stream: &mut TcpStream) -> Heard {
    let (mut all, mut part) = (Vec::new(), vec![0; 65_536]);
    let closed = loop {
        match timeout(QUIET, stream.read(&mut part)).await {
            Err(_) => break false,
            Ok(Ok(0) | Err(_)) => break true,
            Ok(Ok(count)) => all.extend_from_slice(&part[..count]),
        }
    };
    Heard { text: String::from_utf8_lossy(&all).into_owned(), closed }
}
