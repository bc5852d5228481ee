//! FLOOR 3: HTTP. A request is extracted, handed to `domain`, and its outcome becomes a response.
//!
//! actix-web is named here and in `app` only. No rule of the product lives here, and no SQL.

pub mod extract;
pub mod middleware;
