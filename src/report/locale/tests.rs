//! Both languages have the same messages, and a message for every code.

use super::*;
use crate::domain::event::{COMMON_FIELDS, VOCABULARY};
use crate::domain::field::FieldKind;
use crate::report::shapes;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
use std::collections::{BTreeMap, BTreeSet};

/// Every message and attribute of a language with the variables that it uses.
fn wordings(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let resource = fluent_syntax::parser::parse(lang.source()).unwrap_or_else(|(_, errors)| {
        panic!("{}: {errors:?}", lang.tag());
    });
    let mut found = BTreeMap::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let mut put = |key: String, pattern: &fluent_syntax::ast::Pattern<&str>| {
            let again = found.insert(key.clone(), variables(&pattern.elements));
            assert!(again.is_none(), "{}: `{key}` stands twice", lang.tag());
        };
        if let Some(value) = &message.value {
            put(message.id.name.to_owned(), value);
        }
        for attribute in &message.attributes {
            put(format!("{}.{}", message.id.name, attribute.id.name), &attribute.value);
        }
    }
    found
}

fn variables(elements: &[PatternElement<&str>]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for element in elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => found.extend(variable(inline)),
            Expression::Select { selector, variants } => {
                found.extend(variable(selector));
                for variant in variants {
                    found.extend(variables(&variant.value.elements));
                }
            }
        }
    }
    found
}

fn variable(expression: &InlineExpression<&str>) -> Option<String> {
    match expression {
        InlineExpression::VariableReference { id } => Some(id.name.to_owned()),
        _ => None,
    }
}

#[test]
fn both_languages_say_the_same_things() {
    let (chinese, english) = (wordings(Lang::Chinese), wordings(Lang::English));
    let keys = |map: &BTreeMap<String, _>| map.keys().cloned().collect::<BTreeSet<_>>();
    let (zh, en) = (keys(&chinese), keys(&english));
    assert_eq!(zh.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "only in Chinese");
    assert_eq!(en.difference(&zh).collect::<Vec<_>>(), Vec::<&String>::new(), "only in English");
    for (key, variables) in &chinese {
        assert_eq!(variables, &english[key], "{key}");
    }
}

#[test]
fn every_problem_is_worded_in_three_parts() {
    let wordings = wordings(Lang::English);
    let mut missing = BTreeSet::new();
    let codes = codes_in_sources();
    assert!(codes.contains("field-unknown"));
    assert!(codes.len() > 25, "the scan of the sources finds too little: {codes:?}");
    for code in codes {
        for key in [code.clone(), format!("{code}.why"), format!("{code}.next")] {
            if !wordings.contains_key(&key) {
                missing.insert(key);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The codes that are literals in the sources: in the constructors of a problem, and in the `code`
/// tables of error types.
fn codes_in_sources() -> BTreeSet<String> {
    let reasons = crate::domain::refusal::Reason::ALL.iter();
    let mut codes: BTreeSet<String> = reasons.map(|reason| reason.code().to_owned()).collect();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(".rs")
                // Tests may invent codes.
                && !path.to_string_lossy().ends_with("tests.rs")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                codes_in(&text, &mut codes);
            }
        }
    }
    codes
}

fn codes_in(text: &str, codes: &mut BTreeSet<String>) {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    for start in ["Problem::new(", "Problem::data(", "Problem::refused(", "refused(", "wrong("] {
        for rest in text.split(start).skip(1) {
            if let Some(literal) = rest.trim_start().strip_prefix('"') {
                let code = literal.split('"').next().unwrap_or_default();
                let kebab = code.chars().all(|c| c == '-' || c.is_ascii_lowercase());
                // `refused` and `wrong` are local helpers that also accept other texts.
                if start.starts_with("Problem") || (kebab && code.contains('-')) {
                    codes.insert(code.to_owned());
                }
            }
        }
    }
    for block in text.split("\nimpl ").skip(1) {
        let name = block.split([' ', '<', '{']).next().unwrap_or_default();
        if !(name.ends_with("Error") || name.ends_with("Refusal")) {
            continue;
        }
        for body in block.split("fn code(self)").skip(1) {
            let body = body.split("\n    }\n").next().unwrap_or_default();
            for literal in body.split("=> \"").skip(1) {
                codes.extend(literal.split('"').next().map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_event_field_column_and_word_has_a_label() {
    let wordings = wordings(Lang::English);
    let mut missing = BTreeSet::new();
    let mut need = |key: String| {
        if !wordings.contains_key(&key) {
            missing.insert(key);
        }
    };
    for known in VOCABULARY {
        let (word, own) = (known.word, known.fields);
        need(format!("event-{word}"));
        for spec in own.iter().chain(COMMON_FIELDS) {
            need(format!("field-{}", spec.name));
            if let FieldKind::Word(words) = spec.kind {
                words.iter().for_each(|word| need(format!("word-{word}")));
            }
        }
    }
    for shape in shapes::all() {
        need(format!("report-{}", shape.name));
        let sections = shape.sections.iter();
        sections.clone().for_each(|(key, _)| need(format!("section-{key}")));
        for column in
            shape.meta.iter().chain(shape.rows).chain(sections.flat_map(|(_, columns)| *columns))
        {
            need(format!("label-{}", column.key));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_environment_decides_when_nothing_is_asked_for() {
    for (locale, lang) in [
        (None, Lang::Chinese),
        (Some(""), Lang::Chinese),
        (Some("C.UTF-8"), Lang::Chinese),
        (Some("POSIX"), Lang::Chinese),
        (Some("zh_CN.GB18030"), Lang::Chinese),
        (Some("en_US.UTF-8"), Lang::English),
        (Some("de_DE"), Lang::English),
    ] {
        assert_eq!(Lang::of_environment(locale), lang, "{locale:?}");
    }
    assert_eq!(Lang::parse("zh-CN"), Some(Lang::Chinese));
    assert_eq!(Lang::parse("fr"), None);
}

#[test]
fn values_stand_in_the_text_without_hidden_marks() {
    let locale = Locale::new(Lang::Chinese);
    let text = locale.text("amount-format", &[("text", "1e3"), ("field", "amount")]);
    assert!(text.contains("1e3") && !text.contains('\u{2068}'), "{text}");
    let text = locale.text("amount-format", &[]);
    assert!(text.contains('—') && !text.contains('$'), "{text}");
}
