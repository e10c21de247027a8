//! Settings files in TOML: `book.toml`, mappings, profiles of bank statements.

use crate::intake::decode::read_text;
use crate::limits::SETTINGS_BYTES_MAX;
use crate::problem::Problem;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads a settings file.
///
/// # Errors
/// `settings-syntax` with the parser's text and the line; the errors of [`read_text`].
pub fn read_settings<T: DeserializeOwned>(path: &Path) -> Result<T, Problem> {
    let text = read_text(path, SETTINGS_BYTES_MAX)?;
    parse_settings(&text).map_err(|problem| problem.in_file(path.display().to_string()))
}

/// Reads a settings text.
///
/// # Errors
/// `settings-syntax`.
pub fn parse_settings<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error| {
        let problem = problem(error.message().trim_end());
        match error.span() {
            Some(span) => {
                let before = text.get(..span.start).unwrap_or_default();
                problem.in_row(before.matches('\n').count() as u64 + 1)
            }
            None => problem,
        }
    })
}

/// Converts the parser's text for an unknown or a missing key into problems of this program, which
/// have a wording in each language.
fn problem(detail: &str) -> Problem {
    let mut names = detail.split('`').skip(1).step_by(2);
    match names.next() {
        Some(key) if detail.starts_with("unknown field") => Problem::data("key-unknown")
            .with("key", key)
            .with("nearest", crate::domain::field::nearest(key, names).unwrap_or("-")),
        Some(key) if detail.starts_with("missing field") => {
            Problem::data("field-missing").with("field", key)
        }
        _ => Problem::data("settings-syntax").with("detail", detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[allow(dead_code)]
        name: String,
    }

    #[test]
    fn names_the_line() {
        let problem = parse_settings::<Sample>("name = \"x\"\n\nnmae = 1\n").unwrap_err();
        assert_eq!((problem.code, problem.place.row), ("key-unknown", Some(3)));
        assert_eq!((problem.arg("key"), problem.arg("nearest")), (Some("nmae"), Some("name")));
        assert_eq!(parse_settings::<Sample>("").unwrap_err().arg("field"), Some("name"));
        assert!(parse_settings::<Sample>("name = 'x'").is_ok());
    }
}
