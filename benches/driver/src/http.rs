//! The little of HTTP/1.1 (RFC 9112) a load driver needs: requests written into a buffer, answers framed out
//! of one. No allocation on the way unless an answer is chunked.

use std::borrow::Cow;

use memchr::memmem;

/// Appends a GET without a body. `headers` is zero or more complete lines, each ending in CRLF.
pub fn get(out: &mut Vec<u8>, host: &str, path: &str, headers: &[&str]) {
    push(out, &["GET ", path, " HTTP/1.1\r\nHost: ", host, "\r\nAccept: */*\r\n"]);
    push(out, headers);
    push(out, &["\r\n"]);
}

/// Appends a form post (`application/x-www-form-urlencoded`). `headers` as in [`get`].
pub fn post(out: &mut Vec<u8>, host: &str, path: &str, headers: &[&str], body: &[&str]) {
    let length: usize = body.iter().map(|part| part.len()).sum();
    push(out, &["POST ", path, " HTTP/1.1\r\nHost: ", host, "\r\nAccept: */*\r\n"]);
    push(out, headers);
    push(out, &["Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "]);
    push(out, &[&length.to_string(), "\r\n\r\n"]);
    push(out, body);
}

fn push(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// One complete answer, borrowed from the connection's buffer.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    head: &'a str,
    /// The body with any chunking taken off.
    pub body: Cow<'a, [u8]>,
    /// How many bytes of the buffer the answer took.
    pub taken: usize,
    /// Whether the server will close the connection after it.
    pub closes: bool,
}

impl<'a> Answer<'a> {
    /// Frames the answer at the start of `buffer`; `None` while it is incomplete.
    ///
    /// # Errors
    /// What is not HTTP/1.1, said in one line.
    pub fn parse(buffer: &'a [u8]) -> Result<Option<Self>, String> {
        let Some(end) = memmem::find(buffer, b"\r\n\r\n") else { return Ok(None) };
        let (head, rest) = buffer.split_at(end + 4);
        let head = std::str::from_utf8(head).map_err(|_| "the head of the answer is not UTF-8".to_owned())?;
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|after| after.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| format!("not an HTTP/1.1 answer: {}", first_line(head)))?;
        let closes = find_header(head, "connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
        let chunked =
            find_header(head, "transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked"));
        let (body, length) = if chunked {
            let Some((body, length)) = unchunk(rest)? else { return Ok(None) };
            (Cow::Owned(body), length)
        } else {
            let length = content_length(head, status)?;
            let Some(body) = rest.get(..length) else { return Ok(None) };
            (Cow::Borrowed(body), length)
        };
        Ok(Some(Self { status, head, body, taken: end + 4 + length, closes }))
    }

    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        find_header(self.head, name)
    }

    /// All headers of this name in order.
    pub fn headers(&self, name: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        header_lines(self.head).filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body as text, or nothing when it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// The string member `name` of a JSON body, found without parsing the rest. Members with escapes are
    /// not found: nothing the driver asks for has any.
    pub fn member(&self, name: &str) -> Option<&str> {
        json_member(self.text(), name)
    }

    /// Status and body on one line, for a complaint.
    pub fn describe(&self) -> String {
        let body: String = self.text().chars().take(300).collect();
        let location = self.header("location").map(|to| format!(" to {to}")).unwrap_or_default();
        format!("{}{location}: {}", first_line(self.head), body.replace(['\r', '\n'], " "))
    }
}

fn first_line(head: &str) -> &str {
    head.lines().next().unwrap_or_default()
}

fn header_lines(head: &str) -> impl Iterator<Item = (&str, &str)> {
    head.split("\r\n").skip(1).filter_map(|line| line.split_once(':')).map(|(key, value)| (key, value.trim()))
}

fn find_header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    header_lines(head).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn content_length(head: &str, status: u16) -> Result<usize, String> {
    match find_header(head, "content-length") {
        Some(text) => text.parse().map_err(|_| format!("content-length {text:?}")),
        // RFC 9112 §6.3: these never have a body.
        None if status == 204 || status == 304 => Ok(0),
        None => Err(format!("{} has neither a length nor chunks", first_line(head))),
    }
}

/// Takes chunked coding off (RFC 9112 §7.1); `None` while the last chunk is missing.
fn unchunk(mut rest: &[u8]) -> Result<Option<(Vec<u8>, usize)>, String> {
    let (whole, mut body) = (rest.len(), Vec::new());
    loop {
        let Some(end) = memmem::find(rest, b"\r\n") else { return Ok(None) };
        let (line, after) = rest.split_at(end);
        let size = std::str::from_utf8(line).unwrap_or_default().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| format!("chunk size {size:?}"))?;
        let Some(chunk) = after.get(2..2 + size) else { return Ok(None) };
        let Some(next) = after.get(4 + size..) else { return Ok(None) };
        body.extend_from_slice(chunk);
        rest = next;
        if size == 0 {
            return Ok(Some((body, whole - rest.len())));
        }
    }
}

/// See [`Answer::member`].
pub fn json_member<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let tail = body.get(from..)?;
        let at = memmem::find(tail.as_bytes(), name.as_bytes())?;
        from += at + name.len();
        let quoted = tail.get(..at)?.ends_with('"');
        let Some(after) = body.get(from..)?.strip_prefix('"') else { continue };
        let Some(value) = after.trim_start().strip_prefix(':') else { continue };
        let Some(value) = value.trim_start().strip_prefix('"') else { continue };
        if quoted {
            let value = value.get(..value.find('"')?)?;
            return (!value.contains('\\')).then_some(value);
        }
    }
}

/// Percent-encodes for a form or a query: everything but RFC 3986's unreserved characters.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_framed_by_its_length() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\nhelloHTTP";
        assert!(Answer::parse(&bytes[..bytes.len() - 5]).unwrap().is_none());
        let answer = Answer::parse(bytes).unwrap().unwrap();
        assert_eq!((answer.status, answer.text(), answer.taken), (200, "hello", bytes.len() - 4));
        assert_eq!(answer.headers("set-cookie").collect::<Vec<_>>(), ["a=1", "b=2"]);
    }

    #[test]
    fn chunks_are_joined_and_waited_for() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        assert!(Answer::parse(&bytes[..bytes.len() - 1]).unwrap().is_none());
        let answer = Answer::parse(bytes).unwrap().unwrap();
        assert_eq!((answer.text(), answer.taken), ("abcde", bytes.len()));
    }

    #[test]
    fn an_answer_without_framing_is_refused() {
        assert!(Answer::parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(Answer::parse(b"SSH-2.0\r\n\r\n").is_err());
    }

    #[test]
    fn members_are_found_only_as_names() {
        let body = r#"{"scope":"access_token","xaccess_token":"no", "access_token" : "yes","n":1}"#;
        assert_eq!(json_member(body, "access_token"), Some("yes"));
        assert_eq!(json_member(body, "n"), None);
        assert_eq!(json_member(body, "missing"), None);
    }

    #[test]
    fn forms_are_encoded() {
        assert_eq!(encode("a b/é~"), "a%20b%2F%C3%A9~");
    }
}
