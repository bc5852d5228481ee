//! The guard around one connection's bytes: it ends connections that hold a place and do nothing.
//!
//! actix-http times only the first request's head and the pause between HTTP/1 requests. What it leaves is
//! kept here: a slow head on a kept-alive connection, an answer the peer will not read, an idle HTTP/2
//! connection, a partly sent pipelined request. Request bodies are timed where they are read
//! (`web::extract`).

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_rustls::server::TlsStream;

use super::frames::FrameWatch;
use crate::web::middleware::{Connection, Drain};

/// How much must leave for the peer to count as reading.
const READING: usize = 4 * 1024;

/// After the last answer has been handed over, time for its last bytes to leave before a drain closes.
const LINGER: Duration = Duration::from_millis(250);

/// How long a connection may do nothing of use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) head: Duration,
    pub(super) idle: Duration,
    pub(super) write: Duration,
}

/// The two kinds of wire.
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A guarded connection.
pub(super) struct Guarded {
    wire: Wire,
    connection: Rc<Connection>,
    patience: Patience,
    drain: Drain,
    frames: Option<FrameWatch>,
    /// When the head that is coming in began, and the count of requests then.
    head: Option<(Instant, u64)>,
    /// Since when the peer has not taken what we write, and how much it took since.
    stalled: Option<Instant>,
    written: usize,
    timer: Pin<Box<Sleep>>,
    registered: bool,
}

/// What is to be done with a connection that has used up its patience.
enum Verdict {
    Wait(Instant),
    /// Nothing is in work: end as if the peer had.
    Close,
    /// Something is in work and will not get on.
    Abort,
}

impl Guarded {
    pub(super) fn new(wire: Wire, http2: bool, patience: Patience, drain: Drain) -> Self {
        let connection = Connection::new();
        let first = connection.progress() + patience.head;
        Self {
            wire,
            connection,
            patience,
            drain,
            frames: http2.then(FrameWatch::new),
            head: None,
            stalled: None,
            written: 0,
            timer: Box::pin(sleep_until(first)),
            registered: false,
        }
    }

    pub(super) fn connection(&self) -> Rc<Connection> {
        Rc::clone(&self.connection)
    }

    fn judge(&self, now: Instant) -> Verdict {
        let busy = self.connection.in_work() > 0;
        let progress = self.connection.progress();
        let stuck =
            self.stalled.is_some() || (self.connection.sending() > 0 && self.connection.handling() == 0);
        let mut until = now + self.patience.idle;
        if stuck {
            let since = self.stalled.map_or(progress, |stalled| stalled.max(progress));
            until = until.min(since + self.patience.write);
            if until <= now {
                return Verdict::Abort;
            }
        }
        if let Some((since, _)) = self.open_head() {
            until = until.min(since + self.patience.head);
            if until <= now {
                return Verdict::Abort;
            }
        } else if !busy && !stuck {
            let patience =
                if self.drain.is_on() && self.frames.is_some() { LINGER } else { self.patience.idle };
            until = until.min(progress + patience);
            if until <= now {
                return Verdict::Close;
            }
            // A drain may begin while we wait, and nobody will wake an idle HTTP/2 connection for it.
            if self.frames.is_some() {
                until = until.min(now + Duration::from_secs(2));
            }
        }
        Verdict::Wait(until)
    }

    /// The head that is still coming in, if one is: over HTTP/2 a header block that has not ended, over
    /// HTTP/1 bytes that have not become a request.
    fn open_head(&self) -> Option<(Instant, u64)> {
        match &self.frames {
            Some(frames) => self.head.filter(|_| frames.owes_headers()),
            None => self
                .head
                .filter(|(_, begun)| self.connection.in_work() == 0 && self.connection.begun() == *begun),
        }
    }

    /// Judges when the timer is due, and sets it again. `Err` ends the connection.
    fn check(&mut self, cx: &mut Context<'_>) -> Result<bool, io::Error> {
        let now = Instant::now();
        if self.open_head().is_none() {
            self.head = None;
        }
        let due = self.timer.deadline() <= now;
        let sooner = self.head.is_some() || self.stalled.is_some();
        if self.registered && !due && !sooner {
            return Ok(false);
        }
        match self.judge(now) {
            Verdict::Close => return Ok(true),
            Verdict::Abort => return Err(io::ErrorKind::TimedOut.into()),
            Verdict::Wait(until) => {
                if due || until < self.timer.deadline() {
                    self.timer.as_mut().reset(until.max(now + Duration::from_millis(1)));
                }
            }
        }
        self.registered = self.timer.as_mut().poll(cx).is_pending();
        if !self.registered {
            cx.waker().wake_by_ref();
        }
        Ok(false)
    }

    fn came_in(&mut self, bytes: &[u8]) -> io::Result<()> {
        let begun = self.connection.begun();
        if let Some(frames) = &mut self.frames {
            let owed = frames.owes_headers();
            if let Err(flood) = frames.look(bytes) {
                tracing::debug!(target: "portico::connection", flood = flood.0, "connection ended");
                return Err(io::ErrorKind::InvalidData.into());
            }
            if !owed && frames.owes_headers() {
                self.head = Some((Instant::now(), begun));
            }
        } else if self.connection.in_work() == 0 && self.open_head().is_none() {
            // While a request is in work, what comes in is its body.
            self.head = Some((Instant::now(), begun));
        }
        Ok(())
    }

    fn went_out(&mut self, outcome: &Poll<io::Result<usize>>) {
        match outcome {
            Poll::Ready(Ok(count)) => {
                self.written += count;
                if self.written >= READING {
                    self.written = 0;
                    self.connection.touch();
                    self.stalled = None;
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.stall(),
        }
    }

    fn stall(&mut self) {
        self.stalled.get_or_insert_with(Instant::now);
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let outcome = match &mut this.wire {
            Wire::Plain(wire) => Pin::new(wire).poll_read(cx, buffer),
            Wire::Tls(wire) => Pin::new(wire).poll_read(cx, buffer),
        };
        match outcome {
            Poll::Ready(Ok(())) => {
                let bytes = buffer.filled().get(before..).unwrap_or_default();
                if !bytes.is_empty() {
                    this.came_in(bytes)?;
                }
                Poll::Ready(Ok(()))
            }
            // Reading nothing is the end of the stream.
            Poll::Pending if this.check(cx)? => Poll::Ready(Ok(())),
            other => other,
        }
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let outcome = match &mut this.wire {
            Wire::Plain(wire) => Pin::new(wire).poll_write(cx, bytes),
            Wire::Tls(wire) => Pin::new(wire).poll_write(cx, bytes),
        };
        this.went_out(&outcome);
        if outcome.is_pending() {
            this.check(cx)?;
        }
        outcome
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let outcome = match &mut this.wire {
            Wire::Plain(wire) => Pin::new(wire).poll_flush(cx),
            Wire::Tls(wire) => Pin::new(wire).poll_flush(cx),
        };
        if outcome.is_pending() {
            this.stall();
            this.check(cx)?;
        } else {
            this.stalled = None;
        }
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let outcome = match &mut this.wire {
            Wire::Plain(wire) => Pin::new(wire).poll_shutdown(cx),
            Wire::Tls(wire) => Pin::new(wire).poll_shutdown(cx),
        };
        if outcome.is_pending() {
            this.stall();
            this.check(cx)?;
        }
        outcome
    }
}
