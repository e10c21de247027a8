//! A small state in which one loan is told again.

use super::State;
use crate::domain::loan::Loan;
use crate::domain::text::Id;

impl State {
    /// What the facts of one loan are decided by: the loan, its claims, and what is the book's. Nothing
    /// of other loans, of money or of counters is in it. Cost: owners, bank accounts, rules.
    pub(crate) fn around(&self, loan: &Loan) -> Self {
        let claims = loan.notes.iter().flat_map(|note| &note.claims);
        let party = |id: &Id| self.parties.get(id).cloned();
        let parties = [Some(&loan.firm), Some(&loan.bank), loan.guarantor.as_ref()];
        Self {
            settings: self.settings.clone(),
            owners: self.owners.clone(),
            parties: parties.into_iter().flatten().filter_map(party).collect(),
            bank_accounts: self.bank_accounts.clone(),
            adopted_rules: self.adopted_rules.clone(),
            rules: self.rules.clone(),
            loans: [loan.clone()].into_iter().collect(),
            claims: claims.filter_map(|id| self.claims.get(id)).cloned().collect(),
            ..Self::default()
        }
    }

    /// Forgets a claim whose filing is taken back, so that it can be filed again.
    pub(crate) fn forget_claim(&mut self, id: &Id) {
        self.claims = self.claims.iter().filter(|claim| claim.id != *id).cloned().collect();
    }
}
