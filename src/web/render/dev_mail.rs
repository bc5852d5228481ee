//! The mailbox of `serve --dev`: mails that would have been sent, at `/dev/mail`.

use askama::Template;

use super::{Page, Stamp, safe_link};

/// All mails, newest first.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/dev_mail/list.html")]
pub struct DevMailListPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The mails, in the order shown.
    pub mails: Vec<MailLine>,
}

/// One mail as a line of the list.
#[derive(Clone, Debug)]
pub struct MailLine {
    /// The page of this mail.
    pub href: String,
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// When it was written.
    pub at: Stamp,
}

/// One mail, as its text part.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/dev_mail/mail.html")]
pub struct DevMailPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The list.
    pub list: String,
    /// Recipient, subject, date.
    pub mail: MailLine,
    /// The sender's address.
    pub from: String,
    /// The text part; web addresses in it become links.
    pub text: String,
}

/// A piece of the text.
struct Part<'a> {
    text: &'a str,
    link: bool,
}

impl DevMailPage {
    /// The text cut where web addresses begin and end.
    fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        for word in self.text.split_inclusive(char::is_whitespace) {
            let trimmed = word.trim_end().trim_end_matches(['.', ',', ')', '>', ';', '"']);
            let (head, tail) = word.split_at(trimmed.len());
            let link = head.contains("://") && safe_link(head).is_some();
            parts.push(Part { text: head, link });
            parts.push(Part { text: tail, link: false });
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Timestamp, locale::Locale};

    #[test]
    fn addresses_in_a_mail_become_links_and_nothing_is_lost() {
        let text = "Open https://a.example/r?t=1.\n\nNot javascript://x or /r\n";
        let mail = MailLine {
            href: String::new(),
            to: String::new(),
            subject: String::new(),
            at: Stamp::from(Timestamp::from_seconds(0)),
        };
        let page = DevMailPage {
            page: Page::new(Locale::En, "n", "t"),
            list: String::new(),
            mail,
            from: String::new(),
            text: text.to_owned(),
        };
        let parts = page.parts();
        let links: Vec<_> = parts.iter().filter(|part| part.link).map(|part| part.text).collect();
        assert_eq!(links, ["https://a.example/r?t=1"]);
        assert_eq!(parts.iter().map(|part| part.text).collect::<String>(), text);
    }
}
