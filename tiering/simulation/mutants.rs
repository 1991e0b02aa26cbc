//! Rules that a run may break, to see that it is noticed.

/// What a world does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mutant {
    /// A create without an answer counts as written.
    BelievesLostCreates,
    /// Another body under the key counts as one's own.
    BelievesOtherBodies,
    /// A log that is not the tier's continuation is not cut.
    KeepsDivergentLogs,
    /// Local bytes go when a version is sent, not when it is confirmed.
    DeletesBeforeConfirmation,
    /// What no version names goes, whoever wrote it.
    SweepsTheLiving,
    /// Garbage goes at once.
    HasNoGrace,
    /// All leaders have one token.
    HasNoFence,
    /// An upload without an answer counts as done.
    BelievesLostUploads,
    /// Retention keeps for seconds what is meant to stay for hours.
    RetainsTooLittle,
    /// A version that cannot be read is none: the one before it is the newest, and its place is free.
    OverlooksUnreadable,
    /// A repair believes older versions alone, and not the objects.
    RepairsTooLittle,
    /// A topic is emptied whether or not its mark is there.
    EmptiesWithoutMark,
    /// Where one topic is emptied, all are.
    EmptiesNeighbours,
    /// A topic's end is said and not written.
    EndsNothing,
}

/// All of them.
pub(super) const ALL: [Mutant; 14] = [
    Mutant::BelievesLostCreates,
    Mutant::BelievesOtherBodies,
    Mutant::KeepsDivergentLogs,
    Mutant::DeletesBeforeConfirmation,
    Mutant::SweepsTheLiving,
    Mutant::HasNoGrace,
    Mutant::HasNoFence,
    Mutant::BelievesLostUploads,
    Mutant::RetainsTooLittle,
    Mutant::OverlooksUnreadable,
    Mutant::RepairsTooLittle,
    Mutant::EmptiesWithoutMark,
    Mutant::EmptiesNeighbours,
    Mutant::EndsNothing,
];
