//! What a check of the bucket found.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It costs money and harms nothing.
    Notice,
    /// Something that was written is not there as it was written.
    Damage,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// No generation was ever claimed.
    GenerationMissing,
    /// The newest cluster snapshot is not there.
    SnapshotMissing,
    /// The newest cluster snapshot is not what was written.
    SnapshotDamaged,
    /// A topic's file is missing or damaged: its name is known to the cluster only.
    TopicFileDamaged,
    /// A partition has objects and no version of its manifest.
    ManifestMissing,
    /// A version is not what was written.
    ManifestDamaged,
    /// A number is missing between two versions.
    ManifestGap,
    /// A version contradicts the one before it.
    ManifestOrder,
    /// A version names a page that is not there.
    PageMissing,
    /// A page is not what was written.
    PageDamaged,
    /// Entries do not abut.
    EntryGap,
    /// A version names an object that is not there.
    ObjectMissing,
    /// An object is not what was written.
    ObjectDamaged,
    /// No version names the object or page.
    Unreferenced,
    /// The key is of no form that the tier writes.
    UnknownKey,
}

impl FindingKind {
    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::Unreferenced | Self::UnknownKey => Severity::Notice,
            _ => Severity::Damage,
        }
    }

    /// Its name in what programs read.
    pub fn name(self) -> &'static str {
        match self {
            Self::GenerationMissing => "generation-missing",
            Self::SnapshotMissing => "snapshot-missing",
            Self::SnapshotDamaged => "snapshot-damaged",
            Self::TopicFileDamaged => "topic-file-damaged",
            Self::ManifestMissing => "manifest-missing",
            Self::ManifestDamaged => "manifest-damaged",
            Self::ManifestGap => "manifest-gap",
            Self::ManifestOrder => "manifest-order",
            Self::PageMissing => "page-missing",
            Self::PageDamaged => "page-damaged",
            Self::EntryGap => "entry-gap",
            Self::ObjectMissing => "object-missing",
            Self::ObjectDamaged => "object-damaged",
            Self::Unreferenced => "unreferenced",
            Self::UnknownKey => "unknown-key",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// Of which partition, `topic-partition`, or topic; empty where it is the cluster's.
    pub of: String,
    /// Under which key.
    pub key: String,
    /// What exactly.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if !self.of.is_empty() {
            write!(f, " {}", self.of)?;
        }
        write!(f, ": {}: {}", self.key, self.detail)
    }
}

/// What was checked, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Topics that were checked.
    pub topics: u64,
    /// Topics that are being deleted and were passed over.
    pub deleted_topics: u64,
    /// Partitions that were checked.
    pub partitions: u64,
    /// Manifest versions that were read.
    pub versions: u64,
    /// Pages that were read.
    pub pages: u64,
    /// Objects that were checked.
    pub objects: u64,
    /// Bytes of log that were read and compared with their checksums.
    pub log_bytes: u64,
    /// Objects and pages that wait for their deletion.
    pub garbage: u64,
    /// Everything that was found, in the order of the bucket.
    pub findings: Vec<Finding>,
}

impl VerifyReport {
    pub(super) fn find(&mut self, kind: FindingKind, of: &str, key: impl Into<String>, detail: impl ToString) {
        self.findings.push(Finding { kind, of: of.to_owned(), key: key.into(), detail: detail.to_string() });
    }

    /// Findings of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.kind.severity() == severity).count()
    }

    /// Whether everything that was written is there as it was written.
    pub fn is_sound(&self) -> bool {
        self.count(Severity::Damage) == 0
    }

    /// Takes in what a check of another part found.
    pub fn merge(&mut self, other: VerifyReport) {
        self.topics += other.topics;
        self.deleted_topics += other.deleted_topics;
        self.partitions += other.partitions;
        self.versions += other.versions;
        self.pages += other.pages;
        self.objects += other.objects;
        self.log_bytes += other.log_bytes;
        self.garbage += other.garbage;
        self.findings.extend(other.findings);
    }
}
