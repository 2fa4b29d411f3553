//! What reading the whole ledger again found, whatever the engine.

use std::fmt;

use crate::{Head, Seq};

/// Faults listed at most; the rest is only counted, so a ruined file does not fill memory.
pub const FAULTS_MAX: usize = 1000;

/// Result of [`Ledger::check`](crate::Ledger::check).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// Head recorded at the moment of the check; worth keeping outside of the machine.
    pub head: Head,
    /// Rows read.
    pub versions: u64,
    /// Resources, withdrawn ones included.
    pub resources: u64,
    /// Traces read.
    pub audit: u64,
    /// Versions of product records read.
    pub records: u64,
    /// What is wrong, at most [`FAULTS_MAX`] of them.
    pub faults: Vec<Fault>,
    /// How many there are in all.
    pub faults_total: u64,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.faults_total == 0
    }

    pub(crate) fn new(head: Head) -> Self {
        Self { head, versions: 0, resources: 0, audit: 0, records: 0, faults: Vec::new(), faults_total: 0 }
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.faults_total += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}

/// One of the chained logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// Versions of resources.
    Versions,
    /// Traces of writes.
    Audit,
    /// Product records.
    Records,
    /// Traces of calls, in a file of their own.
    Traces,
}

/// One contradiction. `Display` says it in French for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The engine itself finds its file damaged.
    File {
        /// Words of the engine.
        detail: String,
    },
    /// Rows are missing, or one stands out of order.
    Gap {
        /// Where.
        log: Log,
        /// Last position before the hole.
        after: Seq,
        /// Position found next.
        found: Seq,
    },
    /// The row is not the one its link was computed on, or does not follow the row before it.
    Chain {
        /// Where.
        log: Log,
        /// Row at fault.
        seq: Seq,
    },
    /// The recorded head is not the last row.
    Head {
        /// Where.
        log: Log,
        /// Position recorded.
        recorded: Seq,
        /// Position of the last row read.
        last: Seq,
    },
    /// The row cannot be understood.
    Unreadable {
        /// Row at fault.
        seq: Seq,
        /// Why.
        detail: String,
    },
    /// Version numbers of a resource are not 1, 2, 3… in the order of the rows, or the first
    /// one is not a creation.
    Numbering {
        /// Row at fault.
        seq: Seq,
        /// Resource, as `Type/id`.
        resource: String,
        /// Number the row should carry.
        expected: u32,
        /// Number it carries.
        found: u32,
    },
    /// The table of newest versions contradicts the rows.
    Current {
        /// Resource, as `Type/id`.
        resource: String,
        /// Row it points to; `None` when the resource is not listed.
        recorded: Option<Seq>,
        /// Newest row of the resource; `None` when there is none.
        newest: Option<Seq>,
    },
    /// The table of identifiers contradicts the newest versions.
    Identifier {
        /// Type within which the identifier is unique.
        rtype: String,
        /// Its system.
        system: String,
        /// Its value.
        value: String,
        /// Logical id recorded as its holder.
        recorded: Option<String>,
        /// Logical id of the resource whose newest version carries it.
        carried: Option<String>,
    },
    /// The table of source keys contradicts the rows.
    SourceKey {
        /// Name of the source.
        source: String,
        /// Key within the source.
        key: String,
        /// Row that gives or should give the key its resource.
        seq: Seq,
    },
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Versions => "registre",
            Self::Audit => "journal d'audit",
            Self::Records => "fiches du produit",
            Self::Traces => "traces des appels",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { detail } => write!(f, "fichier endommagé : {detail}"),
            Self::Gap { log, after, found } => {
                write!(f, "{log} : la ligne {found} suit la ligne {after}, il manque des lignes entre les deux")
            }
            Self::Chain { log, seq } => write!(
                f,
                "{log} : la ligne {seq} ne correspond pas à son empreinte (ligne modifiée, ou précédente retirée)"
            ),
            Self::Head { log, recorded, last } => {
                write!(
                    f,
                    "{log} : la tête annonce la ligne {recorded}, la dernière ligne lue est {last}, ou son empreinte diffère"
                )
            }
            Self::Unreadable { seq, detail } => write!(f, "registre : la ligne {seq} est illisible : {detail}"),
            Self::Numbering { seq, resource, expected, found } => write!(
                f,
                "registre : à la ligne {seq}, {resource} porte la version {found} au lieu de {expected}, ou ne commence pas par une création"
            ),
            Self::Current { resource, recorded, newest } => write!(
                f,
                "état courant : {resource} renvoie à {}, sa version la plus récente est à {}",
                line(*recorded),
                line(*newest)
            ),
            Self::Identifier { rtype, system, value, recorded, carried } => write!(
                f,
                "identifiants : {system}|{value} ({rtype}) est attribué à {}, mais porté par {}",
                recorded.as_deref().unwrap_or("personne"),
                carried.as_deref().unwrap_or("personne")
            ),
            Self::SourceKey { source, key, seq } => {
                write!(f, "clés de source : {source} {key} contredit la ligne {seq} du registre")
            }
        }
    }
}

fn line(seq: Option<Seq>) -> String {
    seq.map_or_else(|| "aucune ligne".to_owned(), |seq| format!("la ligne {seq}"))
}
