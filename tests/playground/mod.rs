//! The playground: what it refuses, and a whole run against the binary as a newcomer starts it.

mod newcomer;
mod refusals;
mod road;
