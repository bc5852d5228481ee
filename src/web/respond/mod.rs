//! From outcomes to answers: status, headers and body are decided here and nowhere else.

mod answer;
mod cors;
mod html;
mod problem;

pub use answer::{follow, form_target, own_path, redirect_host, respond_next};
pub use cors::{allow_client_origin, allow_everyone, allow_known_origin, preflight};
pub use html::{edge_page, error_page, fault_kind, html, no_call_page, see_other};
pub use problem::{bearer_error, bearer_request_error, body_error, json, no_call_json, oauth_failure};
