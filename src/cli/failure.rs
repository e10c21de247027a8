//! Early end of a command: problems in three parts with their codes, and the exit code.

use crate::cli::output::Output;
use poolbook::problem::{Exit, Problem};
use poolbook::report::message::{Message, problem_json};
use poolbook::report::{Format, Lang, Locale};
use std::sync::Mutex;

/// Most problems printed; further ones are counted. A folder reports a hundred and one more with a
/// count.
const SHOWN_MAX: usize = 101;

/// The reason why a command ended early.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    problems: Vec<Problem>,
}

impl Failure {
    /// An end without a message.
    pub fn quiet(exit: Exit) -> Self {
        Self { exit, problems: Vec::new() }
    }

    /// Returns true if the book can still be read: another process holds it, or it cannot be
    /// written.
    pub fn allows_reading(&self) -> bool {
        self.problems.iter().any(|is| is.exit == Exit::Busy || is.code == "read-only")
    }

    /// Prints to stderr and returns the exit code.
    pub fn print(&self, output: &Output) -> Exit {
        for problem in self.problems.iter().take(SHOWN_MAX) {
            output.talk(&match output.format {
                Format::Json => problem_json(problem, &output.locale),
                Format::Table | Format::Csv | Format::Xlsx => in_words(problem, &output.locale),
            });
        }
        let more = self.problems.len().saturating_sub(SHOWN_MAX);
        if more > 0 {
            output.say("failure-more", &[("count", &more.to_string())]);
        }
        self.exit
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { exit: problem.exit, problems: vec![problem] }
    }
}

impl From<Vec<Problem>> for Failure {
    /// The first problem gives the exit code.
    fn from(problems: Vec<Problem>) -> Self {
        let exit = problems.first().map_or(Exit::Bug, |problem| problem.exit);
        Self { exit, problems }
    }
}

/// A problem as text: what (place) [code] · why · what to do.
pub fn in_words(problem: &Problem, locale: &Locale) -> String {
    worded("failure-error", problem, locale)
}

/// The same as a note, not as an error.
pub fn in_words_as_note(problem: &Problem, locale: &Locale) -> String {
    worded("failure-note", problem, locale)
}

fn worded(head: &str, problem: &Problem, locale: &Locale) -> String {
    let message = Message::new(problem, locale);
    let (colon, open, close) = match locale.lang() {
        Lang::Chinese => ("：", "（", "）"),
        Lang::English => (": ", " (", ")"),
    };
    let mut out = locale.text(head, &[]);
    out.push_str(colon);
    out.push_str(&message.what);
    if !message.place.is_empty() {
        out.push_str(open);
        out.push_str(&message.place);
        out.push_str(close);
    }
    out.push_str(" [");
    out.push_str(problem.code);
    out.push(']');
    for (key, text) in [("failure-why", &message.why), ("failure-next", &message.next)] {
        if !text.is_empty() {
            out.push_str("\n  ");
            out.push_str(&locale.text(key, &[]));
            out.push_str(colon);
            out.push_str(text);
        }
    }
    out
}

/// Message and location of the last panic.
static LAST_PANIC: Mutex<Option<(String, String)>> = Mutex::new(None);

/// Keeps the message of a panic for [`bug`] instead of printing a backtrace: a panic that the
/// library contains should not alarm the user, and one that reaches `main` is reported in the
/// user's language.
pub fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|info| {
        let detail = {
            let payload = info.payload();
            let text = payload.downcast_ref::<&str>().copied();
            text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("?")
        };
        let location = info.location().map_or_else(|| "?".to_owned(), ToString::to_string);
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = Some((detail.to_owned(), location));
        }
    }));
}

/// The problem of a panic that reached `main`.
pub fn bug() -> Problem {
    let last = LAST_PANIC.lock().ok().and_then(|mut last| last.take());
    let (detail, location) = last.unwrap_or_default();
    Problem::new("bug", Exit::Bug).with("detail", detail).with("location", location)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_parts_and_a_code() {
        let problem = Problem::data("amount-format").with("text", "1e3").in_file("a.csv").in_row(3);
        assert_eq!(
            in_words(&problem, &Locale::new(Lang::Chinese)),
            "错误：金额写法不明：`1e3`（文件 a.csv，第 3 行） [amount-format]\n  原因：金额只接受形如 1234.56 或 1,234.56 的写法，最多两位小数\n  处理：改正后重试；未写入任何数据"
        );
        assert_eq!(
            in_words(&problem, &Locale::new(Lang::English)),
            "error: the amount `1e3` cannot be read (file a.csv, row 3) [amount-format]\n  why: an amount is written 1234.56 or 1,234.56, with at most two decimals\n  what to do: correct it and try again; nothing was written"
        );
    }
}
