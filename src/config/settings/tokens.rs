//! Settings about how long what was issued is good for.

use std::time::Duration;

use super::super::choice::SigningAlg;
use super::super::duration::{days, hours, minutes, secs};

section! {
    /// Lifetimes and signatures of codes and tokens.
    pub struct Tokens {
        /// Authorization codes (RFC 6749 §4.1.2 allows ten minutes at most).
        code_lifetime: Duration = secs(60), within secs(1)..=secs(600);
        /// Access tokens of users.
        access_lifetime: Duration = minutes(10), within secs(1)..=hours(24);
        /// ID tokens.
        id_lifetime: Duration = minutes(10), within secs(1)..=hours(24);
        /// Access tokens a client gets for itself.
        client_credentials_lifetime: Duration = minutes(10), within secs(1)..=hours(24);
        /// A refresh token ends when it is not used for this long.
        refresh_idle: Duration = hours(8), within secs(1)..=days(365);
        /// The same for native applications, whose users do not expect to sign in daily.
        refresh_idle_native: Duration = days(14), within secs(1)..=days(365);
        /// A refresh token and its successors end after this long, used or not.
        refresh_absolute: Duration = days(30), within secs(1)..=days(730);
        /// How long a refresh token that was just exchanged may be sent again, for clients that lost the
        /// answer; later it counts as stolen.
        refresh_retry_grace: Duration = secs(10), within secs(0)..=secs(60);
        /// Algorithm of ID tokens, unless the client registered another.
        id_token_alg: SigningAlg = SigningAlg::Es256;
        /// Algorithm of access tokens.
        access_token_alg: SigningAlg = SigningAlg::Es256;
    }
}

section! {
    /// How long a browser stays signed in.
    pub struct Sessions {
        /// A session ends when it is not used for this long.
        idle: Duration = minutes(60), within secs(1)..=days(90);
        /// A session ends after this long, used or not.
        absolute: Duration = hours(12), within secs(1)..=days(365);
        /// How long a sign-in that was begun may be finished.
        flow_lifetime: Duration = minutes(15), within secs(1)..=hours(24);
        /// Sign-ins one browser may have open at a time.
        flows_per_browser: u32 = 50, within 1..=1000;
    }
}
