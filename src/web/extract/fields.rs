//! The parameters themselves are the standard's matter: see `spec::oauth::Fields`.

pub use crate::spec::oauth::{Doubled, Fields, FieldsError, decode};
