//! Where events come from: files, folders, the command line, a list in memory.

use crate::domain::event::Event;
use crate::problem::Problem;

/// A source of events that can be gone through twice: once for the ids, so that the new ones can be
/// counted before the first is written, and once for the events themselves.
pub trait EventSource {
    /// Hands over the id of every event, in order. Cheaper than [`EventSource::events`].
    ///
    /// # Errors
    /// What cannot be read, or the visitor's own problem.
    fn ids(&mut self, visit: &mut dyn FnMut(&str) -> Result<(), Problem>) -> Result<(), Problem>;

    /// Hands over every event with the row it came from (counted as the file counts), in order.
    ///
    /// # Errors
    /// What cannot be read, or the visitor's own problem.
    fn events(
        &mut self,
        visit: &mut dyn FnMut(Event, u64) -> Result<(), Problem>,
    ) -> Result<(), Problem>;

    /// True where the events tell what others have done already, such as the loans that a bureau
    /// has enrolled on paper: see [`crate::domain::decide::Limits::Noted`].
    fn tells_the_past(&self) -> bool {
        false
    }
}

impl EventSource for Vec<Event> {
    fn ids(&mut self, visit: &mut dyn FnMut(&str) -> Result<(), Problem>) -> Result<(), Problem> {
        self.iter().try_for_each(|event| visit(&event.id))
    }

    fn events(
        &mut self,
        visit: &mut dyn FnMut(Event, u64) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        (1..).zip(self.iter()).try_for_each(|(row, event)| visit(event.clone(), row))
    }
}
