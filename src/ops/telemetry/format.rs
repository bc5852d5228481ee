//! One line per event: JSON for machines, text for a terminal. Every value is escaped, so that one event is
//! one line whatever a stranger put into a user name or a header.

use std::cell::RefCell;
use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::Sink;
use super::escape::{push_escaped, push_quoted, push_time};
use super::redact::{REDACTED, is_sensitive, scrub};
use crate::kernel::{Clock, Timestamp};

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// `time LEVEL target message name=value …`.
    Text,
}

/// Turns events into lines for a [`Sink`].
pub struct LogLayer {
    format: LogFormat,
    sink: Sink,
    clock: Clock,
}

impl LogLayer {
    /// A layer that writes lines of this shape.
    pub fn new(format: LogFormat, sink: Sink) -> Self {
        Self { format, sink, clock: Clock::System }
    }
}

/// The fields of a span, written once when the span is made.
struct SpanFields(Vec<(&'static str, String)>);

thread_local! {
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut collected = Collect(Vec::new());
        attributes.record(&mut collected);
        span.extensions_mut().insert(SpanFields(collected.0));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        if let Some(fields) = extensions.get_mut::<SpanFields>() {
            let mut collected = Collect(std::mem::take(&mut fields.0));
            values.record(&mut collected);
            fields.0 = collected.0;
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        LINE.with(|line| {
            // An event from inside a value's own formatting finds the buffer taken and makes its own.
            let mut buffer =
                line.try_borrow_mut().map(|mut line| std::mem::take(&mut *line)).unwrap_or_default();
            buffer.clear();
            self.line(&mut buffer, event, &context);
            self.sink.write(buffer.as_bytes());
            if let Ok(mut line) = line.try_borrow_mut() {
                *line = buffer;
            }
        });
    }
}

impl LogLayer {
    fn line<S>(&self, line: &mut String, event: &Event<'_>, context: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let meta = event.metadata();
        let mut writer = Writer { line, format: self.format, names: Vec::with_capacity(16) };
        writer.begin(self.clock.now(), meta.level().as_str(), meta.target());
        event.record(&mut writer);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<SpanFields>() {
                for (name, value) in &fields.0 {
                    writer.text(name, value);
                }
            }
        }
        writer.end();
    }
}

/// Writes fields into a line; the first of a name wins, for a JSON object has each name once.
struct Writer<'a> {
    line: &'a mut String,
    format: LogFormat,
    names: Vec<&'static str>,
}

impl Writer<'_> {
    fn begin(&mut self, now: Timestamp, level: &str, target: &str) {
        match self.format {
            LogFormat::Json => self.line.push_str("{\"time\":\""),
            LogFormat::Text => {}
        }
        push_time(self.line, now);
        // Writing to a String cannot fail.
        let _written = match self.format {
            LogFormat::Json => write!(self.line, "\",\"level\":\"{level}\",\"target\":\"{target}\""),
            LogFormat::Text => write!(self.line, " {level:5} {target}"),
        };
    }

    fn end(&mut self) {
        self.line.push_str(match self.format {
            LogFormat::Json => "}\n",
            LogFormat::Text => "\n",
        });
    }

    /// Writes the name; false when the line has it already.
    fn name(&mut self, name: &'static str) -> bool {
        if self.names.contains(&name) {
            return false;
        }
        self.names.push(name);
        let _written = match self.format {
            LogFormat::Json => write!(self.line, ",\"{name}\":"),
            LogFormat::Text if name == "message" => write!(self.line, " "),
            LogFormat::Text => write!(self.line, " {name}="),
        };
        true
    }

    fn text(&mut self, name: &'static str, value: &str) {
        if !self.name(name) {
            return;
        }
        if is_sensitive(name) {
            return push_quoted(self.line, REDACTED);
        }
        let value = scrub(value);
        let plain = self.format == LogFormat::Text
            && (name == "message" || value.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'"'));
        if plain { push_escaped(self.line, &value) } else { push_quoted(self.line, &value) }
    }

    fn bare(&mut self, name: &'static str, value: fmt::Arguments<'_>) {
        if !self.name(name) {
            return;
        }
        if is_sensitive(name) {
            return push_quoted(self.line, REDACTED);
        }
        let _written = self.line.write_fmt(value);
    }
}

impl Visit for Writer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if is_sensitive(field.name()) {
            self.text(field.name(), REDACTED);
        } else {
            self.text(field.name(), &format!("{value:?}"));
        }
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bare(field.name(), format_args!("{value}"));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.bare(field.name(), format_args!("{value}"));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bare(field.name(), format_args!("{value}"));
    }
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.text(field.name(), &value.to_string());
    }
}

/// Collects a span's fields; sensitive ones are not even kept.
struct Collect(Vec<(&'static str, String)>);

impl Visit for Collect {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let shown = if is_sensitive(field.name()) { REDACTED.to_owned() } else { format!("{value:?}") };
        self.0.push((field.name(), shown));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        let shown = if is_sensitive(field.name()) { REDACTED } else { value };
        self.0.push((field.name(), shown.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::super::Metrics;
    use super::super::sink::tests::Page;
    use super::*;

    fn logged(format: LogFormat, events: impl FnOnce()) -> String {
        let page = Page::default();
        let (sink, guard) = Sink::start(Box::new(page.clone()), Metrics::new()).unwrap();
        let subscriber = tracing_subscriber::registry().with(LogLayer::new(format, sink));
        tracing::subscriber::with_default(subscriber, events);
        drop(guard);
        page.text()
    }

    #[test]
    fn a_190_one_event_is_one_line_of_json() {
        let evil = "a\r\n{\"level\":\"ERROR\"}\u{1b}[31m</script>\u{85}\u{202e}\"\\";
        let text = logged(LogFormat::Json, || {
            tracing::info!(user_name = evil, display = %evil, debug = ?evil, "{evil}");
        });
        assert_eq!(text.lines().count(), 1);
        assert!(!text.trim_end().chars().any(char::is_control) && !text.contains('<'));
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["user_name"], &line["message"]), (&evil.into(), &evil.into()));
        let text = logged(LogFormat::Text, || tracing::warn!(user_name = evil, "{evil}"));
        assert_eq!(text.lines().count(), 1);
        assert!(!text.trim_end().chars().any(char::is_control), "{text}");
    }

    #[test]
    fn a_191_secret_fields_and_values_are_withheld() {
        let text = logged(LogFormat::Json, || {
            let span = tracing::info_span!("s", client_secret = "canary1", operation_id = "op", token = 7);
            let _inside = span.enter();
            let jwt = "eyJhbGciOiJFUzI1NiJ9.canary5.c2ln";
            tracing::info!(password = "canary2", code = ?"canary3", otp = 424_242, path = "/x", "got {jwt}");
        });
        assert!(!text.contains("canary") && !text.contains("424242"), "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["path"], &line["operation_id"]), (&"/x".into(), &"op".into()));
        assert_eq!(line["token"], "[redacted]");
    }

    #[test]
    fn a_name_stands_once_and_the_events_own_wins() {
        let text = logged(LogFormat::Json, || {
            let _inside = tracing::info_span!("s", operation_id = "outer", tenant = "a").entered();
            tracing::info!(operation_id = "inner", status = 200_u64, ok = true, "m");
        });
        assert_eq!(text.matches("operation_id").count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["operation_id"], &line["tenant"]), (&"inner".into(), &"a".into()));
        assert_eq!((&line["status"], &line["ok"]), (&200.into(), &true.into()));
    }
}
