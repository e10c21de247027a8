//! What rests on an entry is taken back before it: for every event of the vocabulary what may rest on
//! it, what does not, or why the event is not reversed at all.

use crate::support::book::{audited, blank, event};
use crate::support::settled::{RATES, Settled};
use crate::support::sums::agree;
use poolbook::book::Book;
use poolbook::domain::event::VOCABULARY;
use poolbook::problem::Problem;
use poolbook::store::MemoryStore;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const RULES: &str = "id = \"r\"\nname = \"r\"\n[sharing]\n[[sharing.band]]\nguaranteed = true\n\
    pool = \"40%\"\nguarantor = \"40%\"\nbank = \"20%\"\n[[sharing.band]]\nguaranteed = false\n\
    pool = \"40%\"\nbank = \"60%\"\n[interest_discount]\nqualification = \"at-drawdown\"\n\
    [[interest_discount.rate]]\nseries = \"lpr-1y\"\nshare = \"50%\"\n\
    [fee_subsidy]\nmode = \"A\"\nshare = \"50%\"\n";

/// Money, a firm with its qualification, and a loan of which one note is drawn.
pub const LIFE: &[&str] = &[
    r#"{"id":"open","event":"open-book","city":"410800","name":"焦作市","currency":"CNY"}"#,
    r#"{"id":"rules","event":"adopt-rules","rules":"@rules"}"#,
    r#"{"id":"rates","event":"adopt-rates","rates":"@rates"}"#,
    r#"{"id":"join","event":"join","owner":"410821"}"#,
    r#"{"id":"join-2","event":"join","owner":"410822"}"#,
    r#"{"id":"bank","event":"party","party":"BANK","kind":"bank","name":"银行"}"#,
    r#"{"id":"guarantor","event":"party","party":"GUAR","kind":"guarantor","name":"担保"}"#,
    r#"{"id":"firm","event":"party","party":"FIRM","kind":"firm","name":"企业"}"#,
    r#"{"id":"risk","event":"bank-account","owner":"410821","bank_account":"RISK","fund":"RISK"}"#,
    r#"{"id":"risk-2","event":"bank-account","owner":"410822","bank_account":"RISK-2","fund":"RISK"}"#,
    r#"{"id":"int","event":"bank-account","owner":"410821","bank_account":"INT","fund":"INT"}"#,
    r#"{"id":"fee","event":"bank-account","owner":"410821","bank_account":"FEE","fund":"GFEE"}"#,
    r#"{"id":"promise","event":"commit","owner":"410821","source":"county","amount":"900000.00"}"#,
    r#"{"id":"paid-in","event":"contribute","owner":"410821","source":"county","bank_account":"RISK","amount":"900000.00"}"#,
    r#"{"id":"budget","event":"budget","owner":"410821","bank_account":"INT","amount":"90000.00"}"#,
    r#"{"id":"budget-fee","event":"budget","owner":"410821","bank_account":"FEE","amount":"90000.00"}"#,
    r#"{"id":"qualified","event":"qualify","firm":"FIRM","qualification":"sme","from":"2024-01-01","to":"2025-01-01"}"#,
    r#"{"id":"enrolled","event":"enrol","owner":"410821","loan":"L","firm":"FIRM","bank":"BANK","guarantor":"GUAR","amount":"1000000.00","due":"2024-12-01","rate":"4.35%"}"#,
    r#"{"id":"drawn","event":"disburse","loan":"L","note":"N1","amount":"600000.00"}"#,
];

/// What is recorded after the life, which entry is to be taken back, and what stands in its way: the
/// code, and after these ids are taken back (in this order) nothing any more.
struct Row {
    after: &'static [&'static str],
    under: &'static str,
    code: &'static str,
    first: &'static [&'static str],
}

const DRAWN_2: &str =
    r#"{"id":"drawn-2","event":"disburse","loan":"L","note":"N2","amount":"400000.00"}"#;
