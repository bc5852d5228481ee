//! Settings that keep guessers and floods out.

use std::time::Duration;

use super::super::duration::{days, hours, millis, minutes, secs};

section! {
    /// How passwords are hashed (Argon2id, RFC 9106) and which are accepted. The least cost accepted is
    /// any of these equal ones: 47104 KiB × 1, 19456 × 2, 12288 × 3, 9216 × 4, 7168 × 5.
    pub struct Passwords {
        /// Memory of one hash in KiB.
        memory_kib: u32 = 47_104, within 7_168..=4_194_304;
        /// Passes over the memory.
        iterations: u32 = 1, within 1..=100;
        /// Lanes of one hash.
        parallelism: u32 = 1, within 1..=64;
        /// Hashes computed at the same time; 0 means one per processor core. Times `memory_kib` this is
        /// the memory hashing may take.
        max_parallel_hashes: usize = 0, within 0..=1024;
        /// How long a sign-in may wait for its turn before it is given up.
        queue_wait: Duration = secs(2), within millis(10)..=minutes(1);
        /// Characters a password must have.
        min_length: usize = 15, within 8..=128;
        /// Characters a password may have (NIST SP 800-63B asks for 64 at least).
        max_length: usize = 128, within 64..=1024;
    }
}

section! {
    /// What failed sign-ins lead to. Delays count per account, blocks per address and network.
    pub struct Login {
        /// Failures an account has before delays begin.
        free_failures: u32 = 5, within 1..=100;
        /// The first delay; it doubles with every further failure.
        first_delay: Duration = secs(1), within millis(1)..=hours(1);
        /// The longest delay.
        max_delay: Duration = minutes(15), within millis(1)..=hours(24);
        /// Failures older than this are forgotten.
        forget_after: Duration = hours(12), within secs(1)..=days(30);
        /// Failures from one address within `ip_window` before it is blocked.
        ip_failures: u32 = 5, within 1..=1_000_000;
        /// The window of `ip_failures`.
        ip_window: Duration = minutes(5), within secs(1)..=hours(24);
        /// How long an address stays blocked.
        ip_block: Duration = minutes(30), within secs(1)..=days(7);
        /// Failures from one network (IPv4 /24, IPv6 /64) within `network_window` before it is blocked.
        network_failures: u32 = 30, within 1..=1_000_000;
        /// The window of `network_failures`.
        network_window: Duration = minutes(10), within secs(1)..=hours(24);
    }
}

section! {
    /// How much one request may weigh and how many may come.
    pub struct Limits {
        /// Failed requests per minute of one client from one address: wrong codes, refresh tokens and secrets.
        /// Those that succeed are not counted.
        invalid_codes_per_minute: u32 = 60, within 1..=1_000_000;
        /// Bytes of all header fields of a request.
        header_bytes: usize = 16_384, within 1_024..=1_048_576;
        /// Bytes of a request's target.
        url_bytes: usize = 8_192, within 512..=65_536;
        /// Bytes of a form.
        form_bytes: usize = 65_536, within 1_024..=16_777_216;
        /// Bytes of a JSON document.
        json_bytes: usize = 262_144, within 1_024..=67_108_864;
    }
}
