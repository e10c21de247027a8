//! Readers of the exported formats, written from the formats and not from the program: what a
//! foreign program would refuse is an error, and what is left is a sum an account.

use poolbook::audit::balance::Cells;
use poolbook::audit::movements::{Movements, Span};
use poolbook::book::Book;
use poolbook::domain::account::{Account, Class};
use poolbook::domain::calendar::date;
use poolbook::report::export::beancount::Dialect;
use poolbook::report::export::plain::Plain;
use poolbook::report::export::{Form, Sink, Source, write};
use poolbook::report::views::Journal;
use poolbook::report::{Lang, Locale};
use poolbook::store::Store;
use std::collections::{BTreeMap, BTreeSet};

/// Account code, owner, fund, bank account.
pub type Key = (String, String, String, String);
/// Fen by account, debit positive, without the accounts that stand at nothing.
pub type Sums = BTreeMap<Key, i128>;

/// A format under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Hledger,
    Ledger,
    Beancount,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Hledger, Self::Ledger, Self::Beancount];

    pub fn form(self) -> Box<dyn Form> {
        match self {
            Self::Hledger => Box::new(Plain::Hledger),
            Self::Ledger => Box::new(Plain::Ledger),
            Self::Beancount => Box::new(Dialect::Two),
        }
    }

    /// Reads a file, as strictly as its program does.
    pub fn read(self, text: &str) -> Result<Sums, String> {
        match self {
            Self::Hledger | Self::Ledger => plain(text, self),
            Self::Beancount => beancount(text),
        }
    }
}

/// Everything, or some cells and days, up to an entry.
#[derive(Clone, Copy)]
pub struct Asked {
    pub cells: Cells,
    pub span: Span,
}

impl Default for Asked {
    fn default() -> Self {
        let end = date(2199, 12, 31).unwrap();
        Self { cells: Cells::default(), span: Span::until(end) }
    }
}

/// Hands the source of an export to a writer and gives what was written.
pub fn written<S: Store>(
    book: &Book<S>,
    asked: Asked,
    write: impl FnOnce(&Source<'_, S>, &mut Sink<'_>),
) -> Vec<u8> {
    let mut out = Vec::new();
    let locale = Locale::new(Lang::Chinese);
    book.with_movements(|movements| {
        let source = Source {
            store: book.store(),
            state: book.state(),
            movements: movements as &dyn Movements,
            cells: asked.cells,
            span: asked.span,
            known_at: None,
            locale: &locale,
            journal: Journal { entries: book.head().count, root: "root".into() },
        };
        write(&source, &mut |bytes| {
            out.extend_from_slice(bytes);
            Ok(())
        });
    });
    out
}

/// The book in a format.
pub fn exported<S: Store>(book: &Book<S>, kind: Kind, asked: Asked) -> String {
    let bytes = written(book, asked, |source, sink| write(source, &*kind.form(), sink).unwrap());
    String::from_utf8(bytes).unwrap()
}

/// What the stored lines add up to.
pub fn stored<S: Store>(book: &Book<S>) -> Sums {
    let balances = super::book::summed(&super::book::entries(book.store()));
    let each = balances.into_iter().map(|(owner, fund, account, bank, net)| {
        let bank = bank.map(|bank| bank.to_string()).unwrap_or_default();
        ((account.code().to_owned(), owner.to_string(), fund.code().to_owned(), bank), net)
    });
    each.collect()
}

/// Fen of an amount with exactly two decimals.
pub fn fen(text: &str) -> Result<i128, String> {
    let (whole, decimals) = text.split_once('.').ok_or_else(|| format!("amount {text}"))?;
    if decimals.len() != 2 {
        return Err(format!("decimals of {text}"));
    }
    format!("{whole}{decimals}").parse().map_err(|_| format!("amount {text}"))
}

/// An id out of its reversible form.
fn id(text: &str) -> String {
    let Some((before, rest)) = text.split_once("-u") else { return text.to_owned() };
    let (number, after) = rest.split_once('-').unwrap();
    let c = char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap();
    format!("{before}{c}{}", id(after))
}