const FEE_PAID: &str = r#"{"id":"fee-paid","event":"fee-paid","loan":"L","from":"2024-01-02","to":"2024-12-01","amount":"9000.00","fee_rate":"1%"}"#;
const INTEREST: &str = r#"{"id":"interest","event":"interest-paid","loan":"L","note":"N1","from":"2024-01-02","to":"2024-03-21","amount":"5727.50"}"#;
const INTEREST_2: &str = r#"{"id":"interest-2","event":"interest-paid","loan":"L","note":"N1","from":"2024-03-21","to":"2024-06-21","amount":"6670.00"}"#;
const APPROVED: &str = r#"{"id":"S","event":"approve-subsidy","loan":"L","note":"N1","programme":"interest-discount","period":"2024Q1","amount":"1000.00"}"#;
const APPROVED_FEE: &str = r#"{"id":"S-FEE","event":"approve-subsidy","loan":"L","note":"N1","programme":"guarantee-fee","period":"2024Q1","amount":"1000.00"}"#;
const APPROVED_FEE_2: &str = r#"{"id":"S-FEE","event":"approve-subsidy","loan":"L","note":"N2","programme":"guarantee-fee","period":"2024Q1","amount":"1000.00"}"#;
const FILED: &str = r#"{"id":"F","event":"file-subsidy","loan":"L","note":"N1","programme":"interest-discount","period":"2024Q1"}"#;
const OVERDUE: &str = r#"{"id":"late","event":"overdue","loan":"L","note":"N1"}"#;
const CLAIMED: &str = r#"{"id":"C-filed","event":"file-claim","claim":"C","loan":"L","note":"N1","base":"500000.00"}"#;
const GIVEN: &str = r#"{"id":"C-approved","event":"approve-claim","claim":"C"}"#;
const COMPENSATED: &str =
    r#"{"id":"C-paid","event":"pay-claim","claim":"C","bank_account":"RISK"}"#;
const NEWLY_PAID: &str =
    r#"{"id":"S-paid","event":"pay-subsidy","subsidy":"S","bank_account":"INT"}"#;

