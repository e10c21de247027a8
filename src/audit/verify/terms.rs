//! Who bears what of a loan under rules: by the sharing table, or by shares of its own.

use crate::domain::event::{Enrol, Event};
use crate::domain::money::Money;
use crate::domain::rate::Share;
use crate::domain::rules::band::{LoanFacts, months_between};
use crate::domain::rules::words::Side;
use crate::domain::rules::{RuleSet, Sharing};
use compact_str::CompactString;

/// What an enrolment tells of who bears a loss.
pub(super) struct Terms {
    firm_class: Option<CompactString>,
    security: Option<CompactString>,
    first_loan: bool,
    guaranteed: bool,
    tenor_months: u32,
    amount: Money,
    pool_share: Option<Share>,
    guarantor_share: Option<Share>,
}

impl Terms {
    /// Those of an enrolment.
    pub fn of(own: &Enrol, event: &Event) -> Self {
        Self {
            firm_class: own.firm_class.clone(),
            security: own.security.clone(),
            first_loan: own.first_loan.unwrap_or(false),
            guaranteed: own.guarantor.is_some(),
            tenor_months: months_between(own.signed.unwrap_or(event.happened()), own.due),
            amount: own.amount,
            pool_share: own.pool_share,
            guarantor_share: own.guarantor_share,
        }
    }

    fn table(&self, rules: Option<&RuleSet>) -> Option<Sharing> {
        rules?.sharing(&LoanFacts {
            firm_class: self.firm_class.as_deref(),
            security: self.security.as_deref(),
            first_loan: self.first_loan,
            guaranteed: self.guaranteed,
            tenor_months: self.tenor_months,
            amount: self.amount,
        })
    }

    /// Who bears what under rules.
    pub fn sharing(&self, rules: Option<&RuleSet>) -> Sharing {
        let table = self.table(rules).unwrap_or(Sharing {
            pool: self.pool_share.unwrap_or(Share::ZERO),
            guarantor: Share::ZERO,
            bank: self.pool_share.unwrap_or(Share::ZERO).rest(),
            balancing: Side::Bank,
        });
        // Shares of its own were held to the whole when the loan was decided; the bank bears the rest.
        let Some(pool) = self.pool_share.or(self.guarantor_share.map(|_| table.pool)) else {
            return table;
        };
        let guarantor = self.guarantor_share.unwrap_or(table.guarantor);
        let (p, g) = (pool.fraction(), guarantor.fraction());
        let rest = p.plus(g).map(|taken| taken.reduced().parts()).unwrap_or((1, 1));
        let bank = Share::new(rest.1 - rest.0, rest.1).unwrap_or(Share::ZERO);
        Sharing { pool, guarantor, bank, balancing: Side::Bank }
    }

    /// Whether rules say who bears what of it: there is a row for it or a share of its own, its own
    /// shares are no more than the whole, and one of the pool alone leaves nothing of a guarantor's
    /// open.
    pub fn is_shared(&self, rules: &RuleSet) -> bool {
        let Some(table) = self.table(Some(rules)) else {
            let guarantor = self.guarantor_share.unwrap_or(Share::ZERO);
            return self.pool_share.is_some_and(|pool| fits(pool, guarantor));
        };
        let exact = |share: Share| share.fraction().reduced().parts();
        let other = self.pool_share.is_some_and(|pool| exact(pool) != exact(table.pool));
        if self.guarantor_share.is_none() && other && exact(table.guarantor).0 > 0 {
            return false;
        }
        let pool = self.pool_share.unwrap_or(table.pool);
        fits(pool, self.guarantor_share.unwrap_or(table.guarantor))
    }
}

/// Whether two shares together are at most the whole.
fn fits(pool: Share, guarantor: Share) -> bool {
    let taken = pool.fraction().plus(guarantor.fraction()).map(|taken| taken.reduced().parts());
    taken.is_ok_and(|(part, whole)| part <= whole)
}
