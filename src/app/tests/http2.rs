//! HTTP/2: that it works, and that floods end the connection.

use tokio_rustls::client::TlsStream;

use super::tls::{Pair, connect};
use super::*;

const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const PING: u8 = 0x6;
const GOAWAY: u8 = 0x7;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// HPACK without compression: `:method GET`, `:scheme https`, then literals.
fn get(stream: u32, path: &str, extra: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![0x82, 0x87, 0x44, u8::try_from(path.len()).unwrap()];
    block.extend(path.as_bytes());
    block.extend([0x41, 9]);
    block.extend(b"localhost");
    for (name, value) in extra {
        block.extend([0x00, u8::try_from(name.len()).unwrap()]);
        block.extend(name.as_bytes());
        block.push(u8::try_from(value.len()).unwrap());
        block.extend(value.as_bytes());
    }
    frame(HEADERS, 0x5, stream, &block)
}

async fn greet(address: SocketAddr, pair: &Pair) -> TlsStream<TcpStream> {
    let mut stream = connect(address, &pair.settings().certificate, b"h2").await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

/// One frame: kind, flags, payload; `None` when the connection has ended.
async fn next(stream: &mut TlsStream<TcpStream>) -> Option<(u8, u8, Vec<u8>)> {
    let mut head = [0; 9];
    timeout(Duration::from_secs(10), stream.read_exact(&mut head)).await.expect("open and silent").ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).await.ok()?;
    Some((head[3], head[4], payload))
}

/// The first byte of the answer's header block: 0x88 is `:status 200` in the static table.
async fn first_answer(stream: &mut TlsStream<TcpStream>) -> Option<(u8, u8)> {
    while let Some((kind, _, payload)) = next(stream).await {
        if matches!(kind, HEADERS | RST_STREAM | GOAWAY) {
            return Some((kind, payload[0]));
        }
    }
    None
}

#[actix_web::test]
async fn http_2_works_and_idles_out() {
    let pair = Pair::new("h2", 90);
    let (server, handle) = start(&hasty(), Some(Certificate::load(pair.settings()).unwrap()));
    let mut stream = greet(server.address, &pair).await;
    for id in [1, 3, 5] {
        stream.write_all(&get(id, "/", &[])).await.unwrap();
        assert_eq!(first_answer(&mut stream).await, Some((HEADERS, 0x88)));
    }
    // A peer that answers every ping of ours is alive, but only requests keep a connection open.
    let began = tokio::time::Instant::now();
    while let Some((kind, flags, payload)) = next(&mut stream).await {
        assert!(began.elapsed() < Duration::from_secs(9), "kept open by pings");
        if kind == PING && flags & 0x1 == 0 {
            stream.write_all(&frame(PING, 0x1, 0, &payload)).await.unwrap();
            stream.flush().await.unwrap();
        }
    }
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_181_http_1_framing_has_no_place_in_http_2() {
    let pair = Pair::new("h2te", 90);
    let (server, handle) = start(&hasty(), Some(Certificate::load(pair.settings()).unwrap()));
    for extra in [
        ("transfer-encoding", "chunked"),
        ("x", "a\r\nb: c"),
        ("x\r\ny", "z"),
        ("X", "y"),
        ("connection", "close"),
    ] {
        let mut stream = greet(server.address, &pair).await;
        stream.write_all(&get(1, "/", &[extra])).await.unwrap();
        let answer = first_answer(&mut stream).await;
        assert!(answer.is_none_or(|(kind, _)| kind != HEADERS), "{extra:?} {answer:?}");
    }
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_187_floods_end_the_connection_and_nobody_elses() {
    let pair = Pair::new("flood", 90);
    let settings = ServerSettings { idle_timeout: Duration::from_secs(60), ..hasty() };
    let (server, handle) = start(&settings, Some(Certificate::load(pair.settings()).unwrap()));
    let mut rapid = Vec::new();
    for id in (1..=401).step_by(2) {
        rapid.extend(get(id, "/hang", &[]));
        rapid.extend(frame(RST_STREAM, 0, id, &[0, 0, 0, 8]));
    }
    let mut continued = frame(HEADERS, 0x1, 1, &[0x82]);
    continued.extend(frame(0x9, 0, 1, &[]).repeat(5_000));
    let floods = [
        rapid,
        continued,
        frame(PING, 0, 0, &[0; 8]).repeat(5_000),
        frame(SETTINGS, 0, 0, &[]).repeat(5_000),
        [get(1, "/", &[]), frame(0x0, 0, 1, &[]).repeat(5_000)].concat(),
    ];
    let mut bystander = greet(server.address, &pair).await;
    for (number, flood) in floods.iter().enumerate() {
        let (mut reader, mut writer) = tokio::io::split(greet(server.address, &pair).await);
        let flood = flood.clone();
        let writing = actix_web::rt::spawn(async move {
            let _cut = writer.write_all(&flood).await;
            let _cut = writer.flush().await;
        });
        let ended = timeout(Duration::from_secs(9), reader.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "flood {number} was not cut off");
        writing.abort();
    }
    bystander.write_all(&get(1, "/", &[])).await.unwrap();
    assert_eq!(first_answer(&mut bystander).await, Some((HEADERS, 0x88)));
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_187_a_thousand_streams_are_a_hundred_requests() {
    let pair = Pair::new("streams", 90);
    let (server, handle) = start(&hasty(), Some(Certificate::load(pair.settings()).unwrap()));
    let mut stream = greet(server.address, &pair).await;
    let all: Vec<u8> = (0..1_000).flat_map(|number| get(number * 2 + 1, "/hang", &[])).collect();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let writing = actix_web::rt::spawn(async move {
        let _cut = writer.write_all(&all).await;
        let _cut = writer.flush().await;
        writer
    });
    let (mut refused, mut head) = (0, [0; 9]);
    while refused < 900 {
        let read = timeout(Duration::from_secs(10), reader.read_exact(&mut head)).await.expect("silent");
        if read.is_err() {
            break;
        }
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        reader.read_exact(&mut payload).await.unwrap();
        refused += usize::from(head[3] == HEADERS && payload[0] != 0x88);
    }
    assert!(server.hanging.load(Ordering::SeqCst) <= 100);
    assert!(refused >= 1, "{refused}");
    stream = reader.unsplit(writing.await.unwrap());
    drop(stream);
    handle.stop(false).await;
}
