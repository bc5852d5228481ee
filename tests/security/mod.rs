//! The rows of docs/security.md, tried on the whole server over HTTP. A test's name begins with its row.

mod alone;
mod cookies;
mod cors;
mod headers;
mod http;
mod limits;
mod logs;
mod operator;
mod parsers;
mod passwords;
mod road;
mod secrets;
mod slow;
mod tls;
mod wire;
