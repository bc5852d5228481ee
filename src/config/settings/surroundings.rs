//! Settings about what is around the server: network, database, disk, mail, telemetry.

use std::path::PathBuf;
use std::time::Duration;

use crate::kernel::Secret;

use super::super::address::Listen;
use super::super::choice::{LogFormat, LogLevel, MailTransport, Migrate};
use super::super::cidr::Cidr;
use super::super::database_url::DatabaseUrl;
use super::super::duration::{hours, millis, minutes, secs};
use super::super::section::{NotEmpty, OneOf};

section! {
    /// The listeners and how long a connection may take over what.
    pub struct Server {
        /// IP address and port to serve on, or a list of them.
        bind: Listen = Listen::loopback(8080), within NotEmpty;
        /// Address of the second listener, with metrics and health only; empty turns it off. Keep it
        /// away from the internet.
        management_bind: Listen = Listen::loopback(9090);
        /// Networks of the reverse proxies in front. Only a request that comes from one of them is
        /// believed about its client's address; the rightmost address that is not a proxy counts.
        trusted_proxies: Vec<Cidr> = Vec::new();
        /// Threads that answer requests; 0 means one per processor core.
        workers: usize = 0, within 0..=1024;
        /// Open connections at the same time.
        max_connections: usize = 10_000, within 1..=1_000_000;
        /// How long a client may take to send the head of a request.
        header_timeout: Duration = secs(10), within millis(100)..=minutes(5);
        /// How long a client may take to send the body of a request.
        body_timeout: Duration = secs(30), within millis(100)..=minutes(10);
        /// How long a connection may stay open without a request.
        idle_timeout: Duration = secs(60), within millis(100)..=hours(1);
        /// How long requests in flight may finish after the order to stop.
        drain_timeout: Duration = secs(30), within secs(0)..=minutes(10);
    }
    sections { tls: Tls; }
}

section! {
    /// TLS by Portico itself. Leave both empty behind a proxy that ends TLS.
    pub struct Tls {
        /// PEM file with the certificate and its chain.
        certificate: PathBuf = PathBuf::new();
        /// PEM file with the certificate's private key.
        private_key: PathBuf = PathBuf::new();
    }
}

section! {
    /// Where accounts, sessions and tokens are kept.
    pub struct Database {
        /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`; empty means the SQLite file
        /// `portico.db` in `data.dir`.
        url: DatabaseUrl = DatabaseUrl::unset();
        /// Connections to PostgreSQL, or readers of SQLite.
        pool_size: u32 = 20, within 1..=500;
        /// How long a request may wait for a free connection before it is given up.
        pool_wait: Duration = secs(5), within millis(10)..=minutes(1);
        /// Whether `portico serve` brings the tables up to date by itself; with `"manual"` the operator
        /// runs `portico migrate`.
        migrate: Migrate = Migrate::Auto;
    }
}

section! {
    /// Files Portico writes: the SQLite database and mail kept in files.
    pub struct Data {
        /// The directory; made if it is missing.
        dir: PathBuf = PathBuf::from("./data"), within NotEmpty;
    }
}

section! {
    /// The master key, which seals every secret in the database, and the keys that sign tokens.
    pub struct Keys {
        /// Directory of the master key. Back it up apart from the database: without it nothing sealed
        /// can be read again.
        dir: PathBuf = PathBuf::from("./keys"), within NotEmpty;
        /// Size of RSA signing keys made from now on.
        rsa_bits: u32 = 3072, within OneOf(&[2048, 3072, 4096]);
    }
}

section! {
    /// How mail leaves.
    pub struct Mail {
        /// `"smtp"` sends; `"file"` writes below `data.dir`; `"mailbox"` only keeps mail to be read in
        /// the browser, for trials.
        transport: MailTransport = MailTransport::Mailbox;
        /// `smtps://USER:PASSWORD@HOST:465`, or `smtp://…:587` for STARTTLS. Needed for `"smtp"`.
        smtp_url: Secret = Secret::default();
        /// Sender of every mail, such as `Example <no-reply@example.com>`. Needed for `"smtp"`.
        from: String = String::new();
    }
}

section! {
    /// What Portico tells about itself. Metrics are at `/metrics` of the management listener.
    pub struct Telemetry {
        /// JSON for machines or text for people.
        log_format: LogFormat = LogFormat::Json;
        /// The least important lines that are still written.
        log_level: LogLevel = LogLevel::Info;
        /// Address of an OpenTelemetry collector (OTLP over HTTP) that is sent traces; empty turns them
        /// off.
        otlp_endpoint: String = String::new();
    }
}

section! {
    /// Conveniences for automated tests and certification runs that weaken security.
    pub struct Testing {
        /// Allows the other test settings. Never in production; `portico serve` says so loudly.
        enabled: bool = false;
    }
}
