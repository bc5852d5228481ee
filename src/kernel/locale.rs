//! Placeholder until the locales land: see `locales/`.
