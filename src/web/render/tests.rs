//! What must hold for every page in every language, and for hostile values in every field.

use std::collections::BTreeSet;
use std::path::Path;

use super::samples::{samples, with};
use super::{assets, safe_link};

/// A tag of a document: its name and attributes. Reads what our templates write: names in lower case,
/// every value in double quotes.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Tag<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.unwrap_or(""))
    }
}

fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let name_end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"/!".contains(c)).expect("a tag");
        let (name, mut inside) = rest.split_at(name_end);
        let mut attributes = Vec::new();
        loop {
            inside = inside.trim_start();
            if let Some(after) = inside.strip_prefix("/>").or_else(|| inside.strip_prefix('>')) {
                rest = after;
                break;
            }
            let end = inside.find(['=', ' ', '\n', '>', '/']).expect("the end of an attribute");
            let (attribute, after) = inside.split_at(end);
            assert!(!attribute.is_empty(), "no attribute where one is due: {after:.60}");
            if let Some(value) = after.strip_prefix("=\"") {
                let (value, after) = value.split_once('"').expect("a closing quote");
                attributes.push((attribute, Some(value)));
                inside = after;
            } else {
                assert!(!after.starts_with('='), "an unquoted value: {attribute}{after:.40}");
                attributes.push((attribute, None));
                inside = after;
            }
        }
        found.push(Tag { name, attributes });
    }
    found
}

#[test]
fn every_page_is_sound_in_every_language() {
    for sample in samples() {
        let (name, tag, html) = (sample.name, sample.locale.tag(), &sample.html);
        let at = format!("{name} in {tag}");
        let tags = tags(html);
        let of = |name: &str| tags.iter().filter(move |tag| tag.name == name).collect::<Vec<_>>();
        assert_eq!(of("h1").len(), 1, "{at}");
        assert_eq!(of("main").len(), 1, "{at}");
        assert_eq!(of("html")[0].get("lang"), Some(tag), "{at}");
        assert_eq!(of("html")[0].get("dir"), Some(sample.locale.dir()), "{at}");
        assert!(of("meta").iter().any(|tag| tag.get("name") == Some("viewport")), "{at}");
        assert!(!html.contains(['⟦', '⟧']), "a missing text on {at}");
        assert!(!html.contains("<title> –"), "{at}");
        let ids: Vec<_> = tags.iter().filter_map(|tag| tag.get("id")).collect();
        assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "an id twice on {at}");
        for described in tags.iter().filter_map(|tag| tag.get("aria-describedby")) {
            assert!(ids.contains(&described), "{described} is not on {at}");
        }
        for input in
            of("input").iter().filter(|tag| tag.get("type") != Some("hidden") && tag.get("hidden").is_none())
        {
            let labelled = of("label").iter().any(|label| label.get("for") == input.get("id"));
            assert!(labelled && input.get("id").is_some(), "an input without label on {at}");
        }
        for form in of("form") {
            assert_eq!(form.get("method"), Some("post"), "{at}");
        }
    }
}

#[test]
fn nothing_needs_more_than_the_content_security_policy_allows() {
    for sample in samples() {
        for tag in tags(&sample.html) {
            let at = format!("<{}> on {}", tag.name, sample.name);
            assert!(tag.name != "style" && tag.name != "iframe", "{at}");
            for (attribute, _) in &tag.attributes {
                assert!(!attribute.starts_with("on") && *attribute != "style", "{attribute} of {at}");
            }
            if tag.name == "script" {
                assert!(tag.get("src").is_some_and(|src| assets::find(src).is_some()), "{at}");
                assert_eq!(tag.get("nonce"), Some("bm9uY2U"), "{at}");
            }
            if tag.name == "link" {
                assert!(tag.get("href").is_some_and(|href| assets::find(href).is_some()), "{at}");
            }
        }
        assert!(!sample.html.contains("<script>"), "{}", sample.name);
    }
}

#[test]
fn hostile_text_stays_text_in_every_field() {
    const ATTACK: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)> javascript:";
    let plain = samples();
    let hostile = with(&|text| format!("{text}{ATTACK}"));
    for (plain, hostile) in plain.iter().zip(&hostile) {
        let at = format!("{} in {}", hostile.name, hostile.locale.tag());
        assert!(!hostile.html.contains("<script>") && !hostile.html.contains("<img"), "{at}");
        assert!(hostile.html.contains("&#60;script&#62;alert(1)"), "{at} shows nothing from outside");
        // The attack adds no tag; links that it made unsafe may be gone.
        let names = |html| tags(html).into_iter().map(|tag| tag.name.to_owned()).collect::<Vec<_>>();
        let (before, after) = (names(&plain.html), names(&hostile.html));
        assert!(after.len() <= before.len() + 2, "{at}: {} tags became {}", before.len(), after.len());
        assert!(after.iter().all(|name| before.contains(name)), "{at}");
    }
}

