//! Which lines of a bank account belong together, by what persons confirmed and by the thresholds in
//! force.

use super::Channel;
use crate::audit::reconcile::{BookLine, Confirmed, Matching, Settings, match_lines};
use crate::book::Book;
use crate::domain::statement::facts::Thresholds;
use crate::store::Store;

/// Days after which an open item is pointed out where the book does not say otherwise.
pub const AGE_WARN_DAYS: i64 = 30;

/// The thresholds of matching; what was never told is as it is by default.
pub fn settings(told: Option<&Thresholds>) -> Settings {
    let mut settings = Settings::default();
    let Some(told) = told else { return settings };
    let days = |told: Option<u64>, stood: i64| {
        told.and_then(|days| i64::try_from(days).ok()).unwrap_or(stood)
    };
    let score = |told: Option<u64>, stood: u32| {
        told.and_then(|score| u32::try_from(score).ok()).unwrap_or(stood)
    };
    settings.match_score = score(told.match_score, settings.match_score);
    settings.propose_score = score(told.propose_score, settings.propose_score);
    settings.days_near = days(told.days_near, settings.days_near);
    settings.days_far = days(told.days_far, settings.days_far);
    settings.steps_max = told.steps_max.unwrap_or(settings.steps_max);
    let most = told.subset_max.and_then(|most| usize::try_from(most).ok());
    settings.subset_max = most.unwrap_or(settings.subset_max);
    settings
}

impl<S: Store> Book<S> {
    /// What belongs together of both sides of a bank account, as a journal of so many entries knows
    /// it. Cost: as [`match_lines`].
    pub fn matching(
        &self,
        channel: &Channel,
        book: &[BookLine],
        known_at: Option<u64>,
    ) -> Matching {
        let confirmed: Vec<Confirmed> = self
            .confirmed(&channel.bank_account, known_at)
            .into_iter()
            .map(|one| Confirmed {
                entry: one.entry,
                lines: one.lines.clone(),
                postings: one.postings.clone(),
            })
            .collect();
        match_lines(&channel.lines, book, &confirmed, &settings(self.thresholds(known_at)))
    }
}
