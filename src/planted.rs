//! Bugs planted on purpose, so that the tests are tested: whoever guards against one must fail
//! while it is there (`tests/planted.rs`).
//!
//! Without the feature `planted-bugs` the answer is a constant `false`, and the compiler leaves
//! nothing of it. With the feature the tests switch on one bug at a time; nothing else can, no
//! environment and no setting. A program to be used is never built with it.

/// One bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Bug {
    /// A group is acknowledged without a sync of the journal.
    AcknowledgedUnsynced = 1,
    /// The head counts a group before the group is on the disk.
    HeadBeforeData,
    /// Every slot is written to the same place of the head.
    HeadNotAlternating,
    /// The names of a new book are not made durable.
    NamesUnsynced,
    /// The journal's name is not durable when the head's is.
    HeadNamedFirst,
    /// The checksum of a line is not compared.
    LineChecksumIgnored,
    /// The checksum of a slot of the head is not compared.
    SlotChecksumIgnored,
    /// A journal that is shorter than the head says is accepted.
    ShortJournalAccepted,
    /// An unfinished group at the end is counted.
    TornGroupCounted,
    /// A sync that failed is tried again, and its success believed.
    SyncTriedAgain,
    /// A write that failed is tried again through the same handle.
    WriteTriedAgain,
    /// The handle goes on after a failure.
    PoisonForgotten,
    /// The copy of a torn tail is not durable when the tail is cut.
    QuarantineUnsynced,
    /// The tail is cut before it is copied.
    CutBeforeCopy,
    /// A torn tail is taken for damage.
    TornTailIsDamage,
    /// Damage behind the head is taken for a torn tail.
    DamageIsTornTail,
    /// Entries found behind the head are counted in it without being made durable.
    TailBelieved,
    /// After a sync that failed in an earlier process, one that succeeds is believed.
    LaterSyncBelieved,
    /// A slot left by an earlier process is taken to be on the disk.
    SlotBelieved,
    /// The root of the journal is not compared with that of the head.
    RootNotCompared,
    /// The index is believed without leading to the journal.
    IndexBelieved,
    /// The older of two slots counts.
    OlderSlotCounts,
    /// A leaf of the tree is hashed with the prefix of a node.
    LeafPrefix,
    /// A group that was given up stays in the file.
    TailLeft,
    /// Whoever is refused leaves a lock file.
    RefusalLeavesLock,
    /// A panic of the index is passed on.
    IndexUnguarded,
    /// One person may make and check.
    SamePerson,
    /// Half a fen is rounded to the even one.
    HalfEven,
    /// A voucher number is given twice.
    VoucherTwice,
    /// A closed period takes entries.
    ClosedPeriodOpen,
    /// Debit and credit are exchanged in one posting.
    SidesExchanged,
    /// The credit of a posting is missing.
    CellUnbalanced,
    /// An entry is reversed again.
    ReversedTwice,
    /// Claims do not count in their ceilings.
    CapsUncounted,
    /// Another event under a known id passes for recorded already.
    IdReused,
    /// Sums wrap around instead of being refused.
    SumWraps,
    /// The time of recording may go back.
    ClockBack,
    /// The auditor passes over entries that do not balance.
    AuditorBlind,
    /// The auditor passes over gaps among the vouchers.
    GapAccepted,
    /// A backup gets its name before its bytes are on the disk.
    BackupUnsynced,
    /// A backup is told to be there before its name is durable.
    BackupNameUnsynced,
    /// The head of a restored book counts lines that are not on the disk.
    RestoredUnsynced,
    /// The leaf hashes are told to be kept before their name is durable.
    LeavesNameUnsynced,
    /// A disk that does not answer has said that there is nothing, and nothing asks again whether an
    /// index is empty before entries are taken in.
    SilenceIsAbsence,
    /// A key of a working is out of its order.
    KeysUnsorted,
    /// Whatever is found behind the head is counted.
    TailUnjudged,
}

/// Whether a bug is there: never.
#[cfg(not(feature = "planted-bugs"))]
pub const fn planted(_: Bug) -> bool {
    false
}

#[cfg(feature = "planted-bugs")]
static PLANTED: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

/// Whether a bug is there.
#[cfg(feature = "planted-bugs")]
pub fn planted(bug: Bug) -> bool {
    PLANTED.load(std::sync::atomic::Ordering::Relaxed) == bug as u8
}

/// Plants a bug in the place of any other, or removes the last one.
#[cfg(feature = "planted-bugs")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.store(bug.map_or(0, |bug| bug as u8), std::sync::atomic::Ordering::SeqCst);
}
