//! Mails on their way out.
//!
//! Here: what a mail is, and who takes it. Not here: what mails say (templates) and when they are sent
//! (`domain` puts them into the outbox). The mailbox of `serve --dev` keeps them for a look at `/dev/mail`.

mod mailbox;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub use mailbox::{Kept, Mailbox};

/// A mail being handed over.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>>;

/// Whoever takes mails and brings them to people.
pub trait Mailer: Send + Sync {
    /// Hands a mail over. Done means taken, not read.
    fn send(&self, mail: Mail) -> Sending<'_>;
}

/// A mail to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The sender's address.
    pub from: String,
    /// The recipient's address.
    pub to: String,
    /// The subject, in one line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, for readers that show it.
    pub html: Option<String>,
}

/// Why a mail was not taken; one line for the log, without the mail's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mail was not taken: {0}")]
pub struct MailError(pub String);

/// Neither text nor recipient: the one holds one-time links, the other is a person's.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mail({} bytes)", self.text.len())
    }
}