/// The key of an account name, whose first component must be that of its class.
pub fn key(name: &str) -> Result<Key, String> {
    let lower = name.replace("Equity:Memo:", "memo:");
    let parts: Vec<&str> = lower.split(':').collect();
    let [root, account, owner, fund, bank @ ..] = parts.as_slice() else {
        return Err(format!("account {name}"));
    };
    let code: String = account.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    let code = code.trim_end_matches('-').replace('-', ".");
    let class = Account::parse(&code).ok_or_else(|| format!("code of {name}"))?.class();
    let wanted = match class {
        Class::Asset | Class::ContraAsset => "assets",
        Class::Liability => "liabilities",
        Class::Fund => "equity",
        Class::Income => "income",
        Class::Expense => "expenses",
        Class::Memo => "memo",
    };
    if root.to_lowercase() != wanted {
        return Err(format!("root of {name}"));
    }
    let owner = owner.strip_prefix('C').ok_or_else(|| format!("owner of {name}"))?;
    let owner = owner.split('-').next().unwrap_or_default();
    let bank = match bank {
        [] => String::new(),
        [bank] => id(bank.strip_prefix("B-").ok_or_else(|| format!("bank of {name}"))?),
        _ => return Err(format!("components of {name}")),
    };
    Ok((code, owner.to_owned(), (*fund).to_owned(), bank))
}

/// What both kinds of readers add up.
#[derive(Default)]
struct Adding {
    sums: BTreeMap<String, i128>,
    accounts: BTreeSet<String>,
    open: Option<i128>,
}

impl Adding {
    fn post(&mut self, account: &str, amount: i128) -> Result<(), String> {
        if !self.accounts.contains(account) {
            return Err(format!("{account} is not declared"));
        }
        *self.sums.entry(account.to_owned()).or_default() += amount;
        *self.open.as_mut().ok_or("a posting without a transaction")? += amount;
        Ok(())
    }

    fn holds(&self, account: &str, wanted: i128) -> Result<(), String> {
        let found = self.sums.get(account).copied().unwrap_or(0);
        let told = || format!("{account} stands at {found}, not at {wanted}");
        if found == wanted { Ok(()) } else { Err(told()) }
    }

    /// The end of a transaction.
    fn close(&mut self) -> Result<(), String> {
        match self.open.take() {
            None | Some(0) => Ok(()),
            Some(rest) => Err(format!("{rest} fen are left over")),
        }
    }

    fn finish(mut self) -> Result<Sums, String> {
        self.close()?;
        let sums = self.sums.iter().filter(|(_, sum)| **sum != 0);
        let sums: Vec<_> =
            sums.map(|(name, sum)| Ok((key(name)?, *sum))).collect::<Result<_, String>>()?;
        let count = sums.len();
        let map: Sums = sums.into_iter().collect();
        if map.len() == count { Ok(map) } else { Err("two names of one account".into()) }
    }
}

/// A journal of hledger or ledger.
fn plain(text: &str, kind: Kind) -> Result<Sums, String> {
    let (mut adding, mut payees, mut tags) = <(Adding, BTreeSet<&str>, BTreeSet<&str>)>::default();
    let mut last = "";
    for line in text.lines() {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let body = &line[indent..];
        if indent == 0 {
            adding.close()?;
        }
        let directive = |word: &str| body.strip_prefix(word).filter(|_| indent == 0);
        let format = body == "format 1000.00 CNY" && indent == 4;
        if body.is_empty()
            || format
            || [";", "commodity CNY"].iter().any(|w| directive(w).is_some())
        {
            continue;
        }
        if let Some(tag) = directive("tag ") {
            tags.insert(tag);
        } else if let Some(payee) = directive("payee ") {
            payees.insert(payee);
        } else if let Some(account) = directive("account ") {
            adding.accounts.insert(account.to_owned());
        } else if let Some(comment) = body.strip_prefix("; ") {
            let tag = comment.split(':').next().unwrap_or_default();
            // Nothing but a memo may hold a sign that means something in a comment.
            if !tags.contains(tag) || (tag != "memo" && comment.contains([',', '[', ';'])) {
                return Err(format!("tag {body}"));
            }
        } else if indent == 0 {
            let (day, rest) = body.split_once(" * (").ok_or_else(|| format!("line {body}"))?;
            let (_, description) = rest.split_once(") ").ok_or_else(|| format!("code {body}"))?;
            let unsound = [";", "  ", "\t"].iter().any(|sign| description.contains(sign));
            let payee = match kind {
                Kind::Hledger => description.split('|').next().unwrap_or_default().trim_end(),
                _ => description,
            };
            if day < last || !payees.contains(payee) || unsound {
                return Err(format!("transaction {body}"));
            }
            (last, adding.open) = (day, Some(0));
        } else {
            let (account, amount) = body.split_once("  ").ok_or_else(|| format!("line {body}"))?;
            let mut amounts = amount.split(" = ").map(|amount| {
                fen(amount.strip_suffix(" CNY").ok_or_else(|| format!("currency {amount}"))?)
            });
            adding.post(account, amounts.next().unwrap()?)?;
            if let Some(wanted) = amounts.next() {
                adding.holds(account, wanted?)?;
            }
        }
    }
    adding.finish()
}

