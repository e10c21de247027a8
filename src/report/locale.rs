//! All wordings, in Chinese and in English.
//!
//! The wordings are in `locale/zh-CN.ftl` and `locale/en.ftl` (Fluent syntax) and are built into
//! the program. Amounts, dates and names are formatted before they come here and are passed as
//! text, because no language rule may change a figure.

use crate::domain::account::Account;
use fluent_bundle::resolver::errors::{ReferenceKind, ResolverError};
use fluent_bundle::{FluentArgs, FluentBundle, FluentError, FluentResource};

/// A language of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Chinese (zh-CN), the language of the users.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Lang {
    /// The words of the option.
    pub const WORDS: &'static [&'static str] = &["zh", "en"];

    /// The language for an option's word: `zh`, `zh-CN`, `en`, `en-US` and the like.
    pub fn parse(text: &str) -> Option<Self> {
        let tag = text.split(['-', '_', '.', '@']).next().unwrap_or_default();
        match tag.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The language that a POSIX locale such as `zh_CN.UTF-8` selects. `C`, `POSIX` and an empty
    /// locale select the default, Chinese; any language other than Chinese gives English.
    pub fn of_environment(locale: Option<&str>) -> Self {
        let tag = locale.unwrap_or_default().split(['_', '.', '@']).next().unwrap_or_default();
        match tag {
            "" | "C" | "POSIX" => Self::default(),
            tag => Self::parse(tag).unwrap_or(Self::English),
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::Chinese => include_str!("locale/zh-CN.ftl"),
            Self::English => include_str!("locale/en.ftl"),
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// The wordings of one language.
pub struct Locale {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl Locale {
    /// Reads the built-in wordings. Cost: one pass over some hundred messages, below a millisecond.
    pub fn new(lang: Lang) -> Self {
        let tag = lang.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![tag]);
        // Isolation marks around values are invisible and break terminals, csv and grep.
        bundle.set_use_isolating(false);
        // A malformed message is left out here; the tests below find it.
        let resource = match FluentResource::try_new(lang.source().to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let _ = bundle.add_resource(resource);
        Self { lang, bundle }
    }

    /// The language.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// The wording of a key; the key itself if there is none, so that the user always sees
    /// something.
    pub fn text(&self, key: &str, args: &[(&str, &str)]) -> String {
        self.find(key, None, args).unwrap_or_else(|| key.to_owned())
    }

    /// The wording of a key or of one of its attributes.
    pub fn find(
        &self,
        key: &str,
        attribute: Option<&str>,
        args: &[(&str, &str)],
    ) -> Option<String> {
        let message = self.bundle.get_message(key)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name)?.value(),
            None => message.value()?,
        };
        let mut given = FluentArgs::new();
        for (name, value) in args {
            given.set(*name, *value);
        }
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&given), &mut errors).into_owned();
        if errors.is_empty() {
            return Some(text);
        }
        // A missing value is shown as a dash, not as a placeholder.
        for error in &errors {
            if let FluentError::ResolverError(ResolverError::Reference(ReferenceKind::Variable {
                id,
            })) = error
            {
                given.set(id.clone(), "—");
            }
        }
        Some(self.bundle.format_pattern(pattern, Some(&given), &mut Vec::new()).into_owned())
    }

    /// The label of a word of a closed list or of an event; the word itself if there is none.
    pub fn word(&self, code: &str) -> String {
        ["word", "event"]
            .iter()
            .find_map(|kind| self.find(&format!("{kind}-{code}"), None, &[]))
            .unwrap_or_else(|| code.to_owned())
    }

    /// The label of an event or of a step of a review; the word itself if there is none.
    pub fn event(&self, word: &str) -> String {
        ["event", "word"]
            .iter()
            .find_map(|kind| self.find(&format!("{kind}-{word}"), None, &[]))
            .unwrap_or_else(|| word.to_owned())
    }

    /// The name of an account.
    pub fn account(&self, account: Account) -> &'static str {
        match self.lang {
            Lang::Chinese => account.name_zh(),
            Lang::English => account.name_en(),
        }
    }
}

#[cfg(test)]
mod tests;
