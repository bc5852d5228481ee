//! Mails kept in memory instead of sent.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::{Mail, Mailer, Sending};
use crate::kernel::{Clock, Timestamp};

/// How many mails are kept; the oldest goes first.
const MOST: usize = 200;

/// A mailbox for development: everything arrives, nothing leaves, a restart empties it.
pub struct Mailbox {
    clock: Clock,
    kept: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    last: u64,
    mails: VecDeque<Kept>,
}

/// A mail in the box.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its number, from 1 on; never used again.
    pub id: u64,
    /// When it came.
    pub at: Timestamp,
    /// The mail.
    pub mail: Mail,
}

impl Mailbox {
    /// An empty box.
    pub fn new(clock: Clock) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    /// All mails, newest first.
    pub fn all(&self) -> Vec<Kept> {
        self.with(|shelf| shelf.mails.iter().rev().cloned().collect())
    }

    /// The mail of a number, while it is kept.
    pub fn find(&self, id: u64) -> Option<Kept> {
        self.with(|shelf| shelf.mails.iter().find(|kept| kept.id == id).cloned())
    }

    fn put(&self, mail: Mail) {
        let at = self.clock.now();
        self.with(|shelf| {
            shelf.last += 1;
            if shelf.mails.len() == MOST {
                shelf.mails.pop_front();
            }
            shelf.mails.push_back(Kept { id: shelf.last, at, mail });
        });
    }

    fn with<T>(&self, look: impl FnOnce(&mut Shelf) -> T) -> T {
        look(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mailer for Mailbox {
    fn send(&self, mail: Mail) -> Sending<'_> {
        self.put(mail);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(subject: &str) -> Mail {
        Mail {
            from: "portico@example.com".to_owned(),
            to: "alice@example.com".to_owned(),
            subject: subject.to_owned(),
            text: "secret link".to_owned(),
            html: None,
        }
    }

    #[tokio::test]
    async fn the_newest_two_hundred_are_kept() {
        let mailbox = Mailbox::new(Clock::frozen(Timestamp::from_seconds(5)));
        for number in 1..=203 {
            mailbox.send(mail(&number.to_string())).await.unwrap();
        }
        let all = mailbox.all();
        assert_eq!((all.len(), all[0].id, all[0].mail.subject.as_str()), (200, 203, "203"));
        assert!(mailbox.find(3).is_none());
        let oldest = mailbox.find(4).unwrap();
        assert_eq!((oldest.mail.subject.as_str(), oldest.at.seconds()), ("4", 5));
        assert!(!format!("{oldest:?}").contains("secret") && !format!("{oldest:?}").contains("alice"));
    }
}
