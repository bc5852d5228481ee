//! Portico: an OpenID Connect and OAuth 2 identity provider in one binary.
//!
//! The house on one page (docs/architecture.md tells more). A request enters at the top, goes straight
//! down, and its answer comes straight up:
//!
//! | floor | folders | what |
//! |---|---|---|
//! | 5 | `cli` | one file per command |
//! | 4 | `app` | builds the application, the per-request context, start, drain, reload |
//! | 3 | `web`, `jobs`, `ops` | HTTP; background work; telemetry, doctor |
//! | 2 | `domain` | what the product does, without HTTP, templates or SQL |
//! | 1 | `config`, `crypto`, `store`, `gateways` | settings, keys, database, doors to the outside |
//! | 0 | `kernel`, `spec` | vocabulary and wire formats; no I/O |
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod gateways;
pub mod jobs;
pub mod kernel;
pub mod ops;
pub mod spec;
pub mod store;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod web;
