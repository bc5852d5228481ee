//! A look at HTTP/2 frame headers (RFC 9113 §4.1) as they come in, to end connections that flood.
//!
//! actix-http lets nobody set h2's own limits, so this stands in front. It never changes a byte; it counts
//! what costs the server work and the peer nothing: resets (CVE-2023-44487), header continuations, empty
//! DATA, PING, SETTINGS and PRIORITY frames.

use tokio::time::Instant;

/// `PRI * HTTP/2.0 … SM`, 24 bytes (RFC 9113 §3.4).
const PREFACE: usize = 24;

/// Compressed bytes of one header block; the edge allows 16 KiB uncompressed.
const HEADER_BLOCK: usize = 16 * 1024;

/// A flood limit: so many at once, and so many more each second.
struct Bucket {
    level: f64,
    most: f64,
    each_second: f64,
    at: Instant,
}

impl Bucket {
    fn new(most: f64, each_second: f64) -> Self {
        Self { level: 0.0, most, each_second, at: Instant::now() }
    }

    /// Counts one; false when that was too many.
    fn add(&mut self) -> bool {
        let now = Instant::now();
        let drained = now.duration_since(self.at).as_secs_f64() * self.each_second;
        self.level = (self.level - drained).max(0.0) + 1.0;
        self.at = now;
        self.level <= self.most
    }
}

/// Reads along an HTTP/2 connection's incoming bytes.
pub(super) struct FrameWatch {
    skip: usize,
    head: [u8; 9],
    filled: usize,
    block: usize,
    block_open: bool,
    resets: Bucket,
    control: Bucket,
}

/// The peer floods; the connection must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flood(pub &'static str);

impl FrameWatch {
    pub(super) fn new() -> Self {
        Self {
            skip: PREFACE,
            head: [0; 9],
            filled: 0,
            block: 0,
            block_open: false,
            // A browser that leaves a page resets what it was loading; nobody resets hundreds.
            resets: Bucket::new(100.0, 10.0),
            control: Bucket::new(1_000.0, 200.0),
        }
    }

    /// Whether a header block has begun and not ended: the peer owes the rest.
    pub(super) const fn owes_headers(&self) -> bool {
        self.block_open
    }

    /// Looks at bytes that just came in.
    pub(super) fn look(&mut self, mut bytes: &[u8]) -> Result<(), Flood> {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = bytes.get(skipped..).unwrap_or_default();
            let wanted = self.head.get_mut(self.filled..).unwrap_or_default();
            let taken = wanted.len().min(bytes.len());
            for (to, from) in wanted.iter_mut().zip(bytes) {
                *to = *from;
            }
            self.filled += taken;
            bytes = bytes.get(taken..).unwrap_or_default();
            if self.filled == self.head.len() {
                self.filled = 0;
                self.frame()?;
            }
        }
        Ok(())
    }

    fn frame(&mut self) -> Result<(), Flood> {
        let [a, b, c, kind, flags, ..] = self.head;
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        self.skip = length;
        let end_headers = flags & 0x4 != 0;
        match kind {
            // HEADERS, CONTINUATION
            0x1 | 0x9 => {
                self.block = if kind == 0x1 { length } else { self.block.saturating_add(length) };
                self.block_open = !end_headers;
                if self.block > HEADER_BLOCK || (kind == 0x9 && !self.control.add()) {
                    return Err(Flood("header block"));
                }
            }
            // RST_STREAM
            0x3 if !self.resets.add() => return Err(Flood("resets")),
            // DATA that carries nothing and ends nothing
            0x0 if length == 0 && flags & 0x1 == 0 && !self.control.add() => return Err(Flood("empty data")),
            // PRIORITY, SETTINGS, PING, and whatever is unknown; WINDOW_UPDATE belongs to downloads
            0x2 | 0x4 | 0x6 | 0xa.. if !self.control.add() => return Err(Flood("control frames")),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, length: usize) -> Vec<u8> {
        let size = u32::try_from(length).unwrap().to_be_bytes();
        let mut frame = vec![size[1], size[2], size[3], kind, flags, 0, 0, 0, 1];
        frame.resize(9 + length, 0);
        frame
    }

    fn watch(frames: &[u8], step: usize) -> Result<(), Flood> {
        let mut watch = FrameWatch::new();
        watch.look(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")?;
        frames.chunks(step).try_for_each(|part| watch.look(part))
    }

    #[tokio::test]
    async fn an_ordinary_connection_passes_however_it_is_cut() {
        let mut bytes = frame(0x4, 0, 18);
        for _ in 0..500 {
            bytes.extend(frame(0x1, 0x5, 300));
            bytes.extend(frame(0x0, 0x1, 700));
            bytes.extend(frame(0x8, 0, 4));
        }
        for step in [1, 7, 9, 1_000, bytes.len()] {
            assert_eq!(watch(&bytes, step), Ok(()), "{step}");
        }
    }

    #[tokio::test]
    async fn a_187_floods_are_named() {
        assert_eq!(watch(&frame(0x3, 0, 4).repeat(101), 64), Err(Flood("resets")));
        assert_eq!(watch(&frame(0x6, 0, 8).repeat(1_001), 64), Err(Flood("control frames")));
        assert_eq!(watch(&frame(0x4, 0, 0).repeat(1_001), 64), Err(Flood("control frames")));
        assert_eq!(watch(&frame(0x0, 0, 0).repeat(1_001), 64), Err(Flood("empty data")));
        let mut continued = frame(0x1, 0, 1);
        continued.extend(frame(0x9, 0, 0).repeat(1_001));
        assert_eq!(watch(&continued, 64), Err(Flood("header block")));
        let mut long = frame(0x1, 0, 16_000);
        long.extend(frame(0x9, 0x4, 1_000));
        assert_eq!(watch(&long, 4_096), Err(Flood("header block")));
    }

    #[tokio::test]
    async fn an_open_header_block_is_owed() {
        let mut watch = FrameWatch::new();
        watch.look(&[0; 24]).unwrap();
        watch.look(&frame(0x1, 0x1, 5)).unwrap();
        assert!(watch.owes_headers());
        watch.look(&frame(0x9, 0x4, 5)).unwrap();
        assert!(!watch.owes_headers());
    }
}
