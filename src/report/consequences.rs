//! Consequences of recorded events, in words and as data.

use crate::domain::consequence::{Code, Consequence, Consequences};
use crate::domain::json::Writer;
use crate::report::locale::Locale;
use crate::report::table::Cell;

/// Arguments whose value is a word of a closed list.
const WORDS: &[&str] = &["fund", "kind", "ratio"];

/// One consequence with its wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The consequence.
    pub told: Consequence,
    /// The sentence in the language of the report.
    pub text: String,
}

impl Said {
    fn new(told: Consequence, locale: &Locale) -> Self {
        let entry = told.entry.to_string();
        let mut args: Vec<(&str, String)> = vec![
            ("entry", entry.clone()),
            ("owner", told.owner.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("name", told.name.clone().unwrap_or_default()),
        ];
        for (name, value) in &told.facts {
            let is_word = WORDS.contains(name);
            args.push((name, if is_word { locale.word(value) } else { value.clone() }));
        }
        let args: Vec<(&str, &str)> =
            args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = locale.text(&format!("set-off-{}", told.code.code()), &args);
        Self { told, text }
    }

    /// Its line in the answer to the user.
    pub fn line(&self, locale: &Locale) -> String {
        let entry = self.told.entry.to_string();
        let key = if self.told.code == Code::AndMore { "set-off-more" } else { "set-off" };
        locale.text(key, &[("entry", &entry), ("text", &self.text)])
    }

    /// Writes its members in JSON.
    pub(super) fn write(&self, writer: &mut Writer<'_>) {
        writer.begin_object();
        writer.key("code");
        writer.string(self.told.code.code());
        writer.key("entry");
        writer.integer(self.told.entry);
        for (key, value) in
            [("owner", self.told.owner.as_deref()), ("name", self.told.name.as_deref())]
        {
            writer.key(key);
            match value {
                Some(value) => writer.string(value),
                None => writer.raw(b"null"),
            }
        }
        writer.key("numbers");
        writer.begin_object();
        for (name, value) in &self.told.facts {
            writer.key(name);
            writer.string(value);
        }
        writer.end_object();
        writer.key("text");
        writer.string(&self.text);
        writer.end_object();
    }
}

/// The cell that holds the consequences of a command.
pub fn cell(found: Consequences, locale: &Locale) -> Cell {
    Cell::SetOff(found.listed().into_iter().map(|told| Said::new(told, locale)).collect())
}
