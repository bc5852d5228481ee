//! FLOOR 3: HTTP. Extract, ask the domain, answer.
//!
//! Here: routes, extractors, middleware, answers, and the pages people see (`render`). Not here: what the
//! product decides (that is `domain`), SQL (`store`), wire formats (`spec`). Only this floor and `app` name
//! actix; only `render` names askama.

mod call;
mod cookies;
pub mod extract;
pub mod middleware;
mod oauth;
mod pages;
pub mod render;
mod respond;
pub mod routes;
mod state;

pub use pages::playground::Playground;
pub use respond::edge_page;
pub use state::{Signals, Web};