/// Takes one text between quotes off the front of a line.
fn unquote(line: &str) -> Result<&str, String> {
    let mut escaped = false;
    let body = line.strip_prefix('"').ok_or_else(|| format!("text {line}"))?;
    for (at, c) in body.char_indices() {
        match c {
            '"' if !escaped => return Ok(body[at + 1..].trim_start_matches(' ')),
            c => escaped = c == '\\' && !escaped,
        }
    }
    Err(format!("text {line}"))
}

/// A ledger of beancount, whose directives count in the order of days, balances first.
fn beancount(text: &str) -> Result<Sums, String> {
    let mut days: BTreeMap<&str, [Vec<Vec<&str>>; 3]> = BTreeMap::new();
    let mut group: Option<&mut Vec<&str>> = None;
    for line in text.lines() {
        if line.starts_with(' ') {
            group.as_mut().ok_or("a line on its own")?.push(line);
        } else if let Some((day, rest)) = line.split_once(' ').filter(|(day, _)| day.len() == 10) {
            let rank =
                usize::from(rest.starts_with("balance")) + 2 * usize::from(rest.starts_with('*'));
            let list = &mut days.entry(day).or_default()[rank];
            list.push(vec![rest]);
            group = list.last_mut();
        } else if !(line.is_empty() || line.starts_with(';') || line.starts_with("option \"")) {
            return Err(format!("line {line}"));
        }
    }
    let mut adding = Adding::default();
    for lines in days.values().flatten().flatten() {
        beancount_directive(lines, &mut adding)?;
    }
    adding.finish()
}

fn beancount_directive(lines: &[&str], adding: &mut Adding) -> Result<(), String> {
    let words: Vec<&str> = lines[0].split_whitespace().collect();
    match words.as_slice() {
        ["open", account, "CNY"] => {
            let sound = |part: &str| {
                part.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
                    && part.chars().all(|c| c.is_alphanumeric() || c == '-')
            };
            if !account.split(':').all(sound) || !adding.accounts.insert((*account).to_owned()) {
                return Err(format!("account {account}"));
            }
        }
        ["balance", account, amount, "~", "0", "CNY"] => adding.holds(account, fen(amount)?)?,
        ["*", ..] => {
            let rest = unquote(unquote(&lines[0][2..])?)?;
            if !rest.is_empty() {
                return Err(format!("transaction {}", lines[0]));
            }
            adding.open = Some(0);
            for line in &lines[1..] {
                let body = line.trim_start();
                match body.split_once(": ").filter(|_| !body.contains(" CNY")) {
                    Some((_, text)) if text.starts_with('"') => {
                        if !unquote(text)?.is_empty() {
                            return Err(format!("fact {line}"));
                        }
                    }
                    Some(_) => {}
                    None => {
                        let words: Vec<&str> = body.split_whitespace().collect();
                        let [account, amount, "CNY"] = words.as_slice() else {
                            return Err(format!("posting {line}"));
                        };
                        adding.post(account, fen(amount)?)?;
                    }
                }
            }
            adding.close()?;
        }
        _ => return Err(format!("directive {}", lines[0])),
    }
    Ok(())
}

/// A file in which the last amounts of some lines are moved by some fen.
pub fn shifted(text: &str, lines: &[(usize, i128)]) -> String {
    let change = |(number, line): (usize, &str)| {
        let Some((_, by)) = lines.iter().find(|(at, _)| *at == number) else {
            return format!("{line}\n");
        };
        let at = line.find(" ~ 0").or_else(|| line.rfind(" CNY")).unwrap();
        let (before, after) = line.split_at(at);
        let (name, amount) = before.rsplit_once(' ').unwrap();
        let moved = poolbook::domain::money::Total(fen(amount).unwrap() + by);
        format!("{name} {moved}{after}\n")
    };
    text.lines().enumerate().map(change).collect()
}

/// The numbers of the lines that hold amounts, and those of the first two postings of each
/// transaction.
pub fn amounts(text: &str) -> (Vec<usize>, Vec<(usize, usize)>) {
    let lines: Vec<&str> = text.lines().collect();
    let holds = |at: &usize| {
        let line = lines[*at];
        line.ends_with(" CNY")
            && (line.starts_with("  ") || line.contains(" ~ 0"))
            && !line.contains("format")
    };
    let single: Vec<usize> = (0..lines.len()).filter(holds).collect();
    let is_posting = |at: &usize| !lines[*at].contains(" CNY = ") && !lines[*at].contains(" ~ 0");
    let postings: Vec<usize> = single.iter().copied().filter(is_posting).collect();
    let same = |pair: &&[usize]| lines[pair[0]..pair[1]].iter().all(|line| !line.is_empty());
    let pairs = postings.windows(2).filter(same).map(|pair| (pair[0], pair[1])).collect();
    (single, pairs)
}
