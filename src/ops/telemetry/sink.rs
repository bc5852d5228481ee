//! Log lines on their way to standard error: collected in memory and written by a thread of their own, so
//! that a request never waits for a terminal, a pipe or a disk.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Metrics;

/// Lines that may wait; beyond it they are counted and dropped, for logging must not stop the service.
const MOST_WAITING: usize = 4 * 1024 * 1024;

/// How long lines are gathered before they are written in one go.
const GATHER: Duration = Duration::from_millis(20);

/// Takes finished lines. Clones share one buffer.
#[derive(Clone)]
pub struct Sink(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    output: Mutex<Box<dyn Write + Send>>,
    metrics: Metrics,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    closed: bool,
}

/// Writes out the rest when dropped.
pub struct SinkGuard {
    sink: Sink,
    thread: Option<JoinHandle<()>>,
}

impl Sink {
    /// Starts the writer's thread.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(output: Box<dyn Write + Send>, metrics: Metrics) -> std::io::Result<(Self, SinkGuard)> {
        let shared =
            Shared { state: Mutex::default(), wake: Condvar::new(), output: Mutex::new(output), metrics };
        let sink = Self(Arc::new(shared));
        let writer = sink.clone();
        let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || writer.work())?;
        Ok((sink.clone(), SinkGuard { sink, thread: Some(thread) }))
    }

    /// Adds one line, with its line feed.
    pub fn write(&self, line: &[u8]) {
        let mut state = self.state();
        if state.waiting.len() + line.len() > MOST_WAITING {
            drop(state);
            self.0.metrics.log_line_lost();
            return;
        }
        let first = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        drop(state);
        if first {
            self.0.wake.notify_one();
        }
    }

    /// Writes out what waits, on the caller's thread.
    pub fn flush(&self) {
        // The output is locked first, so that lines leave in the order they came.
        let mut output = self.0.output.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = std::mem::take(&mut self.state().waiting);
        if !lines.is_empty() && output.write_all(&lines).and_then(|()| output.flush()).is_err() {
            self.0.metrics.log_line_lost();
        }
    }

    fn work(&self) {
        loop {
            let mut state = self.state();
            while state.waiting.is_empty() && !state.closed {
                state = self.0.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            let closed = state.closed;
            drop(state);
            if !closed {
                std::thread::sleep(GATHER);
            }
            self.flush();
            if closed {
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SinkGuard {
    fn drop(&mut self) {
        self.sink.state().closed = true;
        self.sink.0.wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // The writer has nothing to report; if it died, what is left is written here.
            let _ended = thread.join();
        }
        self.sink.flush();
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An output that a test can read.
    #[derive(Clone, Default)]
    pub struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        pub fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_arrives_in_order_and_floods_are_counted() {
        let (page, metrics) = (Page::default(), Metrics::new());
        let (sink, guard) = Sink::start(Box::new(page.clone()), metrics.clone()).unwrap();
        for number in 0..1_000 {
            sink.write(format!("{number}\n").as_bytes());
        }
        sink.write(&vec![b'x'; MOST_WAITING + 1]);
        drop(guard);
        let text = page.text();
        assert!(text.lines().map(|line| line.parse::<u32>().unwrap()).eq(0..1_000));
        assert!(metrics.encode().contains("portico_log_lines_lost_total 1"));
    }
}
