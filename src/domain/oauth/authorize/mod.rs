//! The authorization endpoint: from parameters to a code (RFC 6749 §4.1, OpenID Connect Core §3.1.2).
//!
//! One pipeline of typed stages, `Raw → Parsed → ClientKnown → Validated`, whose small checks run in the
//! order of one table (`steps`) that also says which endpoint runs which; PAR, JAR, the device and the
//! back-channel endpoint join that table. Then `decide` says what is still needed of the person, `flow` keeps
//! a request that waits, and `code` seals the answer.

mod answer;
mod code;
mod decide;
mod flow;
mod kept;
mod request;
mod stages;
mod steps;

pub use answer::{Answer, PageError, PageReason, Refusal};
pub use code::{CodeContent, open_code};
pub use decide::is_assigned;
pub use flow::{begin, cancel, choose, consent, look, resume};
pub use kept::{Browser, FlowView, Next, Outcome};
pub use request::AuthorizeRequest;
