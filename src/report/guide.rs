//! The manuals in both languages, built into the program, so that a new user needs no other files.

use crate::report::Lang;

/// A manual.
#[derive(Debug)]
pub struct Topic {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its Chinese names; lists show the first one.
    pub chinese: &'static [&'static str],
    zh: &'static str,
    en: &'static str,
}

macro_rules! topics {
    ($($name:literal [$($chinese:literal),*] $zh:literal $en:literal;)*) => {
        /// Every manual, in the order in which a new user reads them.
        pub static TOPICS: &[Topic] = &[$(Topic {
            name: $name,
            chinese: &[$($chinese),*],
            zh: include_str!($zh),
            en: include_str!($en),
        }),*];
    };
}

topics! {
    "finance" ["财务", "财务人员", "记账"]
        "../notes/manual/zh/finance.md" "../notes/manual/en/finance.md";
    "statements" ["对账单", "对账", "银行对账", "银行对账单"]
        "../notes/manual/zh/statements.md" "../notes/manual/en/statements.md";
    "bureau" ["科技局"] "../notes/manual/zh/bureau.md" "../notes/manual/en/bureau.md";
    "audit" ["审计", "审计人员"] "../notes/manual/zh/audit.md" "../notes/manual/en/audit.md";
    "installing" ["安装", "安装和设置"]
        "../notes/manual/zh/installing.md" "../notes/manual/en/installing.md";
    "developing" ["开发", "开发人员"]
        "../notes/manual/zh/developing.md" "../notes/manual/en/developing.md";
    "glossary" ["术语", "术语表"] "../notes/glossary.md" "../notes/glossary.md";
}

impl Topic {
    /// The text in a language, ending with a line break.
    pub fn text(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Chinese => self.zh,
            Lang::English => self.en,
        }
    }

    /// The heading of the text.
    pub fn title(&self, lang: Lang) -> &'static str {
        let first = self.text(lang).lines().next().unwrap_or_default();
        first.trim_start_matches('#').trim()
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.chinese.iter().copied())
    }
}

/// The manual with a name, in either language.
pub fn find(name: &str) -> Option<&'static Topic> {
    let name = name.trim();
    TOPICS.iter().find(|topic| topic.names().any(|own| own.eq_ignore_ascii_case(name)))
}

/// Every name that is accepted.
pub fn names() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().flat_map(Topic::names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_finds_its_manual_and_no_other() {
        let mut seen = BTreeSet::new();
        for topic in TOPICS {
            for name in topic.names() {
                assert!(seen.insert(name), "{name} stands twice");
                assert_eq!(find(name).unwrap().name, topic.name);
            }
        }
        assert_eq!(find(" Audit ").unwrap().name, "audit");
        assert!(find("aud").is_none());
    }

    #[test]
    fn every_manual_has_a_title_and_fits_a_cell_of_a_workbook() {
        for topic in TOPICS {
            for lang in [Lang::Chinese, Lang::English] {
                let text = topic.text(lang);
                assert!(text.starts_with("# ") && text.ends_with('\n'), "{}", topic.name);
                assert!(!topic.title(lang).is_empty());
                assert!(text.encode_utf16().count() < 32_767, "{} is too long", topic.name);
            }
        }
    }
}
