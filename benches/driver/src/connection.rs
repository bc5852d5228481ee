//! One connection of the load, never blocking, and a blocking one for single questions.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::http::Answer;
use crate::load::{Scenario, Step};

const BUFFER: usize = 64 * 1024;
/// An answer later than this is a hang, not a slow server.
const PATIENCE: Duration = Duration::from_secs(30);

/// A keep-alive connection with at most one operation under way.
pub struct Connection {
    stream: TcpStream,
    /// The request being sent.
    pub out: Vec<u8>,
    sent: usize,
    input: Vec<u8>,
    filled: usize,
    /// Whether an operation is under way.
    pub busy: bool,
    /// When it began.
    pub started: Instant,
    asked: Instant,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn open(addr: SocketAddr) -> Result<Self, String> {
        let (stream, now) = (connect(addr)?, Instant::now());
        let (out, input) = (Vec::with_capacity(4096), vec![0; BUFFER]);
        Ok(Self { stream, out, sent: 0, input, filled: 0, busy: false, started: now, asked: now })
    }

    /// A new operation begins: starts its clock and empties the buffer for its first request.
    pub fn begin(&mut self) {
        self.busy = true;
        self.started = Instant::now();
        self.out.clear();
    }

    /// Sends what is in the buffer; connects again first if the server has closed meanwhile.
    ///
    /// # Errors
    /// The connection is gone and cannot be had again.
    pub fn send(&mut self, addr: SocketAddr) -> Result<(), String> {
        self.sent = 0;
        self.asked = Instant::now();
        match self.flush() {
            Err(e) if matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                self.stream = connect(addr)?;
                self.sent = 0;
                self.flush().map_err(|e| format!("write: {e}"))
            }
            result => result.map_err(|e| format!("write: {e}")),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        while let Some(rest) = self.out.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(n) => self.sent += n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Takes what has arrived, and sends the operation's next request if it has one. `None` while the answer is
    /// incomplete.
    ///
    /// # Errors
    /// A wrong answer, a broken connection, a hang.
    pub fn receive(
        &mut self,
        scenario: &mut dyn Scenario,
        slot: usize,
        addr: SocketAddr,
    ) -> Result<Option<Step>, String> {
        if self.sent < self.out.len() {
            self.flush().map_err(|e| format!("write: {e}"))?;
        }
        if self.filled == self.input.len() {
            return Err(format!("an answer of more than {BUFFER} bytes"));
        }
        match self.stream.read(self.input.get_mut(self.filled..).unwrap_or_default()) {
            Ok(0) => return Err("the server closed the connection before it had answered".to_owned()),
            Ok(n) => self.filled += n,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                return self.wait();
            }
            Err(e) => return Err(format!("read: {e}")),
        }
        let Some(answer) = Answer::parse(self.input.get(..self.filled).unwrap_or_default())? else {
            return Ok(None);
        };
        if answer.taken != self.filled {
            return Err(format!("{} bytes after the answer", self.filled - answer.taken));
        }
        let closes = answer.closes;
        self.out.clear();
        let step = scenario.answer(slot, &answer, &mut self.out)?;
        self.filled = 0;
        if closes {
            self.stream = connect(addr)?;
        }
        self.busy = step == Step::Next;
        if self.busy {
            self.send(addr)?;
        }
        Ok(Some(step))
    }

    fn wait(&self) -> Result<Option<Step>, String> {
        if self.asked.elapsed() > PATIENCE {
            return Err(format!("no answer for {PATIENCE:?}"));
        }
        Ok(None)
    }
}

fn connect(addr: SocketAddr) -> Result<TcpStream, String> {
    let stream = TcpStream::connect(addr).map_err(|e| format!("connect: {e}"))?;
    stream
        .set_nodelay(true)
        .and_then(|()| stream.set_nonblocking(true))
        .map_err(|e| format!("socket: {e}"))?;
    Ok(stream)
}

/// One request and its answer on a connection of its own, blocking.
///
/// # Errors
/// What [`Answer::parse`] or `judge` says, or the socket.
pub fn exchange<T>(
    addr: SocketAddr,
    request: &[u8],
    judge: impl FnOnce(&Answer<'_>) -> Result<T, String>,
) -> Result<T, String> {
    let mut stream = TcpStream::connect(addr).map_err(|e| format!("connect: {e}"))?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(|e| e.to_string())?;
    stream.write_all(request).map_err(|e| format!("write: {e}"))?;
    let mut input = Vec::new();
    let mut piece = [0u8; 4096];
    loop {
        if let Some(answer) = Answer::parse(&input)? {
            return judge(&answer);
        }
        match stream.read(&mut piece).map_err(|e| format!("read: {e}"))? {
            0 => return Err("the server closed the connection".to_owned()),
            n => input.extend_from_slice(piece.get(..n).unwrap_or_default()),
        }
    }
}
