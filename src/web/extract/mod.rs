//! Reading requests strictly: form bodies, queries, cookies and the `Authorization` header.
//!
//! Every limit of a request body is kept here (size, time, fields, encoding), and every place where two
//! readers could understand one request differently is refused: doubled parameters (RFC 6749 §3.1),
//! doubled cookies, doubled headers, foreign charsets. What a parameter means is not decided here.

mod authorization;
mod body;
mod cookies;
mod fields;
mod form;

pub use authorization::{Authorization, BasicCredentials, HeaderError};
pub use body::{BodyError, read_body};
pub use cookies::Cookies;
pub use fields::{Doubled, Fields, FieldsError};
pub use form::{Form, FormLimits, Query};
