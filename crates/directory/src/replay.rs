//! From rows of the ledger to the moment they make.

use std::ops::ControlFlow;

use ror_confidentiality::AudienceMask;
use ror_fhir::{Instant, Node};
use ror_ledger::{Ledger, LedgerError, Op, Seq, VersionRow};
use ror_search::ResourceType;

use crate::apply::{Author, Row, State, Tables};
use crate::graph::{Key, Reading};
use crate::import::author;

/// Rows read at once: enough to keep the reader busy, few enough to hold.
const READ_AT_ONCE: usize = 4096;

/// A replay in progress. The rows of one transaction bear one time, later than the one
/// before, and are applied together: dates and versions come out as when they were written.
pub(crate) struct Replay {
    state: State,
    tables: Tables,
    transaction: Vec<Row>,
    author: Author,
    /// Position and audiences of the rows of the transaction, and the audiences for which they
    /// are compared.
    told: Vec<(Seq, AudienceMask, AudienceMask)>,
    compares: bool,
    faults: Vec<String>,
    at: Instant,
    seq: Seq,
}

impl Replay {
    pub(crate) fn new(state: State, last_at: Instant, tables: Tables) -> Self {
        let seq = state.snapshot.seq();
        let (transaction, told, faults) = (Vec::new(), Vec::new(), Vec::new());
        Self { state, tables, transaction, author: Author::Source, told, compares: false, faults, at: last_at, seq }
    }

    /// Compares, row by row, the audiences that got a version with those the row names.
    pub(crate) fn compare_audiences(&mut self) {
        self.compares = true;
    }

    /// The differences found so far, in French.
    pub(crate) fn take_faults(&mut self) -> Vec<String> {
        self.flush();
        std::mem::take(&mut self.faults)
    }

    /// Reads and applies every row there is.
    pub(crate) fn run(&mut self, ledger: &dyn Ledger) -> Result<(), LedgerError> {
        self.run_each(ledger, &mut |_, _| {})
    }

