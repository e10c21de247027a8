//! Months of plausible accounts, made up: what truly happened, and how bank and book tell it.
//! Knows nothing of the program but its two kinds of lines.

use poolbook::audit::reconcile::{BookLine, StatementLine};
use poolbook::domain::calendar::Date;
use poolbook::domain::money::Money;

/// Pseudo-random numbers (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(u64::try_from(high - low + 1).unwrap()) as i64
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }
}

/// The last day of the form, as days since 1 October 2017.
pub const LAST: i64 = 91;

pub fn date(day: i64) -> Date {
    Date::new(2017, 10, 1).unwrap().checked_add(jiff::Span::new().days(day)).unwrap()
}

/// Name and owner of each account.
pub const ACCOUNTS: [(&str, &str); 3] =
    [("RISK-ICBC-410821", "410821"), ("RISK-CCB-410822", "410822"), ("RISK-ABC-410821", "410821")];

/// Something that happened on an account: the book's day and the bank's day are known apart.
#[derive(Clone, Debug)]
pub struct Movement {
    pub account: usize,
    pub fen: i64,
    pub book_day: i64,
    pub bank_day: i64,
    /// Event word.
    pub event: &'static str,
    pub document: String,
    /// Name of the other party, as master data has it.
    pub party: String,
    pub entry: u64,
    pub line: u32,
    /// What the bank says of it, and whom it names.
    pub text: String,
    pub name: String,
}

const PLACES: [&str; 6] = ["焦作市", "修武县", "武陟县", "河南", "孟州市", "沁阳市"];
const WORDS: [&str; 12] = [
    "华飞",
    "联盟",
    "远东",
    "中轴",
    "瑞丰",
    "昊华",
    "鑫诚",
    "卓立",
    "多氟多",
    "平光",
    "飞鸿",
    "恒力",
];
const TRADES: [&str; 8] =
    ["电子电器", "生物科技", "精密机械", "新材料", "制动器", "软件", "化工", "轮胎"];

pub fn firm(dice: &mut Dice) -> String {
    format!("{}{}{}有限公司", dice.of(&PLACES), dice.of(&WORDS), dice.of(&TRADES))
}

/// Three months of three accounts.
pub fn months(dice: &mut Dice) -> Vec<Movement> {
    let mut all = Vec::new();
    let firms: Vec<String> = (0..20).map(|_| firm(dice)).collect();
    for account in 0..ACCOUNTS.len() {
        for month in 0..3 {
            contributions(dice, account, month * 30, &mut all);
            batches(dice, account, month * 30, &firms, &mut all);
            claims(dice, account, month * 30, &mut all);
            charges(dice, account, month * 30, &mut all);
        }
        interest(dice, account, &mut all);
    }
    moves(dice, &mut all);
    all.sort_by_key(|movement| (movement.book_day, movement.account));
    let mut entry = 100;
    for movement in &mut all {
        // Both sides of a move are one entry.
        if movement.entry == 0 {
            entry += 1;
            movement.entry = entry;
        }
    }
    all
}

fn movement(account: usize, fen: i64, day: i64, event: &'static str) -> Movement {
    Movement {
        account,
        fen,
        book_day: day,
        bank_day: day,
        event,
        document: String::new(),
        party: String::new(),
        entry: 0,
        line: 1,
        text: String::new(),
        name: String::new(),
    }
}

fn contributions(dice: &mut Dice, account: usize, first: i64, all: &mut Vec<Movement>) {
    for _ in 0..dice.between(1, 2) {
        let mut own = movement(account, dice.between(5, 60) * 10_000_000, first, "contribute");
        own.bank_day = first + dice.between(0, 29);
        own.book_day = own.bank_day + dice.between(0, 3);
        own.document = format!("焦财预〔2017〕{}号", dice.between(1, 400));
        own.text = "拨款".to_owned();
        own.name = format!("{}财政局", dice.of(&PLACES));
        all.push(own);
    }
}

