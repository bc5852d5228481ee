//! The signature algorithms Portico signs with, and the kinds of key they need.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A signature algorithm by its JOSE name (RFC 7518 §3.1, RFC 8037 §3.1). `none` and the HMACs are not
/// here, so nothing in this folder can be talked into them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlg {
    /// RSASSA-PKCS1-v1_5 with SHA-256; what OpenID Connect Core §15.1 requires every provider to offer.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SigningAlg {
    /// Every algorithm, in the order the metadata lists them.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// The JOSE name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of exactly that name; JOSE names are case-sensitive (RFC 7515 §4.1.1).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }

    /// The kind of key it signs with.
    pub const fn family(self) -> KeyFamily {
        match self {
            Self::Rs256 | Self::Ps256 => KeyFamily::Rsa,
            Self::Es256 => KeyFamily::Ec,
            Self::EdDsa => KeyFamily::Okp,
        }
    }
}

impl fmt::Display for SigningAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind of key, by its JWK `kty` (RFC 7518 §6.1, RFC 8037 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum KeyFamily {
    /// RSA, for RS256 and PS256.
    #[serde(rename = "RSA")]
    Rsa,
    /// Elliptic curve P-256, for ES256.
    #[serde(rename = "EC")]
    Ec,
    /// Octet key pair Ed25519, for EdDSA.
    #[serde(rename = "OKP")]
    Okp,
}

impl KeyFamily {
    /// Every family.
    pub const ALL: [Self; 3] = [Self::Rsa, Self::Ec, Self::Okp];

    /// The `kty`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::Ec => "EC",
            Self::Okp => "OKP",
        }
    }

    /// The family of exactly that `kty`.
    pub fn parse(kty: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.as_str() == kty)
    }

    /// The algorithms a key of this family signs with.
    pub const fn algs(self) -> &'static [SigningAlg] {
        match self {
            Self::Rsa => &[SigningAlg::Rs256, SigningAlg::Ps256],
            Self::Ec => &[SigningAlg::Es256],
            Self::Okp => &[SigningAlg::EdDsa],
        }
    }
}

impl fmt::Display for KeyFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_048_only_the_exact_names_are_algorithms() {
        for alg in SigningAlg::ALL {
            assert_eq!(SigningAlg::parse(alg.as_str()), Some(alg));
            assert!(alg.family().algs().contains(&alg));
        }
        for bad in ["none", "None", "nOnE", "", "HS256", "rs256", "eddsa", "RS256 ", "ES384", "RS1"] {
            assert_eq!(SigningAlg::parse(bad), None, "{bad}");
        }
    }
}
