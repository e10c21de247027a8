//! The declared shapes of all reports: keys, kinds and order, stated once.

use crate::report::table::{Column, ColumnKind, Shape};

/// Builds columns from a short notation.
macro_rules! columns {
    ($($key:ident $kind:ident),* $(,)?) => {
        &[$(Column { key: stringify!($key), kind: ColumnKind::$kind }),*]
    };
}

/// Defines one shape per name.
macro_rules! shapes {
    ($($(#[$doc:meta])* $constant:ident $name:literal {
        meta [$($meta:tt)*]
        $(form [$($left:ident $right:ident),* $(,)?])?
        rows [$($rows:tt)*]
        $(totals $totals:literal)?
        $(sections { $($section:literal [$($columns:tt)*])* })?
    })*) => {
        $(
            $(#[$doc])*
            pub static $constant: Shape = Shape {
                name: $name,
                meta: columns![$($meta)*],
                form: &[$($((stringify!($left), stringify!($right))),*)?],
                rows: columns![$($rows)*],
                totals: true $(&& $totals)?,
                sections: &[$($(($section, columns![$($columns)*])),*)?],
            };
        )*

        /// Every shape of this file.
        pub static LISTED: &[&Shape] = &[$(&$constant),*];
    };
}

mod guides;
mod proofs;
mod statements;
pub use guides::{GUIDE, GUIDES};
pub use proofs::{CHECK_CHECKPOINT, CHECK_PACK, CHECK_PROOF, CHECKPOINT, PROOF};
pub use statements::{STATEMENT_CHECK, STATEMENT_PROFILES, STATEMENT_SNIFF};

/// Every shape.
pub fn all() -> impl Iterator<Item = &'static Shape> {
    let others = [proofs::LISTED, statements::LISTED, guides::LISTED];
    LISTED.iter().chain(others.into_iter().flatten()).copied()
}

