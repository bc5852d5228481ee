//! FLOOR 3: what the operator sees and does beside the product: telemetry, later backup and doctor.
//!
//! Nothing here serves a request; `app` joins it to the listeners.

pub mod telemetry;
