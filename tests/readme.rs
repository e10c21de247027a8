//! Every command that the README and the manuals print works as printed, in the order in which it is printed
//! there.
//!
//! Each manual, and each half of the README, runs in a folder of its own with `fixtures` beside it. An `sh` block
//! is run line by line by the shell; `export` holds for all that follows, a here-document belongs to its command.
//! A comment behind a command gives its exit code where that is not 0 (`# exit code 1`, `# 退出码 1`). `text` blocks
//! are not run: they show what is printed, or need what a test does not have.

use crate::support::fixture;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const TOPICS: &[&str] = &["finance", "statements", "bureau", "audit", "installing", "developing"];
/// Where the English half of the README begins.
const ENGLISH: &str = "\n# poolbook: ";
/// How the README calls the program before it is installed.
const UNINSTALLED: &str = "cargo run --release --locked --";

/// A page with commands.
struct Page {
    name: String,
    lang: &'static str,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Both halves of the README.
fn halves() -> [Page; 2] {
    let readme = read("README.md");
    let (chinese, english) = readme.split_once(ENGLISH).unwrap();
    [("zh", chinese), ("en", english)].map(|(lang, text)| Page {
        name: format!("README.md, {lang}"),
        lang,
        text: text.to_owned(),
    })
}

fn manual(lang: &'static str, topic: &str) -> Page {
    let name = format!("src/notes/manual/{lang}/{topic}.md");
    Page { text: read(&name), name, lang }
}

fn pages() -> Vec<Page> {
    let manuals = TOPICS.iter().flat_map(|topic| [manual("zh", topic), manual("en", topic)]);
    halves().into_iter().chain(manuals).collect()
}

/// What stands in the fenced blocks of a kind.
fn blocks<'t>(text: &'t str, kind: &str) -> Vec<&'t str> {
    let fence = format!("```{kind}\n");
    text.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// A command with its exit code.
struct Step {
    line: String,
    script: String,
    code: i32,
}

/// The commands of the `sh` blocks.
fn steps(page: &Page) -> Vec<Step> {
    let (mut steps, mut exports) = (Vec::new(), String::new());
    for block in blocks(&page.text, "sh") {
        let mut lines = block.lines();
        while let Some(line) = lines.next() {
            if line.is_empty() || line.starts_with('#') || line == "cargo test --locked" {
                continue;
            }
            if line.starts_with("export ") {
                exports.push_str(&format!("{line}\n"));
                continue;
            }
            let mut script = line.replace(UNINSTALLED, "poolbook");
            if line.ends_with("<<'END'") {
                for own in lines.by_ref() {
                    script.push_str(&format!("\n{own}"));
                    if own == "END" {
                        break;
                    }
                }
            }
            let step =
                Step { line: line.to_owned(), script: exports.clone() + &script, code: code(line) };
            steps.push(step);
        }
    }
    steps
}

/// The exit code that a line gives; the main job ends with 1, which the README says in a sentence.
fn code(line: &str) -> i32 {
    let comment = line.split_once(" # ").map_or("", |(_, comment)| comment);
    let given = ["exit code ", "退出码 "].iter().find_map(|words| comment.split_once(words));
    let digits =
        given.map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    match digits {
        Some(digits) => digits.parse().unwrap(),
        None => i32::from(line.starts_with(UNINSTALLED)),
    }
}

fn run(script: &str, dir: &Path, lang: &str) -> (Option<i32>, String, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_poolbook")).parent().unwrap();
    let output = Command::new("sh")
        .args(["-euc", script])
        .current_dir(dir)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .env("POOLBOOK_LANG", lang)
        .env("USER", "tester")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(fixture(""), folder.path().join("fixtures")).unwrap();
    folder
}

/// Runs the commands of a page; gives how many, and what is wrong with the first one that fails.
fn play(page: &Page) -> (usize, Option<String>) {
    let folder = folder();
    let steps = steps(page);
    for step in &steps {
        let (code, out, err) = run(&step.script, folder.path(), page.lang);
        let at = format!("{}: {}", page.name, step.line);
        if code != Some(step.code) {
            return (0, Some(format!("{at}\nends with {code:?}, not {}: {err}", step.code)));
        }
        // A sound rules file and what goes into a file have nothing to hand on.
        let silent = ["poolbook rules check", " -o ", ">", "mkdir", "--dir"];
        if out.is_empty() && !silent.iter().any(|part| step.line.contains(part)) {
            return (0, Some(format!("{at}\nprints nothing")));
        }
    }
    (steps.len(), None)
}

