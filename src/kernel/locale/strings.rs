//! The texts: Fluent messages from `locales/*.ftl`, parsed once.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use super::Locale;

/// Isolates a text of either direction from the sentence around it (UAX #9 §2.4.1).
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
/// Ends the isolate.
const POP_ISOLATE: char = '\u{2069}';

/// Something a message speaks of.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// A text, put in as it is; the template escapes it.
    Text(&'a str),
    /// A count, so that the message can choose the right plural.
    Number(u64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<Vec<(Locale, Bundle)>> =
    LazyLock::new(|| Locale::ALL.into_iter().map(|locale| (locale, bundle(locale))).collect());

/// A message in a locale, with its variables filled in. A message missing there is told in English; a key
/// that no file has comes back as `⟦key⟧`, which a test looks for on every page.
pub fn tr(locale: Locale, key: &str, values: &[(&str, Value<'_>)]) -> String {
    in_locale(locale, key, values)
        .or_else(|| in_locale(Locale::En, key, values))
        .unwrap_or_else(|| format!("⟦{key}⟧"))
}

fn in_locale(locale: Locale, key: &str, values: &[(&str, Value<'_>)]) -> Option<String> {
    let (_, bundle) = BUNDLES.iter().find(|(known, _)| *known == locale)?;
    let pattern = bundle.get_message(key)?.value()?;
    let mut args = FluentArgs::with_capacity(values.len());
    for (name, value) in values {
        match value {
            Value::Text(text) => args.set(*name, isolated(locale, text)),
            Value::Number(number) => args.set(*name, *number),
        }
    }
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&args), &mut errors);
    debug_assert!(errors.is_empty(), "{key} in {}: {errors:?}", locale.tag());
    Some(text.into_owned())
}

/// Wraps a text whose direction may differ from the sentence's. Fluent could wrap all of them; the marks
/// are left out where they change nothing, so that plain English stays plain for search and for tests.
/// Direction marks inside the text are dropped: they could end the isolate and turn the sentence.
fn isolated(locale: Locale, text: &str) -> String {
    let text: String = text.chars().filter(|c| !turns_direction(*c)).collect();
    if locale.dir() == "rtl" || text.chars().any(is_right_to_left) {
        format!("{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}")
    } else {
        text
    }
}

/// The characters of the right-to-left blocks.
fn is_right_to_left(c: char) -> bool {
    matches!(u32::from(c), 0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefc
        | 0x1_0800..=0x1_0fff | 0x1_e800..=0x1_efff)
}

/// Explicit embeddings, overrides and isolates (UAX #9 §2).
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn bundle(locale: Locale) -> Bundle {
    // What does not parse is left out here and found by the tests below, never by a person.
    let resource = FluentResource::try_new(locale.source().to_owned()).unwrap_or_else(|(part, _)| part);
    let language: LanguageIdentifier = locale.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Key → the variables its message names.
    fn keys(source: &str) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut key = "";
        for line in source.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            if !line.starts_with([' ', '}']) {
                key = line.split_once(" =").expect("a message").0;
                assert!(found.insert(key, BTreeSet::new()).is_none(), "{key} is there twice");
            }
            let names = line.split('$').skip(1).map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
            });
            found.get_mut(key).expect("a key before its text").extend(names);
        }
        found
    }

    #[test]
    fn every_language_says_the_same_things_with_the_same_variables() {
        let english = keys(Locale::En.source());
        for locale in Locale::ALL {
            assert!(FluentResource::try_new(locale.source().to_owned()).is_ok(), "{}", locale.tag());
            assert_eq!(keys(locale.source()), english, "{}", locale.tag());
        }
    }

    #[test]
    fn every_message_formats_in_every_language() {
        for locale in Locale::ALL {
            for (key, names) in keys(locale.source()) {
                for count in [0, 1, 2, 3, 11, 100] {
                    let values: Vec<_> = names
                        .iter()
                        .map(|name| match *name {
                            "count" => (*name, Value::Number(count)),
                            name => (name, Value::Text("Fjord")),
                        })
                        .collect();
                    let text = tr(locale, key, &values);
                    assert!(!text.contains(['⟦', '{', '$']), "{key} in {}: {text}", locale.tag());
                }
            }
        }
    }

    #[test]
    fn a_name_cannot_turn_the_sentence_around() {
        let text = tr(Locale::En, "login-title-app", &[("app", "متجر".into())]);
        assert!(text.contains("\u{2068}متجر\u{2069}"), "{text}");
        assert!(!tr(Locale::En, "login-title-app", &[("app", "Shop".into())]).contains('\u{2068}'));
        assert!(
            tr(Locale::Ar, "login-title-app", &[("app", "Shop".into())]).contains("\u{2068}Shop\u{2069}")
        );
        let turned = tr(Locale::En, "login-title-app", &[("app", "Shop\u{2069}\u{202e}".into())]);
        assert_eq!(turned, "Sign in to Shop");
        assert_eq!(tr(Locale::De, "no-such-key", &[]), "⟦no-such-key⟧");
    }
}
