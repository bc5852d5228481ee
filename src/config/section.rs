//! `section!`: one declaration that yields a struct, its defaults and a walk over its settings.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::address::Listen;
use super::value::Setting;

/// A struct whose fields are settings or further sections.
pub(crate) trait Section {
    /// Shows every setting of this section, then those of its sub-sections, to `visitor`.
    /// `at` is the section's own dotted path, empty for the top of the file.
    fn visit<V: Visitor>(&mut self, at: &str, visitor: &mut V);
}

/// Something done with every setting: load it, print it, describe it.
pub(crate) trait Visitor {
    /// A section begins. `about` is its doc comment, line by line.
    fn section(&mut self, at: &str, about: &'static [&'static str]);
    /// One setting and its current value.
    fn setting<T: Setting>(&mut self, spec: &Spec<'_, T>, value: &mut T);
}

/// What `section!` knows about a setting besides its value.
pub(crate) struct Spec<'a, T> {
    /// Dotted path of the section, empty at the top.
    pub at: &'a str,
    /// The key inside the section.
    pub name: &'static str,
    /// The doc comment, line by line.
    pub doc: &'static [&'static str],
    /// Which values are allowed, where the type alone does not say so.
    pub bounds: Option<&'a dyn Bounds<T>>,
}

impl<T: Setting> Spec<'_, T> {
    /// The dotted path: `server.tls.certificate`.
    pub fn path(&self) -> String {
        join(self.at, self.name)
    }

    /// Refuses a value outside the bounds. Secrets are not repeated.
    pub fn check(&self, value: T) -> Result<T, String> {
        match self.bounds {
            Some(bounds) if !bounds.admit(&value) => {
                Err(format!("{} is out of range, expected {}", value.show(), bounds.describe()))
            }
            _ => Ok(value),
        }
    }
}

/// Which values of a type a setting admits.
pub(crate) trait Bounds<T> {
    /// Whether `value` is allowed.
    fn admit(&self, value: &T) -> bool;
    /// For the reference and for messages: `1 to 1000`.
    fn describe(&self) -> String;
}

impl<T: Setting + PartialOrd> Bounds<T> for RangeInclusive<T> {
    fn admit(&self, value: &T) -> bool {
        self.contains(value)
    }

    fn describe(&self) -> String {
        let plain = |value: &T| value.show().replace('"', "");
        format!("{} to {}", plain(self.start()), plain(self.end()))
    }
}

/// Exactly these values.
pub(crate) struct OneOf<T: 'static>(pub &'static [T]);

impl<T: Setting + PartialEq> Bounds<T> for OneOf<T> {
    fn admit(&self, value: &T) -> bool {
        self.0.contains(value)
    }

    fn describe(&self) -> String {
        self.0.iter().map(Setting::show).collect::<Vec<_>>().join(" or ")
    }
}

/// Anything but nothing.
pub(crate) struct NotEmpty;

impl Bounds<PathBuf> for NotEmpty {
    fn admit(&self, value: &PathBuf) -> bool {
        !value.as_os_str().is_empty()
    }

    fn describe(&self) -> String {
        "not empty".to_owned()
    }
}

impl Bounds<Listen> for NotEmpty {
    fn admit(&self, value: &Listen) -> bool {
        !value.is_off()
    }

    fn describe(&self) -> String {
        "not empty".to_owned()
    }
}

/// Lets the literals of a range take the type of its setting.
pub(crate) fn bounds<T, B: Bounds<T>>(bounds: &B) -> &dyn Bounds<T> {
    bounds
}

/// Appends a key to a dotted path.
pub(crate) fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// Declares a section: `key: Type = default, within BOUNDS;` with a doc comment each, then optionally
/// `sections { name: Struct; }`. The doc comments are the operator's manual; write them for operators.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        pub struct $Section:ident {
            $(
                $(#[doc = $doc:literal])+
                $name:ident: $Type:ty = $default:expr $(, within $bounds:expr)?;
            )*
        }
        $(sections { $($sub:ident: $Sub:ty;)+ })?
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $Section {
            $($(#[doc = $doc])+ pub $name: $Type,)*
            $($(#[doc = concat!("Section `", stringify!($sub), "`.")] pub $sub: $Sub,)+)?
        }

        impl Default for $Section {
            fn default() -> Self {
                Self {
                    $($name: $default,)*
                    $($($sub: <$Sub>::default(),)+)?
                }
            }
        }

        impl $crate::config::section::Section for $Section {
            fn visit<V: $crate::config::section::Visitor>(&mut self, at: &str, visitor: &mut V) {
                visitor.section(at, &[$($about),+]);
                $(visitor.setting(
                    &$crate::config::section::Spec {
                        at,
                        name: stringify!($name),
                        doc: &[$($doc),+],
                        bounds: None$(.or(Some($crate::config::section::bounds(&$bounds))))?,
                    },
                    &mut self.$name,
                );)*
                $($($crate::config::section::Section::visit(
                    &mut self.$sub,
                    &$crate::config::section::join(at, stringify!($sub)),
                    visitor,
                );)+)?
            }
        }
    };
}
