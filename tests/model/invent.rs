//! Random events of the books, the pools and the steps of a workflow.

use super::books::last_day;
use super::generate::Maker;
use serde_json::{Value, json};

impl Maker<'_> {
    /// A month, a quarter or a year that lies behind, mostly dated its last day.
    pub(super) fn close(&self) -> Value {
        let step = self.step;
        let period = match step.b % 8 {
            0 | 1 => self.day(-250)[..4].to_owned(),
            2 | 3 => {
                let day = self.day(-110);
                let month: u8 = day[5..7].parse().unwrap();
                format!("{}Q{}", &day[..4], month.div_ceil(3))
            }
            _ => self.day(-50)[..7].to_owned(),
        };
        let last = last_day(&period);
        let date = if step.twist % 16 == 3 { self.day(-50) } else { last };
        let mut event = json!({"owner": self.owner(), "period": period, "date": date});
        if step.day.is_multiple_of(4) {
            event["stage"] = "soft".into();
        }
        self.people(event)
    }
}