const ROWS: &[Row] = &[
    Row { after: &[FILED], under: "drawn", code: "reverse-later", first: &["F"] },
    Row { after: &[APPROVED], under: "drawn", code: "reverse-later", first: &["S"] },
    Row { after: &[FILED, APPROVED], under: "drawn", code: "reverse-later", first: &["S", "F"] },
    Row {
        after: &[APPROVED, NEWLY_PAID],
        under: "drawn",
        code: "reverse-later",
        first: &["S-paid", "S"],
    },
    Row {
        after: &[DRAWN_2, APPROVED_FEE_2],
        under: "drawn-2",
        code: "reverse-later",
        first: &["S-FEE"],
    },
    Row { after: &[INTEREST, APPROVED], under: "interest", code: "reverse-later", first: &["S"] },
    Row { after: &[INTEREST, FILED], under: "interest", code: "reverse-later", first: &["F"] },
    // Interest of the second quarter is nothing to an approval of the first.
    Row { after: &[INTEREST_2, APPROVED], under: "interest-2", code: "", first: &[] },
    Row {
        after: &[FEE_PAID, APPROVED_FEE],
        under: "fee-paid",
        code: "reverse-later",
        first: &["S-FEE"],
    },
    Row { after: &[APPROVED], under: "qualified", code: "reverse-later", first: &["S"] },
    // Another certificate holds the same day.
    Row {
        after: &[
            r#"{"id":"again","event":"qualify","firm":"FIRM","qualification":"high-tech","from":"2024-01-01","to":"2025-01-01"}"#,
            APPROVED,
        ],
        under: "qualified",
        code: "",
        first: &[],
    },
    Row { after: &[BIG], under: "budget", code: "available-short", first: &["S"] },
    Row { after: &[OVERDUE, CLAIMED], under: "late", code: "reverse-later", first: &["C-filed"] },
    Row {
        after: &[OVERDUE, CLAIMED, GIVEN],
        under: "C-filed",
        code: "reverse-later",
        first: &["C-approved"],
    },
    Row {
        after: &[OVERDUE, CLAIMED, GIVEN, COMPENSATED],
        under: "C-approved",
        code: "reverse-later",
        first: &["C-paid"],
    },
    Row {
        after: &[OVERDUE, CLAIMED, r#"{"id":"bad","event":"npl","loan":"L","note":"N1"}"#, GIVEN],
        under: "bad",
        code: "reverse-later",
        first: &["C-approved"],
    },
    Row {
        after: &[
            OVERDUE,
            CLAIMED,
            r#"{"id":"part","event":"repay","loan":"L","note":"N1","amount":"1.00"}"#,
            GIVEN,
        ],
        under: "part",
        code: "reverse-later",
        first: &["C-approved"],
    },
    Row {
        after: &[
            OVERDUE,
            CLAIMED,
            r#"{"id":"rate","event":"reprice","loan":"L","note":"N1","rate":"4%"}"#,
            GIVEN,
        ],
        under: "rate",
        code: "reverse-later",
        first: &["C-approved"],
    },
    Row {
        after: &[
            OVERDUE,
            CLAIMED,
            r#"{"id":"slip","event":"interest-paid","loan":"L","note":"N1","from":"2024-06-21","to":"2024-09-21","amount":"1.00"}"#,
            GIVEN,
        ],
        under: "slip",
        code: "reverse-later",
        first: &["C-approved"],
    },
    Row {
        after: &[
            OVERDUE,
            CLAIMED,
            GIVEN,
            r#"{"id":"C2-filed","event":"file-claim","claim":"C2","loan":"L","note":"N1","base":"1000.00","supplement":"C"}"#,
        ],
        under: "C-approved",
        code: "reverse-later",
        first: &["C2-filed"],
    },
    Row {
        after: &[
            OVERDUE,
            r#"{"id":"held","event":"receive-deposit","loan":"L","bank_account":"RISK","amount":"10.00"}"#,
            r#"{"id":"used","event":"apply-deposit","loan":"L","note":"N1","bank_account":"RISK"}"#,
        ],
        under: "held",
        code: "reverse-later",
        first: &["used"],
    },
    Row {
        after: &[
            r#"{"id":"asked","event":"apply-loan","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1.00"}"#,
            r#"{"id":"praised","event":"recommend-loan","loan":"M"}"#,
        ],
        under: "asked",
        code: "reverse-later",
        first: &["praised"],
    },
    Row { after: &[APPROVED, NEWLY_PAID], under: "S", code: "reverse-later", first: &["S-paid"] },
    Row { after: &[FILED, APPROVED], under: "F", code: "reverse-later", first: &["S"] },
    Row {
        after: &[
            APPROVED,
            NEWLY_PAID,
            r#"{"id":"back","event":"return-subsidy","subsidy":"S","bank_account":"INT"}"#,
        ],
        under: "S-paid",
        code: "reverse-later",
        first: &["back"],
    },
    Row {
        after: &[
            r#"{"id":"lent","event":"transfer","owner":"410821","to_owner":"410822","bank_account":"RISK","to_bank_account":"RISK-2","amount":"100.00","document":"1号"}"#,
            r#"{"id":"settled","event":"settle-transfer","owner":"410821","to_owner":"410822","settlement":"cash","bank_account":"RISK","to_bank_account":"RISK-2","document":"2号"}"#,
        ],
        under: "lent",
        code: "above-open",
        first: &["settled"],
    },
    Row {
        after: &[
            r#"{"id":"unknown","event":"unknown-receipt","owner":"410821","bank_account":"RISK","amount":"5.00"}"#,
            r#"{"id":"known","event":"explain-receipt","owner":"410821","receipt":"unknown","to":"interest"}"#,
        ],
        under: "unknown",
        code: "reverse-later",
        first: &["known"],
    },
    Row {
        after: &[
            r#"{"id":"leave","event":"approve-withdrawal","owner":"410821","source":"county","amount":"100.00"}"#,
            r#"{"id":"left","event":"pay-withdrawal","owner":"410821","source":"county","bank_account":"RISK"}"#,
        ],
        under: "leave",
        code: "above-open",
        first: &["left"],
    },
    Row {
        after: &[
            r#"{"id":"given","event":"quota","owner":"410821","amount":"900000.00","year":"2024","document":"3号"}"#,
            OVERDUE,
            CLAIMED,
            GIVEN,
        ],
        under: "given",
        code: "reverse-later",
        first: &["C-approved"],
    },
    Row {
        after: &[
            r#"{"id":"due","event":"accrue-interest","owner":"410821","bank_account":"RISK","amount":"5.00"}"#,
            r#"{"id":"credited","event":"pool-interest","owner":"410821","bank_account":"RISK","amount":"5.00","accrued":"5.00"}"#,
        ],
        under: "due",
        code: "above-open",
        first: &["credited"],
    },
    // What only changes the figures of an approval is taken back freely: recompute shows it.
    Row {
        after: &[
            r#"{"id":"part","event":"repay","loan":"L","note":"N1","amount":"1.00"}"#,
            APPROVED,
        ],
        under: "part",
        code: "",
        first: &[],
    },
    Row {
        after: &[
            r#"{"id":"other","event":"other-benefit","loan":"L","note":"N1","from":"2024-01-02","to":"2024-03-21","scheme":"省","amount":"1.00"}"#,
            APPROVED,
        ],
        under: "other",
        code: "",
        first: &[],
    },
    Row {
        after: &[
            FEE_PAID,
            r#"{"id":"less","event":"fee-refunded","loan":"L","amount":"1.00"}"#,
            APPROVED_FEE,
        ],
        under: "less",
        code: "",
        first: &[],
    },
    Row {
        after: &[
            r#"{"id":"lost","event":"disqualify","firm":"FIRM","from":"2024-03-01","reason":"x"}"#,
            APPROVED,
        ],
        under: "lost",
        code: "",
        first: &[],
    },
    Row {
        after: &[
            r#"{"id":"longer","event":"extend","loan":"L","note":"N1","due":"2025-03-01"}"#,
            APPROVED,
        ],
        under: "longer",
        code: "",
        first: &[],
    },
];

/// An approval that keeps nothing back of a budget.
const BIG: &str = r#"{"id":"S","event":"approve-subsidy","loan":"L","note":"N1","programme":"interest-discount","period":"2024Q1","amount":"90000.00"}"#;

/// Events on which nothing can rest, and events whose later ones on the same record
/// `tests/states.rs` and `tests/corrections.rs` walk.
const NOTHING: &[&str] = &[
    // Cash is held by the available balance, as of `budget`.
    "contribute",
    "move",
    "bank-charge",
    "trustee-fee",
    "pool-interest",
    "pay-treasury",
    "return-budget",
    "change-custodian",
    "settle-transfer",
    "share-loss",
    "estimate-subsidy",
    "commit",
    "keep-checkpoint",
    // tests/correct.rs takes it back.
    "correct",
    // Each the last word on its record, or followed by entries of the same record only.
    "receive-deposit",
    "refund-deposit",
    "apply-deposit",
    "explain-receipt",
    "pay-withdrawal",
    "recommend-loan",
    "reject-loan",
    "cure",
    "review-claim",
    "reject-claim",
    "withdraw-claim",
    "pay-claim",
    "cancel-rest",
    "settle-claim",
    "revoke-claim",
    "refund-claim",
    "recover",
    "recover-in-kind",
    "recovery-cost",
    "write-off",
    "close-claim",
    "review-subsidy",
    "pay-subsidy",
    "return-subsidy",
    "reissue-subsidy",
    "reduce-subsidy",
    "claw-back",
    "receive-clawback",
    "offset-clawback",
    "write-off-clawback",
    "release",
    "run-off",
    "liquidate",
    "close-pool",
    "fee-refunded",
    "other-benefit",
    "disqualify",
    "remove",
    "change-rules",
];

/// Events that are not reversed: others take their place.
const NEVER: &[&str] = &[
    "open-book",
    "join",
    "party",
    "change-party",
    "bank-account",
    "adopt-rules",
    "adopt-rates",
    "target",
    "enrol",
    "close",
    "checkpoint",
    "reverse",
    "import-statement",
    "undo-statement",
    "match-lines",
    "unmatch-lines",
    "reconcile-settings",
    "certify",
];

pub struct Walk {
    pub book: Book<MemoryStore>,
    entries: BTreeMap<String, u64>,
    day: u8,
}

impl Walk {
    pub fn blank() -> Self {
        Self { book: blank(), entries: BTreeMap::new(), day: 1 }
    }

    /// The event of a line on its own date, with the texts and entries that it names by `@`.
    pub fn filled(&self, line: &str, other: &str) -> Value {
        let mut value: Value = serde_json::from_str(line).unwrap();
        let texts = [("@rules", RULES), ("@rates", RATES), ("@breaker", other)];
        for key in ["rules", "rates"] {
            let told = value[key].as_str().map(str::to_owned);
            if let Some((_, text)) = texts.iter().find(|(name, _)| told.as_deref() == Some(name)) {
                value[key] = (*text).into();
            }
        }
        for key in ["entry", "checkpoint"] {
            let named =
                value[key].as_str().and_then(|text| text.strip_prefix('@')).map(str::to_owned);
            if let Some(id) = named {
                value[key] = self.entries[&id].to_string().into();
            }
        }
        if value["date"].is_null() {
            value["date"] = "2024-01-02".into();
        }
        value
    }

    /// Records a line as [`Walk::filled`] has it.
    pub fn tell_as_told(&mut self, line: &str, other: &str) {
        let value = self.filled(line, other);
        let told = self.book.record(event(&value.to_string()), &Settled::options());
        let (entry, _) = told.unwrap_or_else(|problem| panic!("{problem}\n{line}"));
        self.entries.insert(value["id"].as_str().unwrap().to_owned(), entry.unwrap().seq);
    }

    fn new() -> Self {
        let mut walk = Self::blank();
        LIFE.iter().for_each(|line| walk.tell(line));
        walk
    }

    fn one(&mut self, line: &str) -> Result<u64, Problem> {
        let mut value: Value = serde_json::from_str(line).unwrap();
        for (key, text) in [("rules", RULES), ("rates", RATES)] {
            if value[key].as_str().is_some_and(|text| text.starts_with('@')) {
                value[key] = text.into();
            }
        }
        let late = value["event"] == "overdue" || self.day > 1;
        if late {
            self.day += 1;
        }
        value["date"] =
            if late { format!("2024-12-{:02}", self.day) } else { "2024-01-02".to_owned() }.into();
        self.book
            .record(event(&value.to_string()), &Settled::options())
            .map(|(entry, _)| entry.unwrap().seq)
    }

    fn tell(&mut self, line: &str) {
        let value: Value = serde_json::from_str(line).unwrap();
        let seq = self.one(line).unwrap_or_else(|problem| panic!("{problem}\n{line}"));
        self.entries.insert(value["id"].as_str().unwrap().to_owned(), seq);
    }

    fn back(&mut self, id: &str) -> Result<u64, Problem> {
        let count = self.book.head().count;
        let line = format!(
            r#"{{"id":"back-{count}","event":"reverse","entry":"{}","reason":"x"}}"#,
            self.entries[id]
        );
        self.one(&line)
    }
}

#[test]
fn what_rests_on_an_entry_is_taken_back_before_it() {
    for Row { after, under, code, first } in ROWS {
        let mut walk = Walk::new();
        after.iter().for_each(|line| walk.tell(line));
        let told = format!("{under} under {first:?}");
        for id in *first {
            let problem = walk.back(under).expect_err(&told);
            assert_eq!(problem.code, *code, "{told}: {problem}");
            if *code == "reverse-later" {
                let last = after.iter().rev().map(|line| {
                    serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned()
                });
                let last: Vec<u64> = last.map(|id| walk.entries[&id]).collect();
                let later = problem.arg("later").unwrap().parse().unwrap();
                assert!(last.contains(&later) && later > walk.entries[*under], "{told}: {later}");
            }
            walk.back(id).unwrap_or_else(|problem| panic!("{told}: {problem}"));
        }
        walk.back(under).unwrap_or_else(|problem| panic!("{told}: {problem}"));
        assert_eq!(audited(walk.book.store()), [], "{told}");
        agree(walk.book.state(), &told);
    }
}

/// A note whose disbursement were taken back under an approval would take the approval's days with it,
/// and the same fee would be paid twice.
#[test]
fn a_fee_is_not_paid_twice_over_a_note_that_went() {
    let mut walk = Walk::new();
    walk.tell(DRAWN_2);
    walk.tell(APPROVED_FEE_2);
    assert_eq!(walk.back("drawn-2").unwrap_err().code, "reverse-later");
    let again = APPROVED_FEE.replace("S-FEE", "S-2");
    assert_eq!(walk.one(&again).unwrap_err().code, "subsidy-exists");
}

/// Once the firm keeps nothing of a line, its evidence may be taken back; the note may not.
#[test]
fn a_line_that_is_clawed_back_holds_its_note_only() {
    let mut walk = Walk::new();
    walk.tell(INTEREST);
    walk.tell(APPROVED);
    walk.tell(NEWLY_PAID);
    assert_eq!(walk.back("interest").unwrap_err().code, "reverse-later");
    walk.tell(r#"{"id":"due-back","event":"claw-back","subsidy":"S","reason":"x"}"#);
    walk.back("interest").unwrap();
    assert_eq!(walk.back("drawn").unwrap_err().code, "reverse-later");
}

#[test]
fn every_event_says_what_may_rest_on_it() {
    let mut words: BTreeSet<String> = BTreeSet::new();
    for Row { after, under, .. } in ROWS {
        let lines =
            after.iter().chain(LIFE).map(|line| serde_json::from_str::<Value>(line).unwrap());
        let named = lines.into_iter().find(|value| value["id"] == *under).unwrap();
        words.insert(named["event"].as_str().unwrap().to_owned());
    }
    let known: BTreeSet<String> = words
        .into_iter()
        .chain(NOTHING.iter().chain(NEVER).map(|word| (*word).to_owned()))
        .collect();
    let all: BTreeSet<String> = VOCABULARY.iter().map(|spec| spec.word.to_owned()).collect();
    assert_eq!(known, all, "a new event says what may rest on it");
}