    /// The same, showing each row as it goes by.
    pub(crate) fn run_each(
        &mut self,
        ledger: &dyn Ledger,
        each: &mut dyn FnMut(&Key, &VersionRow),
    ) -> Result<(), LedgerError> {
        loop {
            let mut read = 0;
            let mut fault = None;
            ledger.tail_each(self.seq, READ_AT_ONCE, &mut |row| {
                read += 1;
                match self.take(&row, each) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => {
                        fault = Some(error);
                        ControlFlow::Break(())
                    }
                }
            })?;
            if let Some(fault) = fault {
                return Err(fault);
            }
            if read < READ_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// The moment after all rows read, and the time of the last one.
    pub(crate) fn finish(mut self) -> (State, Instant) {
        self.flush();
        self.state.read_as(Reading::Present, self.tables);
        self.state.snapshot.advance(self.seq);
        (self.state, self.at)
    }

    /// Reads a row as it was read when it was written (ADR 0050), never going back: an older
    /// program writing beside a newer one is read as the newer one.
    fn read_as(&mut self, reading: Reading) {
        if self.seq == 0 || reading > self.state.reading() {
            self.flush();
            self.state.read_as(reading, self.tables);
        }
    }

    fn take(&mut self, row: &VersionRow, each: &mut dyn FnMut(&Key, &VersionRow)) -> Result<(), LedgerError> {
        if row.at != self.at {
            self.flush();
            self.at = row.at;
        }
        self.read_as(Reading::of(row.policy_ver));
        self.seq = row.seq;
        self.author = author(&row.actor);
        let unreadable = |what| LedgerError::Corrupt(format!("row {}: {what}", row.seq));
        let rtype = ResourceType::parse(&row.rtype).ok_or_else(|| unreadable("unknown resource type"))?;
        let resource = match row.op {
            Op::Withdraw => None,
            Op::Create | Op::Update => Some(Node::parse(&row.body).map_err(|_| unreadable("body is no JSON"))?),
        };
        let key: Key = (rtype, row.id.as_str().into());
        each(&key, row);
        if self.compares {
            // Under an older policy some were judged by other rules: nothing to compare with.
            let same = self.tables.policy.unchanged_since(row.policy_ver);
            self.told.push((row.seq, AudienceMask(row.audience_mask), same));
        }
        self.transaction.push(Row { key, resource, updated: row.updated });
        Ok(())
    }

    fn flush(&mut self) {
        let rows = std::mem::take(&mut self.transaction);
        let told = std::mem::take(&mut self.told);
        if rows.is_empty() {
            return;
        }
        let made = self.state.apply(rows, self.author, self.at, self.tables);
        if told.len() != made.len() {
            return;
        }
        let compared = told.into_iter().zip(made).map(|((seq, told, same), made)| (seq, told & same, made & same));
        for (seq, told, made) in compared.filter(|(_, told, made)| told != made) {
            self.faults.push(format!("ligne {seq} : version pour {told:?}, calculée pour {made:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use ror_confidentiality::{AUDIENCES, Audience, Policy};
    use ror_fhir::node;
    use ror_index::Stamp;
    use ror_ledger::{Expect, NewVersion, SqliteLedger};
    use ror_search::NoGeography;

    use super::*;
    use crate::verify::verify;

    const FLAG: &str =
        "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-healthcareservice-sensitive-unit";

    fn former_policy() -> Tables {
        let rules = include_str!("../../confidentiality/tests/data/rules-2.toml");
        let policy = Box::leak(Box::new(Policy::with_rules(rules).expect("a table")));
        Tables { policy, ..Tables::embedded(&NoGeography) }
    }

    /// An offer with one thing that profile 2 sees and the public does not, one that neither sees.
    fn offer(act: &str, hidden: &str, sensitive: bool) -> Node {
        let acts = "https://mos.esante.gouv.fr/NOS/TRE_R210-ActeSpecifique/FHIR/TRE-R210-ActeSpecifique";
        node!({"resourceType": "HealthcareService",
            "extension": [{"url": FLAG, "valueBoolean": sensitive}, {"url": "https://example.org/x", "valueString": hidden}],
            "name": "Consultation", "characteristic": [{"coding": [{"system": acts, "code": act}]}]})
    }

    /// Writes under the former policy, as the program of that day did; gives the stamps it told.
    fn written_then(ledger: &dyn Ledger) -> [Stamp; AUDIENCES] {
        let tables = former_policy();
        let mut state = State::empty(tables);
        state.read_as(Reading::Third, tables);
        let (rtype, id) = (ResourceType::HealthcareService, "a");
        let offers = [
            offer("1", "x", false),
            offer("2", "x", false),
            offer("2", "y", false),
            offer("2", "y", true),
            offer("3", "y", false),
        ];
        for (at, resource) in (1_i64..).map(|at| at * 1_000).zip(offers) {
            let row = Row { key: (rtype, id.into()), resource: Some(resource.clone()), updated: at };
            let mask = state.apply(vec![row], Author::Client, at, tables).remove(0);
            let version = NewVersion {
                rtype: rtype.name().to_owned(),
                id: id.to_owned(),
                op: if at == 1_000 { Op::Create } else { Op::Update },
                expect: Expect::Any,
                at,
                updated: at,
                actor: "client".to_owned(),
                audience_mask: mask.0,
                policy_ver: tables.policy.version(),
                body: resource.to_bytes(),
                uniques: Vec::new(),
                source: None,
            };
            ledger.append(ledger.head().expect("a head").seq, &[version], &[]).expect("appended");
        }
        state.snapshot.former(rtype, id).expect("held").stamps()
    }

    #[test]
    fn d28_a_ledger_of_policy_2_keeps_what_it_told_and_counts_anew_for_whom_it_was_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = SqliteLedger::open(&folder.path().join("ledger.sqlite")).expect("a ledger");
        let told = written_then(&ledger);
        let tables = Tables::embedded(&NoGeography);
        let mut replay = Replay::new(State::empty(tables), Instant::MIN, tables);
        replay.run(&ledger).expect("read");
        let (state, _) = replay.finish();
        let now = state.snapshot.former(ResourceType::HealthcareService, "a").expect("held").stamps();
        for audience in [Audience::PUBLIC, Audience::ALL_DATA, Audience::OWNER] {
            assert_eq!(now[audience.index()], told[audience.index()], "{audience}");
        }
        let of = |profile: u8| {
            let audience = Audience::profile(profile).expect("a profile");
            assert_eq!(told[audience.index()], Stamp::default(), "closed then");
            let stamp = now[audience.index()];
            (stamp.version, stamp.updated)
        };
        // Each counts what it would have seen: never the unnamed extension, acts if they may.
        assert_eq!((of(2), of(3), of(4), of(5)), ((3, 5_000), (2, 5_000), (4, 5_000), (3, 5_000)));
        let verified = verify(&ledger).expect("read");
        assert_eq!(verified.faults, Vec::<String>::new());
    }

    const R30: &str = "https://mos.esante.gouv.fr/NOS/TRE_R30-RegionOM/FHIR/TRE-R30-RegionOM";
    const PERIOD: &str = "https://interop.esante.gouv.fr/ig/fhir/ror/StructureDefinition/ror-available-time-effective-opening-closing-date";

    fn instant(text: &str) -> Instant {
        ror_fhir::DateTime::parse(text).expect("a date").start
    }

    /// An offer of Guadeloupe with hours that end on the first of July.
    fn overseas(slot: &str, activity: Option<&str>) -> Node {
        let specialty = activity.map(|code| {
            let list =
                "https://mos.esante.gouv.fr/NOS/TRE_R211-ActiviteOperationnelle/FHIR/TRE-R211-ActiviteOperationnelle";
            node!({"coding": [{"system": list, "code": code}]})
        });
        let hours =
            node!({"availableStartTime": slot, "extension": [{"url": PERIOD, "valuePeriod": {"end": "2026-07-01"}}]});
        node!({"resourceType": "HealthcareService", "meta": {"tag": [{"system": R30, "code": "01"}]},
            "extension": [{"url": FLAG, "valueBoolean": false}], "identifier": [{"value": "01/1"}],
            "type": [{"coding": [{"code": "01"}]}],
            "specialty": (specialty.into_iter().collect::<Vec<_>>()),
            "providedBy": {"reference": "Organization/o"}, "availableTime": [hours]})
    }

    fn append(ledger: &dyn Ledger, state: &mut State, policy_ver: u32, at: Instant, key: &Key, resource: &Node) {
        let tables = Tables::embedded(&NoGeography);
        let op = if state.snapshot.former(key.0, &key.1).is_none() { Op::Create } else { Op::Update };
        let row = Row { key: key.clone(), resource: Some(resource.clone()), updated: at };
        let mask = state.apply(vec![row], Author::Client, at, tables).remove(0);
        let version = NewVersion {
            rtype: key.0.name().to_owned(),
            id: key.1.to_string(),
            op,
            expect: Expect::Any,
            at,
            updated: at,
            actor: "client".to_owned(),
            audience_mask: mask.0,
            policy_ver,
            body: resource.to_bytes(),
            uniques: Vec::new(),
            source: None,
        };
        ledger.append(ledger.head().expect("a head").seq, &[version], &[]).expect("appended");
    }

    /// What was told under version 3 keeps its numbers and its dates, though hours end by another
    /// clock now and incomplete offers are not exposed; what is told next goes on from them.
    #[test]
    fn d28_a_ledger_of_policy_3_keeps_what_it_told_of_hours_and_of_what_is_hidden_now() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = SqliteLedger::open(&folder.path().join("ledger.sqlite")).expect("a ledger");
        let tables = Tables::embedded(&NoGeography);
        let keys: Vec<Key> = ["whole", "bare"].map(|id| (ResourceType::HealthcareService, id.into())).to_vec();
        let mut then = State::empty(tables);
        then.read_as(Reading::Third, tables);
        let structure: Key = (ResourceType::Organization, "o".into());
        append(&ledger, &mut then, 3, instant("2026-06-01"), &structure, &node!({"resourceType": "Organization"}));
        // On the second of July hours of the first were over in Paris: no version for the public.
        let day = |n: u8, slot: u8| instant(&format!("2026-07-0{n}T12:00:0{slot}"));
        for (n, slot) in [(1, 8), (2, 9)] {
            let hours = format!("0{slot}:00:00");
            append(&ledger, &mut then, 3, day(n, 1), &keys[0], &overseas(&hours, Some("107")));
            append(&ledger, &mut then, 3, day(n, 2), &keys[1], &overseas(&hours, None));
        }
        let stamps = |state: &State| -> Vec<[Stamp; AUDIENCES]> {
            keys.iter().map(|key| state.snapshot.former(key.0, &key.1).expect("held").stamps()).collect()
        };
        let told = stamps(&then);
        let public = |stamps: &[Stamp; AUDIENCES]| (stamps[0].version, stamps[0].updated);
        assert_eq!(public(&told[0]), (1, day(1, 1)), "what Paris said");
        let replayed = || {
            let mut replay = Replay::new(State::empty(tables), Instant::MIN, tables);
            replay.run(&ledger).expect("read");
            replay.finish().0
        };
        let mut now = replayed();
        assert_eq!(stamps(&now), told);
        assert_eq!(now.visible(&keys[1]), Audience::OWNER.mask());
        // Today's rows are read as today, and counted on from there.
        append(&ledger, &mut now, 4, day(3, 1), &keys[1], &overseas("10:00:00", Some("107")));
        append(&ledger, &mut now, 4, day(3, 2), &keys[0], &overseas("10:00:00", Some("108")));
        let next = stamps(&now);
        assert_eq!((public(&next[0]), public(&next[1])), ((2, day(3, 2)), (2, day(3, 1))));
        assert_eq!(stamps(&replayed()), next);
        assert_eq!(verify(&ledger).expect("read").faults, Vec::<String>::new());
    }
}
