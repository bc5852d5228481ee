//! TLS around the whole application, and towards others. Versions and ciphers are tried in `src/app/tests`.
