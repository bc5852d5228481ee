//! What one connection has in work: shared by the edge, which knows requests, and by `app`'s stream
//! guard, which knows bytes. Neither can see alone that a peer is stalling.

use std::cell::Cell;
use std::rc::Rc;

use tokio::time::Instant;

/// Counters of one connection. A connection lives on one thread, so plain cells do.
#[derive(Debug)]
pub struct Connection {
    handling: Cell<u32>,
    sending: Cell<u32>,
    progress: Cell<Instant>,
    begun: Cell<u64>,
}

impl Connection {
    /// A connection that was just accepted.
    pub fn new() -> Rc<Self> {
        Rc::new(Self {
            handling: Cell::new(0),
            sending: Cell::new(0),
            progress: Cell::new(Instant::now()),
            begun: Cell::new(0),
        })
    }

    /// Notes a new request, unless `most` are already in work.
    pub fn begin(self: &Rc<Self>, most: u32) -> Option<Handling> {
        if self.in_work() >= most {
            return None;
        }
        self.handling.set(self.handling.get() + 1);
        self.begun.set(self.begun.get() + 1);
        self.touch();
        Some(Handling(Rc::clone(self)))
    }

    /// Notes a request that was answered without a handler.
    pub fn refused(&self) {
        self.begun.set(self.begun.get() + 1);
        self.touch();
    }

    /// Requests that are with a handler or whose answer is not fully handed over.
    pub fn in_work(&self) -> u32 {
        self.handling.get() + self.sending.get()
    }

    /// Requests that are with a handler.
    pub fn handling(&self) -> u32 {
        self.handling.get()
    }

    /// Answers that are not fully handed to the protocol layer.
    pub fn sending(&self) -> u32 {
        self.sending.get()
    }

    /// How many requests the connection has carried so far.
    pub fn begun(&self) -> u64 {
        self.begun.get()
    }

    /// When something useful happened last: a request began, an answer or a part of it left.
    pub fn progress(&self) -> Instant {
        self.progress.get()
    }

    /// Notes that something useful happened now.
    pub fn touch(&self) {
        self.progress.set(Instant::now());
    }
}

/// A request that is with its handler; dropped when the handler is done or the peer is gone.
#[derive(Debug)]
pub struct Handling(Rc<Connection>);

impl Handling {
    /// The answer is ready: from now on it is being sent.
    pub fn sending(self) -> Sending {
        self.0.sending.set(self.0.sending.get() + 1);
        self.0.touch();
        Sending(Rc::clone(&self.0))
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.handling.set(self.0.handling.get().saturating_sub(1));
    }
}

/// An answer that is being sent; dropped with its body.
#[derive(Debug)]
pub struct Sending(Rc<Connection>);

impl Sending {
    /// Another part of the body was taken.
    pub fn touch(&self) {
        self.0.touch();
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.sending.set(self.0.sending.get().saturating_sub(1));
        self.0.touch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_until_its_answer_is_gone() {
        let connection = Connection::new();
        let first = connection.begin(2).unwrap();
        let second = connection.begin(2).unwrap();
        assert!(connection.begin(2).is_none());
        let sending = first.sending();
        assert_eq!((connection.handling(), connection.sending(), connection.in_work()), (1, 1, 2));
        assert!(connection.begin(2).is_none());
        drop((second, sending));
        assert_eq!((connection.in_work(), connection.begun()), (0, 2));
    }
}
