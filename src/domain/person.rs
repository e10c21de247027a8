//! People by their names, as long as names are all that the book has of them.
//!
//! Two spellings of a name are one person: `Wang`, `wang` and `ＷＡＮＧ`; `李砚秋`, `李 砚秋` and `李砚秋。`;
//! Latin `A` and the letter of another script that looks like it. Who compares people asks here and
//! never compares the texts, so that a register of people can answer in this module later.

use crate::problem::Problem;
use compact_str::CompactString;
use unicode_normalization::UnicodeNormalization as _;
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::mixed_script::AugmentedScriptSet;

/// True when two names name one person. Cost: none for equal names and for names in common hanzi.
pub fn same(one: &str, other: &str) -> bool {
    one == other || !(is_plain(one) && is_plain(other)) && key(one) == key(other)
}

/// True when both are named, and are one person.
pub fn same_named(one: Option<&CompactString>, other: Option<&CompactString>) -> bool {
    one.zip(other).is_some_and(|(one, other)| same(one, other))
}

/// What all spellings of a name have in common: compatibility forms, case, blanks and marks are
/// gone, and letters that look alike are one letter. Hanzi are kept as they are, because 土 and 士
/// look alike and are two names.
pub fn key(name: &str) -> String {
    let wide = fold(name.nfkc());
    let alike: String = wide
        .chars()
        .flat_map(|c| -> Vec<char> {
            if c.script() == Script::Han {
                return vec![c];
            }
            unicode_security::skeleton(c.encode_utf8(&mut [0; 4])).collect()
        })
        .collect();
    fold(alike.nfkc())
}

/// Letters and digits without case. Through the upper case, so that ß is ss.
fn fold(text: impl Iterator<Item = char>) -> String {
    let letters = text.filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Common hanzi have no other form, no case and no letter of another script that looks like them.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// A name is one that people can tell from others: it has a letter or digit, and its letters are of
/// one script, or hanzi with Latin ones (the "highly restrictive" level of UTS 39).
///
/// # Errors
/// `person-empty`, `person-scripts`.
pub fn check(role: &'static str, name: &str) -> Result<(), Problem> {
    if is_plain(name) && !name.is_empty() {
        return Ok(());
    }
    let wide: String = name.nfkc().collect();
    let problem = |code| Problem::data(code).with("field", role).with("person", name);
    if !wide.chars().any(char::is_alphanumeric) {
        return Err(problem("person-empty").in_column(role));
    }
    let other: String = wide.chars().filter(|c| c.script() != Script::Latin).collect();
    let (all, rest) = (AugmentedScriptSet::for_str(&wide), AugmentedScriptSet::for_str(&other));
    if all.is_empty() && !(rest.hanb || rest.jpan || rest.kore) {
        return Err(problem("person-scripts").in_column(role));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_are_one_person() {
        let people: [&[&str]; 7] = [
            &["Wang", "wang", "WANG", "Ｗａｎｇ", " wang", "W.ang", "Wang-", "wаng"],
            &["李砚秋", "李 砚秋", "李砚秋。", "李\u{3000}砚秋", "（李砚秋）"],
            &["A", "Ａ", "a", "А", "Α"],
            &["李士杰"],
            &["李土杰"],
            &["Strauß", "STRAUSS"],
            &["阿布都·热合曼", "阿布都热合曼"],
        ];
        for (number, one) in people.iter().enumerate() {
            for (other_number, other) in people.iter().enumerate() {
                for (first, second) in one.iter().flat_map(|a| other.iter().map(move |b| (a, b))) {
                    let expected = number == other_number;
                    assert_eq!(same(first, second), expected, "{first} and {second}");
                }
            }
        }
    }

    #[test]
    fn letters_of_scripts_that_look_alike_are_refused() {
        for sound in [
            "李砚秋",
            "Wang",
            "王Tom",
            "Ａ1",
            "Андрей",
            "阿布都·热合曼",
            "9",
            "張三 (代)",
            "ئەخمەت",
        ] {
            assert_eq!(check("maker", sound), Ok(()), "{sound}");
        }
        for (name, code) in [
            ("Wаng", "person-scripts"),
            ("李А", "person-scripts"),
            ("Αnna", "person-scripts"),
            ("。", "person-empty"),
            ("-", "person-empty"),
            ("", "person-empty"),
        ] {
            assert_eq!(check("maker", name).unwrap_err().code, code, "{name}");
        }
    }
}
