//! The closed loop: N keep-alive connections, each with one operation under way, all driven by one thread
//! that never blocks on a socket: it looks at all of them, and naps when nothing has come. So a server's answer never
//! has to wake a sleeping client, which would be charged to the server.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::cpu::Reading;
use crate::http::Answer;
use crate::target::Target;

/// What an answer led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// The operation goes on: its next request is in the buffer.
    Next,
    /// The operation is complete.
    Done,
}

/// One kind of operation. `slot` is the connection; a slot has one operation under way at a time.
pub trait Scenario {
    /// Called before each round, outside the measurement: makes the tokens a round needs.
    ///
    /// # Errors
    /// Why the round cannot start.
    fn prepare(&mut self, _target: &Target, _plan: &Plan) -> Result<(), String> {
        Ok(())
    }

    /// Whether what [`Scenario::prepare`] made can be used only once, so that a warm-up must be short.
    fn once_only(&self) -> bool {
        false
    }

    /// Writes the first request of a new operation; `false` when nothing is left to do.
    fn begin(&mut self, slot: usize, out: &mut Vec<u8>) -> bool;

    /// Judges an answer, and writes the next request if the operation has one.
    ///
    /// # Errors
    /// What is wrong with the answer; the run ends there.
    fn answer(&mut self, slot: usize, answer: &Answer<'_>, out: &mut Vec<u8>) -> Result<Step, String>;
}

/// How long and how wide to run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Keep-alive connections.
    pub connections: usize,
    /// Time before the measurement.
    pub warm_up: Duration,
    /// Time of the measurement.
    pub measure: Duration,
}

/// What a run measured.
#[derive(Debug, Default)]
pub struct Sample {
    /// Completed operations.
    pub ops: u64,
    /// Wall time, seconds.
    pub wall_s: f64,
    /// CPU of the server's tree, seconds.
    pub cpu_s: f64,
    /// Time of each operation, microseconds.
    pub micros: Vec<u32>,
}

/// How long to look away when no operation was completed. The kernel rounds it up to some 60 µs, in which a server
/// answers few of its 16 connections, so that it never runs dry; but its core's sibling thread is left alone.
const NAP: Duration = Duration::from_micros(1);
const BUFFER: usize = 64 * 1024;
/// An answer later than this is a hang, not a slow server.
const PATIENCE: Duration = Duration::from_secs(30);

struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    sent: usize,
    input: Vec<u8>,
    filled: usize,
    busy: bool,
    started: Instant,
    asked: Instant,
}

/// Warms up, then measures for the plan's time or until the scenario has nothing left.
///
/// # Errors
/// The first wrong answer, broken connection or hang.
pub fn measure(target: &Target, scenario: &mut dyn Scenario, plan: &Plan) -> Result<Sample, String> {
    let mut pool = Pool::open(target, plan.connections)?;
    let warm_up = if scenario.once_only() { plan.warm_up / 10 } else { plan.warm_up };
    let begun = Instant::now();
    pool.drive(scenario, |_| begun.elapsed() < warm_up)?;
    pool.micros.clear();
    let (before, start) = (Reading::take(target.pid), Instant::now());
    pool.drive(scenario, |_| start.elapsed() < plan.measure)?;
    let (wall, cpu) = (start.elapsed(), Reading::take(target.pid).since(&before));
    let micros = std::mem::take(&mut pool.micros);
    if micros.is_empty() {
        return Err("no operation was completed in the measured time".to_owned());
    }
    pool.drain(scenario)?;
    Ok(Sample { ops: micros.len() as u64, wall_s: wall.as_secs_f64(), cpu_s: cpu as f64 / 1e9, micros })
}

