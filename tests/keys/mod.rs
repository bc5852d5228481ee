//! Signing keys: rotation with overlap, and at every step exactly one key that signs.

mod rotate;