#[test]
fn links_and_forms_never_run_script() {
    for sample in samples() {
        for target in tags(&sample.html).iter().flat_map(|tag| [tag.get("href"), tag.get("action")]) {
            let target = target.unwrap_or("/");
            assert!(safe_link(target).is_some() || target.starts_with('?'), "{target} on {}", sample.name);
        }
    }
}

#[test]
fn a_014_form_post_values_are_encoded_and_kept() {
    let sample = samples().into_iter().find(|sample| sample.name == "form-post").expect("the sample");
    let tags = tags(&sample.html);
    let state = tags.iter().find(|tag| tag.get("name") == Some("state")).and_then(|tag| tag.get("value"));
    assert_eq!(state, Some("&#34;&#62;&#60;svg onload=x&#62;"));
}

#[test]
fn the_first_view_is_small() {
    let login = samples().into_iter().find(|sample| sample.name == "login").expect("the sample");
    let files = ["portico.css", "show-password.js", "favicon.svg"].map(assets::path);
    let size: usize = files.iter().filter_map(|path| assets::find(path)).map(|asset| asset.bytes.len()).sum();
    assert!(login.html.len() + size < 40_000, "{} + {size} bytes", login.html.len());
}

/// For looking at the pages: `PORTICO_SAMPLES=folder cargo test --lib write_samples -- --ignored`.
#[test]
#[ignore = "writes files for people and browsers to look at"]
fn write_samples() {
    let folder = std::path::PathBuf::from(std::env::var("PORTICO_SAMPLES").expect("PORTICO_SAMPLES"));
    std::fs::create_dir_all(folder.join("static")).expect("the folder");
    for asset in assets::all() {
        std::fs::write(folder.join(asset.path.trim_start_matches('/')), asset.bytes).expect("a file");
    }
    for (at, sample) in samples().into_iter().enumerate() {
        let name = format!("{}.{}.{at:03}.html", sample.name, sample.locale.tag());
        std::fs::write(folder.join(name), sample.html).expect("a page");
    }
}

/// Every text of a folder's files, for finding where keys are used.
fn sources(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "html" || end == "txt") {
            all.push_str(&std::fs::read_to_string(&path).expect("a text"));
        }
    }
}

#[test]
fn every_text_is_used_and_every_used_text_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let english = std::fs::read_to_string(root.join("locales/en.ftl")).expect("the English file");
    let keys: BTreeSet<&str> = english
        .lines()
        .filter(|line| !line.starts_with([' ', '#', '}']))
        .filter_map(|line| line.split_once(" =").map(|(key, _)| key))
        .collect();
    let mut used = String::new();
    sources(&root.join("templates"), &mut used);
    let templates = used.len();
    sources(&root.join("src"), &mut used);
    for key in &keys {
        assert!(used.contains(&format!("\"{key}\"")), "nothing uses {key}");
    }
    for call in ["page.t(\"", "page.t1(\"", "page.tn(\""] {
        for rest in used[..templates].split(call).skip(1) {
            let key = rest.split('"').next().unwrap_or_default();
            assert!(keys.contains(key), "no text for {key}");
        }
    }
}

/// The relative luminance of `#rrggbb` (WCAG 2.2).
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour")) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn colours_keep_their_contrast_in_light_and_dark() {
    let css = include_str!("../../../static/css/portico.css");
    let blocks: Vec<&str> =
        css.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    assert_eq!(blocks.len(), 2, "light and dark");
    for (block, name) in blocks.iter().zip(["light", "dark"]) {
        let colour = |token: &str| {
            let (_, rest) = block.split_once(&format!("--pt-{token}: #")).expect(token);
            luminance(&format!("#{}", &rest[..6]))
        };
        let text = [
            ("text", "card"),
            ("text", "ground"),
            ("muted", "card"),
            ("muted", "ground"),
            ("link", "card"),
            ("link", "ground"),
            ("on-accent", "accent"),
            ("on-accent", "accent-strong"),
            ("on-soft", "soft"),
            ("text", "soft"),
            ("muted", "soft"),
            ("danger", "card"),
            ("danger", "danger-soft"),
            ("text", "danger-soft"),
            ("good", "card"),
        ];
        let edges = [("edge", "card"), ("accent", "card"), ("link", "card"), ("danger", "card")];
        let least = text.map(|pair| (pair, 4.5)).into_iter().chain(edges.map(|pair| (pair, 3.0)));
        for ((front, back), least) in least {
            let (a, b) = (colour(front), colour(back));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= least, "{front} on {back}, {name}: {contrast:.2}");
        }
    }
}