/// Subsidies by one document on one day, some of them at the cap and so equal.
fn batches(dice: &mut Dice, account: usize, first: i64, firms: &[String], all: &mut Vec<Movement>) {
    for _ in 0..dice.between(1, 3) {
        let day = first + dice.between(0, 29);
        let document = format!("焦科〔2017〕{}号", dice.between(1, 200));
        for _ in 0..dice.between(4, 14) {
            let capped = dice.percent(15);
            let fen = if capped { 3_000_000 } else { dice.between(80_000, 4_800_000) };
            let mut own = movement(account, -fen, day, "pay-subsidy");
            own.bank_day = day + dice.between(0, 3);
            own.document.clone_from(&document);
            own.party.clone_from(dice.of(firms));
            own.text = if dice.percent(40) { format!("{document}贴息") } else { "贴息".into() };
            own.name = if dice.percent(85) { own.party.clone() } else { String::new() };
            all.push(own);
        }
    }
}

fn claims(dice: &mut Dice, account: usize, first: i64, all: &mut Vec<Movement>) {
    for _ in 0..dice.between(0, 2) {
        let mut own = movement(account, -dice.between(10_000_000, 250_000_000), first, "pay-claim");
        own.book_day = first + dice.between(0, 29);
        own.bank_day = own.book_day + dice.between(0, 3);
        own.document = format!("焦科函〔2017〕{}号", dice.between(1, 90));
        own.party = "中国银行股份有限公司焦作分行".to_owned();
        own.text = "风险补偿款".to_owned();
        own.name = "中国银行焦作分行营业部".to_owned();
        all.push(own);
    }
}

fn charges(dice: &mut Dice, account: usize, first: i64, all: &mut Vec<Movement>) {
    let mut own = movement(account, -dice.between(5, 120) * 100, first, "bank-charge");
    own.bank_day = first + dice.between(0, 29);
    own.book_day = own.bank_day + dice.between(0, 5);
    own.text = (*dice.of(&["手续费", "账户管理费", "网银服务费", "转账汇费"])).to_owned();
    all.push(own);
}

fn interest(dice: &mut Dice, account: usize, all: &mut Vec<Movement>) {
    // 21 December.
    let mut own = movement(account, dice.between(20_000, 900_000), 81, "pool-interest");
    own.book_day = 81 + dice.between(0, 4);
    own.text = (*dice.of(&["结息", "存款利息", "利息入账"])).to_owned();
    all.push(own);
}

fn moves(dice: &mut Dice, all: &mut Vec<Movement>) {
    for number in 0..dice.between(1, 3) {
        let (fen, day) = (dice.between(1, 40) * 5_000_000, dice.between(0, 80));
        for (account, fen, line) in [(2, fen, 1), (0, -fen, 2)] {
            let mut own = movement(account, fen, day, "move");
            own.bank_day = day + dice.between(0, 1);
            (own.entry, own.line) = (90 + number as u64, line);
            own.text = "资金归集".to_owned();
            all.push(own);
        }
    }
}

/// What the book says of a movement.
pub fn in_book(movement: &Movement) -> BookLine {
    BookLine {
        date: date(movement.book_day),
        amount: Money::from_fen(movement.fen).unwrap(),
        entry: movement.entry,
        line: movement.line,
        memo: movement.event.to_owned(),
        owner: ACCOUNTS[movement.account].1.into(),
        document: movement.document.clone(),
        party: movement.party.as_str().into(),
        party_name: movement.party.clone(),
        ..BookLine::default()
    }
}

/// What the bank says of it.
pub fn at_bank(movement: &Movement) -> StatementLine {
    StatementLine {
        date: date(movement.bank_day),
        amount: Money::from_fen(movement.fen).unwrap(),
        memo: movement.text.clone(),
        name: movement.name.clone(),
        ..StatementLine::default()
    }
}

/// The lines of an account on both sides; the bank's in the order of their days, with balances,
/// names and rows.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub statement: Vec<StatementLine>,
    pub book: Vec<BookLine>,
}

impl Account {
    pub fn finish(&mut self, account: usize) {
        self.statement.retain(|line| line.date <= date(LAST));
        self.statement.sort_by_key(|line| line.date);
        let mut balance = 1_000_000_000;
        for (row, line) in self.statement.iter_mut().enumerate() {
            balance += line.amount.fen();
            line.balance = Money::from_fen(balance).unwrap();
            line.row = row as u64 + 2;
            line.id = format!("{account:02x}{row:010x}").into();
        }
    }
}
