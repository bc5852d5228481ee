//! FLOOR 3: HTTP. Extract, ask the domain, answer.
//!
//! Here: routes, extractors, middleware, answers, and the pages people see (`render`). Not here: what the
//! product decides (that is `domain`), SQL (`store`), wire formats (`spec`). Only this floor and `app` name
//! actix; only `render` names askama.

pub mod render;
