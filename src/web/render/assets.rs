//! The static files: part of the binary, served under names that contain their hash, so that a browser
//! may keep them for ever (`Cache-Control: public, max-age=31536000, immutable`).

use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The folder of all static files, below the path of `public_url`.
pub const PREFIX: &str = "/static/";

/// One static file.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The address, such as `/static/portico.kX3v….css`.
    pub path: String,
    /// The content, byte for byte what lies in `static/`.
    pub bytes: &'static [u8],
    /// The media type, with its charset.
    pub content_type: &'static str,
    name: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A file's name in pages, its content, its type.
const FILES: [(&str, &[u8], &str); 6] = [
    ("portico.css", include_bytes!("../../../static/css/portico.css"), CSS),
    ("playground.css", include_bytes!("../../../static/css/playground.css"), CSS),
    ("show-password.js", include_bytes!("../../../static/js/show-password.js"), JS),
    ("form-post.js", include_bytes!("../../../static/js/form-post.js"), JS),
    ("favicon.svg", include_bytes!("../../../static/img/favicon.svg"), SVG),
    ("logo.svg", include_bytes!("../../../static/img/logo.svg"), SVG),
];

static ASSETS: LazyLock<Vec<Asset>> =
    LazyLock::new(|| FILES.iter().map(|(name, bytes, kind)| asset(name, bytes, kind)).collect());

/// Every static file.
pub fn all() -> &'static [Asset] {
    &ASSETS
}

/// The file at an address below `public_url`; `None` for an unknown name and for a hash of another version.
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// The address of a file by its name in `static/`; an unknown name gives the folder, which answers 404
/// and which a test looks for on every page.
pub fn path(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or(PREFIX, |asset| asset.path.as_str())
}

fn asset(name: &'static str, bytes: &'static [u8], content_type: &'static str) -> Asset {
    let digest = digest::digest(&digest::SHA256, bytes);
    let hash: String = URL_SAFE_NO_PAD.encode(digest).chars().take(12).collect();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    Asset { path: format!("{PREFIX}{stem}.{hash}.{extension}"), bytes, content_type, name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_under_their_hashed_name_only() {
        let css = path("portico.css");
        assert!(css.starts_with("/static/portico.") && css.ends_with(".css") && css.len() > 30, "{css}");
        assert_eq!(find(css).map(|asset| asset.content_type), Some(CSS));
        for wrong in ["/static/portico.css", "/static/", "/static/../Cargo.toml", "portico.css"] {
            assert!(find(wrong).is_none(), "{wrong}");
        }
        assert_eq!(path("none.css"), PREFIX);
        assert_eq!(all().len(), FILES.len());
    }

    #[test]
    fn style_sheets_load_nothing_from_elsewhere() {
        for asset in all().iter().filter(|asset| asset.content_type == CSS) {
            let text = std::str::from_utf8(asset.bytes).unwrap();
            assert!(!text.contains("url(") && !text.contains("@import"), "{}", asset.path);
        }
    }
}