#[test]
fn every_command_works_as_printed() {
    let pages = pages();
    let (next, done) = (AtomicUsize::new(0), Mutex::new((0, Vec::new())));
    let work = || {
        while let Some(page) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (ran, wrong) = play(page);
            let mut done = done.lock().unwrap();
            done.0 += ran;
            done.1.extend(wrong);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    let (ran, wrong) = done.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(ran > 250, "{ran} commands");
}

/// The commands of a page with their options, without values and names of files, which differ.
fn words(page: &Page) -> Vec<String> {
    let plain = |step: &Step| {
        let line = step.line.split(" # ").next().unwrap().replace(UNINSTALLED, "poolbook");
        let mut words = line.strip_prefix("poolbook ")?.split(' ').peekable();
        if words.next_if_eq(&"--book").is_some() {
            words.next();
        }
        let command = words.next()?.to_owned();
        let options = words.filter(|word| word.starts_with('-'));
        Some(options.fold(command, |line, option| format!("{line} {option}")))
    };
    steps(page).iter().filter_map(plain).collect()
}

#[test]
fn both_languages_print_the_same_commands() {
    let [chinese, english] = halves();
    assert_eq!(words(&chinese), words(&english));
    for topic in TOPICS {
        let [chinese, english] = [manual("zh", topic), manual("en", topic)];
        assert_eq!(words(&chinese), words(&english), "{topic}");
        let texts = [&chinese, &english].map(|page| blocks(&page.text, "text").len());
        assert_eq!(texts[0], texts[1], "{topic}");
    }
}

/// Commands in sentences and in blocks that are not run exist, too.
#[test]
fn every_command_that_is_named_exists() {
    let (_, all, _) = run("poolbook help --all", Path::new("/"), "en");
    let listed = all.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let known: BTreeSet<&str> = listed.collect();
    assert!(known.contains("quarter") && known.contains("certify"), "{known:?}");
    for page in pages() {
        let named = page.text.split("poolbook ").skip(1);
        for word in named.filter_map(|rest| rest.split([' ', '`', '\n']).next()) {
            let is_word =
                !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            let is_option = word.starts_with('-');
            assert!(!is_word || is_option || known.contains(word), "{}: {word}", page.name);
        }
    }
}

/// The picture of the main job shows what it prints: each line's parts stand in one line of the output,
/// in their order. Columns and lines may be left out.
#[test]
fn the_picture_of_the_main_job_is_true() {
    for page in halves() {
        let folder = folder();
        let job = steps(&page).into_iter().find(|step| step.line.starts_with(UNINSTALLED)).unwrap();
        let (code, out, err) = run(&job.script, folder.path(), page.lang);
        assert_eq!(code, Some(1), "{err}");
        let picture = blocks(&page.text, "text")[0];
        for line in picture.lines().filter(|line| !line.is_empty() && *line != "…") {
            let parts: Vec<&str> =
                line.split("  ").map(str::trim).filter(|p| !p.is_empty()).collect();
            let has = |printed: &str| {
                let found =
                    parts.iter().try_fold(printed, |rest, part| Some(rest.split_once(part)?.1));
                found.is_some()
            };
            assert!(out.lines().any(has), "{}: {line}\n{out}", page.name);
        }
    }
}

#[test]
fn the_readme_is_short_and_says_what_it_must() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 150, "{} lines", readme.lines().count());
    assert_eq!(readme.matches("<!-- test-command -->").count(), 1);
    for sentence in [
        "exit code 1, because two bank accounts",
        "退出码为 1，因为示例中有两个银行账户",
        "nothing inside the book shows that",
        "账套里没有任何东西显示这一点",
    ] {
        assert!(readme.contains(sentence), "{sentence}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let glossary = PathBuf::from("src/notes/glossary.md");
    let manuals = ["zh", "en"].into_iter().flat_map(|lang| {
        TOPICS.iter().map(move |topic| PathBuf::from(format!("src/notes/manual/{lang}/{topic}.md")))
    });
    for path in manuals.chain([PathBuf::from("README.md"), glossary]) {
        let text = read(&path);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = root().join(path.parent().unwrap()).join(link);
            assert!(
                link.starts_with('#') || link.starts_with("http") || target.exists(),
                "{path:?}: {link}"
            );
        }
    }
}

/// The manuals that the program prints are these files.
#[test]
fn the_program_prints_the_manuals() {
    for topic in TOPICS {
        for lang in ["zh", "en"] {
            let (code, out, _) = run(&format!("poolbook guide {topic}"), Path::new("/"), lang);
            assert_eq!(code, Some(0));
            assert!(out == manual(lang, topic).text, "{topic} {lang}");
        }
    }
    let (code, out, _) = run("poolbook --lang en guide 术语", Path::new("/"), "zh");
    assert!(code == Some(0) && out == read("src/notes/glossary.md"));
}
