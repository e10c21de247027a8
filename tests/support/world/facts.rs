//! Facts of a random life on which subsidies rest.

use super::{Maker, pick};
use poolbook::domain::loan::Loan;
use serde_json::{Value, json};

impl Maker<'_> {
    /// Qualifications of firms, fees given back, benefits of other programmes.
    pub(super) fn fact(&self, kind: &str) -> Value {
        let date = self.day().to_string();
        let firm = pick(&["FIRM", "FIRM-410821", "FIRM-410822", "BANK"], self.step.a);
        let which = pick(&["technology-sme", "high-tech"], self.step.b);
        let end = Self::after(self.day(), u16::from(self.step.b)).to_string();
        match kind {
            "qualify" => json!({"date": date, "firm": firm, "qualification": which, "from": date,
                "to": end}),
            "disqualify" => json!({"date": date, "firm": firm, "from": date, "reason": "到期",
                "qualification": which.filter(|_| self.step.b.is_multiple_of(3))}),
            _ => self.of_benefit(kind, &date, &end),
        }
    }

    fn of_benefit(&self, kind: &str, date: &str, end: &str) -> Value {
        let refund = kind == "fee-refunded";
        let fits = |loan: &&Loan| !refund || !loan.fees.is_empty() || self.step.twist % 8 == 2;
        let loans: Vec<&Loan> = self.state.loans.iter().filter(fits).collect();
        let loan = pick(&loans, self.step.a);
        let id = loan.map_or("NONE", |loan| loan.id.as_str());
        let fee = loan.and_then(|loan| loan.fees.last()).filter(|_| refund);
        let date = fee.map_or_else(|| date.to_owned(), |fee| self.day_from(fee.paid));
        let mut value = json!({"date": date, "loan": id});
        value["amount"] = self.amount(fee.map_or(2_000_000, |fee| fee.amount.fen())).into();
        if !refund {
            value["scheme"] = "省级贴息".into();
            value["from"] = date.into();
            value["to"] = end.into();
            let note =
                loan.and_then(|loan| pick(&loan.notes.iter().collect::<Vec<_>>(), self.step.b));
            value["note"] = note.map(|note| note.id.to_string()).into();
        }
        value
    }
}