shapes! {
    /// Results of recording files of events, one row per file.
    RECORDED "recorded" {
        meta [entries Integer, root Text, dry_run Bool, consequences Json]
        rows [file Text, recorded Integer, already Integer, reversed_since Integer, rejected Integer]
        totals true
    }
    /// One voucher (记账凭证): the entry with its lines, on balance and off balance.
    VOUCHER "voucher" {
        meta [
            entry Integer, voucher Text, date Date, effective Date, event Word, id Text,
            owner Text, name Text, memo Text, document Text, attachments Integer, maker Text,
            checker Text, approver Text, rules Text, reverses Integer, reversed_by Integer,
            in_words Text, recorded_at Text, already Bool, dry_run Bool, fields Json, working Json, consequences Json,
        ]
        rows [
            account Text, account_name Text, owner Text, fund Word, bank_account Text, party Text,
            loan Text, claim Text, source Word, debit Money, credit Money,
        ]
        totals true
        sections {
            "memo" [
                account Text, account_name Text, owner Text, fund Word, party Text, loan Text,
                claim Text, source Word, debit Money, credit Money,
            ]
        }
    }
    /// Balances per owner and fund as a roll-forward (分县余额表).
    BALANCE "balance" {
        meta [from Date, to Date, known_at Integer, entries Integer, root Text]
        rows [
            owner Text, name Text, fund Word, opening Money, contributions Money, budget Money,
            interest Money, recoveries Money, other_in Money, compensation Money, subsidies Money,
            withdrawals Money, costs Money, other_out Money, closing Money, bank Money,
            receivable Money, payable Money, available Money,
        ]
        totals true
        sections {
            "funds" [
                fund Word, opening Money, contributions Money, budget Money, interest Money,
                recoveries Money, other_in Money, compensation Money, subsidies Money,
                withdrawals Money, costs Money, other_out Money, closing Money, bank Money,
                receivable Money, payable Money, available Money,
            ]
        }
    }
    /// Trial balance (科目余额表).
    TRIAL_BALANCE "trial-balance" {
        meta [
            owner Text, fund Word, from Date, to Date, known_at Integer, digest Text,
            entries Integer, root Text,
        ]
        rows [
            account Text, account_name Text, opening_debit Money, opening_credit Money,
            period_debit Money, period_credit Money, year_debit Money, year_credit Money,
            closing_debit Money, closing_credit Money,
        ]
        totals true
        sections {
            "memo" [
                account Text, account_name Text, opening_debit Money, opening_credit Money,
                period_debit Money, period_credit Money, year_debit Money, year_credit Money,
                closing_debit Money, closing_credit Money,
            ]
        }
    }
    /// Account ledger (明细账): opening, lines, sums of month and year, closing.
    ACCOUNT "account" {
        meta [
            account Text, account_name Text, owner Text, fund Word, bank_account Text, from Date,
            to Date, known_at Integer, entries Integer, root Text,
        ]
        rows [
            row Word, date Date, voucher Text, entry Integer, event Word, memo Text, document Text,
            counter Text, owner Text, fund Word, bank_account Text, debit Money, credit Money,
            side Word, balance Money,
        ]
        totals false
    }
    /// The entries that a figure of the balances consists of.
    EXPLAIN "explain" {
        meta [
            column Word, owner Text, fund Word, from Date, to Date, known_at Integer, total Money,
            entries Integer, root Text,
        ]
        rows [
            date Date, voucher Text, entry Integer, event Word, id Text, memo Text,
            reverses Integer, amount Money,
        ]
        totals true
    }
    /// The three funds against the targets (资金规模).
    SCALE "scale" {
        meta [to Date, known_at Integer, entries Integer, root Text]
        rows [owner Text, name Text, risk Money, int Money, gfee Money, total Money]
        totals true
        sections {
            "targets" [by Date, target Money, reached Money, missing Money]
        }
    }
    /// Enrolled loans, one row each.
    LOANS "loans" {
        meta [entries Integer, root Text]
        rows [
            loan Text, owner Text, firm Text, firm_name Text, lender Text, guarantor Text,
            contract Text, amount Money, drawn Money, balance Money, rate Rate, enrolled Date,
            due Date, state Word, rules Text,
        ]
        totals true
        sections {
            "applications" [
                loan Text, owner Text, firm Text, firm_name Text, lender Text, guarantor Text,
                amount Money, applied Date, state Word, purpose Text,
            ]
        }
    }
    /// One loan with its notes and their history.
    LOAN "loan" {
        meta [
            loan Text, owner Text, firm Text, firm_name Text, lender Text, guarantor Text,
            contract Text, amount Money, signed Date, enrolled Date, due Date, rate Rate,
            security Text, firm_class Text, first_loan Bool, day_count Word, renews Text,
            drawing_of Text, rules Text, rules_since Integer, removed Date,
            entries Integer, root Text,
        ]
        rows [
            note Text, amount Money, drawn_on Date, due Date, state Word, balance Money,
            exposure Money, npl Date,
        ]
        totals true
        sections {
            "changes" [note Text, date Date, event Word, to Date, rate Rate, amount Money]
            "interest_paid" [
                note Text, date Date, from Date, to Date, amount Money, instalment Bool,
            ]
            "fees_paid" [
                date Date, from Date, to Date, rate Rate, amount Money, refunded Money,
                instalment Bool,
            ]
            "other_benefits" [note Text, scheme Text, from Date, to Date, amount Money]
            "qualifications" [qualification Text, number Text, from Date, to Date, lost Bool]
            "claims" [claim Text, filed Date, state Word, base Money, approved Money, paid Money, recovered Money]
            "subsidies" [subsidy Text, programme Word, period Text, state Word, amount Money, paid Money]
            "steps" [
                date Date, entry Integer, event Word, step Word, state Word, opinion Text,
                document Text, maker Text, checker Text, approver Text,
            ]
        }
    }
    /// Claims for compensation (补偿逐笔明细).
    CLAIMS "claims" {
        meta [entries Integer, root Text]
        rows [
            claim Text, owner Text, loan Text, note Text, filed Date, state Word, base Money,
            claimed Money, approved Money, approved_on Date, paid Money, recovered Money,
            written_off Money, open Money, payee Text, payee_account Text, payee_bank Text,
            lawsuit Text, base_interest Money, collateral Money, other Money, supplement Text,
            trail Text,
        ]
        totals true
        sections {
            "steps" [
                date Date, entry Integer, event Word, step Word, state Word, opinion Text,
                document Text, maker Text, checker Text, approver Text,
            ]
        }
    }
    /// Use of every ceiling (限额占用表).
    CAPS "caps" {
        meta [entries Integer, root Text]
        rows [
            kind Word, programme Word, subject Text, name Text, year Integer, rules Text,
            limit Money, used Money, held Money, left Money,
        ]
        totals false
        sections {
            "uses" [
                kind Word, programme Word, subject Text, year Integer, entry Integer, date Date,
                owner Text, used_by Text, state Word, amount Money,
            ]
        }
    }
    /// State of each pool, its leverage and the circuit breaker.
    POOLS "pools" {
        meta [date Date, entries Integer, root Text]
        rows [
            owner Text, name Text, state Word, since Date, document Text, paid_in Money,
            cash Money, counts Word, counted_loans Money, pool Money, times Integer, room Money,
            noted Integer,
        ]
        totals false
        sections {
            "breakers" [
                scope Word, owner Text, lender Text, ratio Word, numerator Money,
                denominator Money, percent Text, warn Text, stop Text, breaker Word, since Date,
                entry Integer, release_document Text, released_on Date,
            ]
        }
    }
    /// One bank account against its statement (银行存款余额调节表).
    RECONCILE "reconcile" {
        meta [
            not_made Word, bank_account Text, owner Text, name Text, fund Word, bank_name Text, number Text,
            currency Text, from Date, to Date, statement_to Date, gaps Integer,
            waiting_statements Integer, sources Integer,
            statement_balance Money, book_received Money, book_paid Money,
            adjusted_statement Money, book_balance Money, bank_received Money, bank_paid Money,
            adjusted_book Money, difference Money, unexplained Money, statement_gap Money,
            matched Integer, agrees Bool, entries Integer, root Text,
        ]
        form [
            book_balance statement_balance, bank_received book_received, bank_paid book_paid,
            adjusted_book adjusted_statement,
        ]
        rows [
            item Word, date Date, amount Money, memo Text, counterparty Text, voucher Text,
            entry Integer, row Integer, age Integer, serial Text, line Text, state Word,
            cleared Date,
        ]
        totals false
    }
    /// State of the reconciliation of every bank account.
    RECONCILE_STATUS "reconcile-status" {
        meta [date Date, accounts_count Integer, accounts_open Integer, entries Integer, root Text]
        rows [
            bank_account Text, owner Text, name Text, fund Word, to Date, tied_to Date,
            statement_to Date, book_balance Money, statement_balance Money, difference Money,
            unexplained Money, bank_items Integer, book_items Integer, proposed Integer,
            oldest Integer, aged Integer, gaps Integer, waiting_statements Integer,
            sources Integer, source_differences Integer, certified_to Date, certificate Word,
            broken_by Integer, ok Bool,
        ]
        totals false
    }
    /// Lines of the statement with the postings that they are matched with (银行流水匹配表).
    BANK_LINES "bank-lines" {
        meta [
            bank_account Text, owner Text, name Text, from Date, to Date, statement_to Date,
            matched Integer, proposed Integer, open_lines Integer, book_open Integer,
            entries Integer, root Text,
        ]
        rows [
            serial Text, line Text, date Date, bank_side Word, amount Money, balance Money,
            counterparty Text, account_number Text, memo Text, vouchers Text, postings Text,
            method Word, score Integer, difference Money, state Word, group Integer,
        ]
        totals false
        sections {
            "open_book" [
                posting Text, date Date, amount Money, memo Text, document Text, voucher Text,
                state Word, group Integer,
            ]
        }
    }
    /// Probable errors behind each open line.
    SUGGESTIONS "suggestions" {
        meta [
            bank_account Text, owner Text, name Text, to Date, difference Money,
            open_items Integer, named Integer, drafts Integer, explained Bool, searched Integer,
            entries Integer, root Text,
        ]
        rows [
            place Integer, rank Integer, item Word, date Date, amount Money, line Text,
            fault Word, why Json, involved Text, missing_fields Text, draft_events Integer, draft Json,
        ]
        totals false
        sections {
            "explanations" [set Integer, fault Word, amount Money, involved Text]
        }
    }
    /// Matches that a person confirmed or withdrew.
    CONFIRMED "confirmed" {
        meta [dry_run Bool, entries Integer, root Text]
        rows [
            matching Text, bank_account Text, date Date, lines Text, postings Text, outcome Word,
            entry Integer,
        ]
        totals false
    }
    /// Certificates that bank accounts agree with their statements on a day.
    CERTIFICATES "certificates" {
        meta [certificates Integer, broken Integer, entries Integer, root Text]
        rows [
            bank_account Text, owner Text, name Text, date Date, entry Integer, state Word,
            broken_by Integer, statement_balance Money, book_balance Money, difference Money,
            adjusted Money, open_items Integer, sources Integer, maker Text, checker Text,
            rests_on Integer,
        ]
        totals false
        sections {
            "certified_items" [
                bank_account Text, to Date, item Word, date Date, amount Money, line Text,
                age Integer,
            ]
        }
    }
    /// Two sources of one bank account, line by line.
    SOURCES "sources" {
        meta [
            bank_account Text, owner Text, name Text, sources Integer, from Date, to Date,
            source_differences Integer, entries Integer, root Text,
        ]
        rows [
            channel Text, mismatch Word, date Date, line Text, amount Money, balance Money, memo Text,
            counterparty Text, other_date Date, other_line Text, other_amount Money,
            other_balance Money, other_memo Text, other_counterparty Text, file Text,
            row Integer, other_file Text, other_row Integer,
        ]
        totals false
        sections {
            "channels" [
                channel Text, from Date, to Date, statements Integer, movements Integer,
                fetched_by Text,
            ]
        }
    }
    /// Statement, book and the bank's list of loans of one owner (三方核对).
    THREE_WAY "three-way" {
        meta [
            owner Text, name Text, date Date, listed Integer, list_balance Money, book_notes Integer,
            register_balance Money, list_difference Money, left_out Integer, differences Integer,
            accounts_open Integer, tied Bool, entries Integer, root Text,
        ]
        rows [
            mismatch Word, note Text, lender Text, firm_name Text, list_balance Money,
            book_balance Money, amount Money, list_class Text, book_class Word, file Text,
            row Integer, cause Word, cause_detail Text,
        ]
        totals false
        sections {
            "accounts" [
                bank_account Text, fund Word, statement_to Date, statement_balance Money,
                book_balance Money, difference Money, adjusted_statement Money,
                adjusted_book Money, open_items Integer, agrees Bool,
            ]
            "items" [
                bank_account Text, item Word, date Date, amount Money, memo Text,
                counterparty Text, voucher Text, entry Integer, row Integer, age Integer,
            ]
            "lenders" [
                lender Text, name Text, listed Integer, list_balance Money, book_notes Integer,
                register_balance Money, list_difference Money,
            ]
        }
    }
    /// Results of importing the bank's files.
    STATEMENT_IMPORT "statement-import" {
        meta [bank_account Text, dry_run Bool, entries Integer, root Text, consequences Json]
        rows [
            file Text, outcome Word, status Word, from Date, to Date, opening Money, closing Money,
            movements Integer, row Integer, expected Money, found Money, gap Money, entry Integer,
            statement Text,
        ]
        totals false
    }
    /// Bank statements of the book, with their status.
    STATEMENTS "statements" {
        meta [bank_account Text, known_at Integer, entries Integer, root Text]
        rows [
            bank_account Text, channel Text, file Text, status Word, from Date, to Date,
            opening Money, closing Money, movements Integer, reason Word, against_entry Integer,
            row Integer, expected Money, found Money, gap Money, gap_reason Text, maker Text,
            fetched_by Text, entry Integer, undone_by Integer, statement Text,
        ]
        totals false
    }
    /// Lines of the bank statements that count (银行流水).
    STATEMENT_LINES "statement-lines" {
        meta [
            bank_account Text, channel Text, from Date, to Date, known_at Integer,
            entries Integer, root Text,
        ]
        rows [
            date Date, money_in Money, money_out Money, balance Money, counterparty Text,
            counterparty_account Text, memo Text, serial Text, file Text, row Integer,
            entry Integer, matched_by Integer, line Text,
        ]
        totals true
    }
    /// Subsidies of a quarter, as computed or as posted.
    SUBSIDIES "subsidies" {
        meta [quarter Text, posted Integer, already Integer, dry_run Bool, entries Integer, root Text, consequences Json]
        rows [
            programme Word, owner Text, loan Text, note Text, firm Text, firm_name Text,
            payee Text, days Integer, computed Money, amount Money, reason Word,
            reason_detail Text,
        ]
        totals true
    }
    /// Payments of approved subsidies.
    PAYMENTS "payments" {
        meta [quarter Text, date Date, dry_run Bool, entries Integer, root Text, consequences Json]
        rows [
            subsidy Text, programme Word, owner Text, loan Text, firm Text, firm_name Text,
            payee_account Text, payee_bank Text, bank_account Text, amount Money, paid Bool,
        ]
        totals true
    }
    /// Obstacles to a close.
    CLOSE_PREVIEW "close-preview" {
        meta [owner Text, name Text, from Date, to Date, entries Integer, root Text]
        rows [severity Word, item Word, fund Word, subject Text, amount Money]
        totals false
    }
    /// Deposit interest shared among the owners of an account.
    INTEREST_SPLIT "interest-split" {
        meta [
            bank_account Text, fund Word, from Date, to Date, amount Money, rate Rate,
            computed Money, difference Money, tolerance Money, agrees Bool, posted Integer,
            already Integer, dry_run Bool, entries Integer, root Text, consequences Json,
        ]
        rows [owner Text, name Text, day_sum Text, amount Money]
        totals true
    }
    /// Settled subsidies computed again: recorded amount, recomputed amount, and the difference.
    RECOMPUTE "recompute" {
        meta [
            since Text, until Text, date Date, posted Integer, dry_run Bool, entries Integer,
            root Text, consequences Json,
        ]
        rows [
            programme Word, period Text, owner Text, loan Text, note Text, firm Text,
            firm_name Text, subsidy Text, standing Money, recomputed Money, difference Money,
            reduced Money, clawed_back Money, added Money, waiting Money, effective Date,
        ]
        totals true
        sections {
            "causes" [
                programme Word, period Text, loan Text, note Text, entry Integer, event Word,
                effective Date,
            ]
            "cap_room" [programme Word, firm Text, year Integer, amount Money]
        }
    }
    /// The working of one subsidy, step by step.
    WORKING "working" {
        meta [
            subsidy Text, programme Word, owner Text, loan Text, note Text, firm Text,
            firm_name Text, period Text, state Word, amount Money, paid Money, entry Integer,
            entries Integer, root Text,
        ]
        rows [step Word, facts Json, result Text]
        totals false
        sections {
            "steps" [
                date Date, entry Integer, event Word, step Word, state Word, opinion Text,
                document Text, maker Text, checker Text, approver Text,
            ]
        }
    }
    /// The quarterly run.
    QUARTER "quarter" {
        meta [
            quarter Text, from Date, to Date, recorded Integer, already Integer, subsidy_lines Integer,
            subsidies_amount Money, dry_run Bool, entries Integer, root Text, consequences Json,
        ]
        rows [
            owner Text, name Text, fund Word, opening Money, contributions Money, budget Money,
            interest Money, recoveries Money, other_in Money, compensation Money, subsidies Money,
            withdrawals Money, costs Money, other_out Money, closing Money, bank Money,
            receivable Money, payable Money, available Money,
        ]
        totals true
        sections {
            "accounts" [
                bank_account Text, owner Text, fund Word, to Date, statement_balance Money,
                book_balance Money, difference Money, adjusted_statement Money,
                adjusted_book Money, open_items Integer, agrees Bool,
            ]
            "items" [
                bank_account Text, item Word, date Date, amount Money, memo Text,
                counterparty Text, voucher Text, entry Integer, row Integer, age Integer,
            ]
            "unpaid_subsidies" [
                programme Word, owner Text, subsidy_lines Integer, amount Money,
            ]
            "no_subsidy" [
                programme Word, owner Text, loan Text, firm Text, firm_name Text, computed Money,
                reason Word, reason_detail Text,
            ]
            "open_claims" [
                claim Text, owner Text, loan Text, state Word, base Money, approved Money,
                paid Money, open Money,
            ]
        }
    }
    /// Findings of a full check.
    VERIFY "verify" {
        meta [entries Integer, root Text, bytes Integer, lines Integer, memo_lines Integer, debit Money, credit Money, index_compared Bool, being_written_bytes Integer, being_written_lines Integer, findings Integer, causes Integer]
        rows [finding_number Integer, consequence_of Integer, check Text, what Text, place Text, why Text, next Text]
        totals false
        sections {
            "compared" [against Text, kind Word, size Integer, result Word]
            "checks" [check Text, looked_at Integer, findings Integer, why Text]
        }
    }
    /// Entries recorded long after their business date, or before it.
    LATE "late" {
        meta [days Integer, after_entry Integer, entries Integer, root Text]
        rows [
            entry Integer, owner Text, voucher Text, event Word, date Date, effective Date,
            recorded_at Text, days_late Integer, days_ahead Integer, document Text, maker Text,
            checker Text,
        ]
        totals false
    }
    /// A book that was backed up or restored.
    BACKUP "backup" {
        meta [
            file Text, book Text, city Text, name Text, entries Integer, bytes Integer, root Text,
            findings Integer, dry_run Bool,
        ]
        rows []
        totals false
    }
    /// A rebuilt index, or a new book.
    BOOK "book" {
        meta [book Text, city Text, name Text, entries Integer, root Text]
        rows []
        totals false
    }
}