/// Runs operations outside any measurement until `go_on` (given the number completed) says stop.
///
/// # Errors
/// As [`measure`].
pub fn fill(
    target: &Target,
    scenario: &mut dyn Scenario,
    connections: usize,
    go_on: impl FnMut(usize) -> bool,
) -> Result<(), String> {
    let mut pool = Pool::open(target, connections)?;
    pool.drive(scenario, go_on)?;
    pool.drain(scenario)
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

struct Pool {
    addr: SocketAddr,
    connections: Vec<Connection>,
    micros: Vec<u32>,
    exhausted: bool,
}

impl Pool {
    fn open(target: &Target, count: usize) -> Result<Self, String> {
        let connections = (0..count).map(|_| Connection::open(target.addr)).collect::<Result<_, _>>()?;
        Ok(Self { addr: target.addr, connections, micros: Vec::with_capacity(1 << 20), exhausted: false })
    }

    /// Keeps every connection busy while `go_on` holds; returns with operations still under way.
    fn drive(
        &mut self,
        scenario: &mut dyn Scenario,
        mut go_on: impl FnMut(usize) -> bool,
    ) -> Result<(), String> {
        while !self.exhausted && go_on(self.micros.len()) {
            self.sweep_or_nap(scenario, true)?;
        }
        Ok(())
    }

    /// Lets what is under way come to its end.
    fn drain(&mut self, scenario: &mut dyn Scenario) -> Result<(), String> {
        while self.connections.iter().any(|connection| connection.busy) {
            self.sweep_or_nap(scenario, false)?;
        }
        Ok(())
    }

    fn sweep_or_nap(&mut self, scenario: &mut dyn Scenario, start: bool) -> Result<(), String> {
        let before = self.micros.len();
        self.sweep(scenario, start)?;
        if self.micros.len() == before {
            sleep(NAP);
        }
        Ok(())
    }

    /// Looks at each connection once.
    fn sweep(&mut self, scenario: &mut dyn Scenario, start: bool) -> Result<(), String> {
        for (slot, connection) in self.connections.iter_mut().enumerate() {
            if !connection.busy && start && !self.exhausted {
                connection.begin();
                if scenario.begin(slot, &mut connection.out) {
                    connection.send(self.addr)?;
                } else {
                    connection.busy = false;
                    self.exhausted = true;
                }
            }
            if connection.busy && connection.receive(scenario, slot, self.addr)? {
                let micros = connection.started.elapsed().as_micros();
                self.micros.push(u32::try_from(micros).unwrap_or(u32::MAX));
            }
        }
        Ok(())
    }
}

impl Connection {
    fn open(addr: SocketAddr) -> Result<Self, String> {
        let (stream, now) = (connect(addr)?, Instant::now());
        let (out, input) = (Vec::with_capacity(4096), vec![0; BUFFER]);
        Ok(Self { stream, out, sent: 0, input, filled: 0, busy: false, started: now, asked: now })
    }

    fn begin(&mut self) {
        self.busy = true;
        self.started = Instant::now();
        self.out.clear();
    }

    /// Sends what is in the buffer; connects again first if the server has closed meanwhile.
    fn send(&mut self, addr: SocketAddr) -> Result<(), String> {
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

    /// Takes what has arrived; `true` when that completed the operation.
    fn receive(
        &mut self,
        scenario: &mut dyn Scenario,
        slot: usize,
        addr: SocketAddr,
    ) -> Result<bool, String> {
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
            return Ok(false);
        };
        let (taken, closes) = (answer.taken, answer.closes);
        self.out.clear();
        let step = scenario.answer(slot, &answer, &mut self.out)?;
        if taken != self.filled {
            return Err(format!("{} bytes after the answer", self.filled - taken));
        }
        self.filled = 0;
        if closes {
            self.stream = connect(addr)?;
        }
        if step == Step::Next {
            self.send(addr)?;
        }
        self.busy = step == Step::Next;
        Ok(step == Step::Done)
    }

    fn wait(&self) -> Result<bool, String> {
        if self.asked.elapsed() > PATIENCE {
            return Err(format!("no answer for {PATIENCE:?}"));
        }
        Ok(false)
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
