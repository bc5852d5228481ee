//! The `portico` binary: hands over to `cli`.

fn main() {}
