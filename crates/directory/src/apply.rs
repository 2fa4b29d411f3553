//! From new bodies to a new moment: facts, projections, versions and dates of each audience.

mod reports;

use std::collections::{BTreeSet, HashMap};

use ror_confidentiality::{AUDIENCES, Audience, AudienceMask, Facts, OwnFacts, Policy, Projection, project_hours};
use ror_fhir::{Instant, Node, Reference};
use ror_index::{Document, DocumentGroup, Snapshot, Stamp};
use ror_profiles::rules::dates::parents_moved;
use ror_profiles::rules::schedule::is_expired;
use ror_search::{ANYWHERE, Geography, Registry, ResourceType, extract};
use rpds::HashTrieMapSync;

use crate::calendar::{Calendar, last_night, zone};
use crate::dates::Dates;
use crate::declassify::Secrets;
use crate::graph::{Graph, Key, Reading};

/// One moment, with what is needed to make the next one. Copying it costs nothing.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) snapshot: Snapshot,
    pub(crate) graph: Graph,
    /// The facts under which each resource was last projected.
    facts: HashTrieMapSync<Key, OwnFacts>,
    /// What resources hold, or held, of level 3 (D49).
    pub(crate) secrets: HashTrieMapSync<Key, Secrets>,
    /// What time alone will change.
    pub(crate) calendar: Calendar,
}

/// One row of a transaction.
pub(crate) struct Row {
    pub(crate) key: Key,
    /// The canonical resource; `None` withdraws it.
    pub(crate) resource: Option<Node>,
    /// The update date that the row shows (D38).
    pub(crate) updated: Instant,
}

/// Who wrote the rows of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// A client or a person: parents follow their children (D38).
    Client,
    /// A source that dates its resources itself, parents included.
    Source,
}

/// The tables a projection needs.
#[derive(Clone, Copy)]
pub(crate) struct Tables {
    pub(crate) registry: &'static Registry,
    pub(crate) policy: &'static Policy,
    pub(crate) geography: &'static dyn Geography,
}

impl Tables {
    /// Those inside the program, and a map.
    pub(crate) fn embedded(geography: &'static dyn Geography) -> Self {
        Self { registry: Registry::embedded(), policy: Policy::embedded(), geography }
    }
}

impl State {
    pub(crate) fn empty(tables: Tables) -> Self {
        Self {
            snapshot: Snapshot::empty(tables.registry),
            graph: Graph::empty(),
            facts: HashTrieMapSync::new_sync(),
            secrets: HashTrieMapSync::new_sync(),
            calendar: Calendar::empty(),
        }
    }

    /// Applies the rows of one transaction, made at `at`, each of another resource. Gives, for
    /// each row, the audiences for which it is a version (D28): versions hang on the rows and
    /// their times alone, whenever they are read again.
    pub(crate) fn apply(&mut self, rows: Vec<Row>, author: Author, at: Instant, tables: Tables) -> Vec<AudienceMask> {
        self.turn_to(last_night(at), tables);
        let dates = Dates::new(rows.iter().map(|row| (row.key.clone(), row.updated)).collect());
        let mut change =
            Transaction { before: self.snapshot.clone(), dates, own: HashMap::new(), moved: HashMap::new(), tables };
        let order: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
        let mut wave = self.take_in(rows, at, &mut change);
        // Facts are settled now, and only they decide who sees a resource at all: the second
        // wave puts right the references to those whose visibility moved in the first.
        let mut projected = wave.clone();
        while !wave.is_empty() {
            wave = self.project_all(wave, &change);
            projected.extend(wave.iter().cloned());
        }
        if author == Author::Client {
            self.move_parents(projected.iter().chain(&order), &mut change);
        }
        if !change.dates.are_one() || change.goes_back() {
            self.settle_dates(&projected, &mut change);
        }
        self.calendar.forget(at);
        order.iter().map(|key| self.versions_made(key, &change)).collect()
    }

    /// Leaves out the dated hours that ended by that night, and no others (RG_EXP_018, D80): no
    /// version is made and no date moves (D38). Gives whether anything shows otherwise.
    pub(crate) fn turn_to(&mut self, night: Instant, tables: Tables) -> bool {
        let turned = self.calendar.turn_to(night);
        let mut about = BTreeSet::new();
        for key in &turned {
            self.show_again(key, tables);
            about.extend(self.reports_about(key, &self.snapshot));
        }
        for report in self.moved(about, tables) {
            self.show_again(&report, tables);
        }
        !turned.is_empty()
    }

    /// How what is held is read.
    pub(crate) const fn reading(&self) -> Reading {
        self.graph.reading()
    }

    /// Reads all that is held as the policy in force says: what was told so far keeps its versions
    /// and dates, and what is shown from now on goes on from them (D28, D38, ADR 0050).
    pub(crate) fn read_as(&mut self, reading: Reading, tables: Tables) {
        if self.graph.reading() == reading {
            return;
        }
        self.graph.read_as(reading);
        let mut wave: BTreeSet<Key> = self.calendar.with_hours().cloned().collect();
        for key in &wave {
            self.calendar.put_hours(key, held(&self.snapshot, key).as_ref(), reading);
        }
        let changed = self.facts.iter().filter(|(key, facts)| self.own_facts(key, tables) != **facts);
        wave.extend(changed.map(|(key, _)| key.clone()));
        // The second time, what refers to those who came or went before other eyes.
        while !wave.is_empty() {
            let (mut again, mut about) = (BTreeSet::new(), BTreeSet::new());
            for key in &wave {
                let before = self.visible(key);
                self.show_again(key, tables);
                if self.visible(key) != before {
                    again.extend(self.referrers(key));
                }
                about.extend(self.reports_about(key, &self.snapshot));
            }
            again.extend(self.moved(about, tables));
            wave = again;
        }
    }

    /// Projects again what is held, which is no version.
    fn show_again(&mut self, key: &Key, tables: Tables) {
        let Some(held) = held(&self.snapshot, key) else { return };
        let stamps = self.snapshot.former(key.0, &key.1).map(|former| former.stamps()).unwrap_or_default();
        let own = self.own_facts(key, tables);
        let projection = self.project_under(own.clone(), &held, tables);
        self.show(key, &projection, stamps, tables);
        self.facts.insert_mut(key.clone(), own);
    }

    /// Updates the relations; gives the resources to project again.
    fn take_in(&mut self, rows: Vec<Row>, at: Instant, change: &mut Transaction) -> BTreeSet<Key> {
        let mut wave = BTreeSet::new();
        let mut touched = Vec::new();
        for row in rows {
            touched.extend(self.graph.put(&row.key, row.resource.as_ref()));
            self.calendar.put(&row.key, row.resource.as_ref(), at, self.graph.reading());
            match row.resource {
                Some(resource) => {
                    if let Some(secrets) = Secrets::after(self.secrets.get(&row.key), &resource) {
                        self.secrets.insert_mut(row.key.clone(), secrets);
                    }
                    wave.insert(row.key.clone());
                    change.own.insert(row.key, resource);
                }
                None => {
                    wave.extend(self.referrers(&row.key));
                    wave.extend(self.reports_about(&row.key, &change.before));
                    self.snapshot.remove(row.key.0, &row.key.1);
                    self.facts.remove_mut(&row.key);
                }
            }
        }
        for key in touched {
            let is_held = self.facts.contains_key(&key);
            if is_held && !wave.contains(&key) && self.facts.get(&key) != Some(&self.graph.facts(&key)) {
                wave.insert(key);
            }
        }
        wave.retain(|key| change.own.contains_key(key) || self.facts.contains_key(key));
        wave
    }

    /// Projects each resource, targets before those that refer to them. Gives those that
    /// saw a target as it was before.
    fn project_all(&mut self, wave: BTreeSet<Key>, change: &Transaction) -> BTreeSet<Key> {
        let mut ordered: Vec<_> = wave.into_iter().map(|key| (self.rank(&key), key)).collect();
        ordered.sort_unstable();
        let positions: HashMap<Key, usize> =
            ordered.iter().enumerate().map(|(at, (_, key))| (key.clone(), at)).collect();
        let (mut again, mut about) = (BTreeSet::new(), BTreeSet::new());
        for (at, (_, key)) in ordered.iter().enumerate() {
            let before = self.visible(key);
            self.project_one(key, change);
            if self.visible(key) != before {
                let late =
                    self.referrers(key).into_iter().filter(|other| positions.get(other).is_none_or(|p| *p <= at));
                again.extend(late);
            }
            about.extend(self.reports_about(key, &change.before));
        }
        // Those of this wave came last, after all that they may be about.
        about.retain(|report| !positions.contains_key(report));
        again.extend(self.moved(about, change.tables));
        again
    }

    fn project_one(&mut self, key: &Key, change: &Transaction) {
        let parsed;
        let resource = match change.own.get(key) {
            Some(resource) => resource,
            None => {
                let Some(held) = held(&self.snapshot, key) else { return };
                parsed = held;
                &parsed
            }
        };
        let own = self.own_facts(key, change.tables);
        let projection = self.project_under(own.clone(), resource, change.tables);
        self.show(key, &projection, change.stamps(key, &projection), change.tables);
        self.facts.insert_mut(key.clone(), own);
    }

    /// What each audience may see of a resource in the place of `key`, all else being as it is.
    fn project(&self, key: &Key, resource: &Node, tables: Tables) -> Projection {
        self.project_under(self.own_facts(key, tables), resource, tables)
    }

    fn project_under(&self, own: OwnFacts, resource: &Node, tables: Tables) -> Projection {
        let targets = |text: &str| target_visibility(&self.snapshot, text);
        let facts = Facts { own, targets: &targets };
        let (zone, night) = (zone(resource, self.graph.reading()), self.calendar.night());
        project_hours(resource, &facts, &|slot| is_expired(slot, zone, night), tables.policy)
    }

    fn show(&mut self, key: &Key, projection: &Projection, stamps: [Stamp; AUDIENCES], tables: Tables) {
        let (rtype, id) = (key.0, key.1.clone());
        let groups = projection
            .groups()
            .iter()
            .map(|group| DocumentGroup {
                audiences: group.audiences,
                cuts: group.cuts.clone(),
                extracted: extract(rtype, &id, &group.resource, tables.registry, tables.geography),
            })
            .collect();
        let (body, sight) = (projection.body().clone(), projection.sight());
        self.snapshot.put(Document { rtype, id, body, sight, groups, stamps });
    }

    /// Moves the date of the parents that gained or lost a child, for those who see that they
    /// did (D28, D38): whether the child was withdrawn, moved or hidden cannot be told apart.
    fn move_parents<'a>(&mut self, children: impl Iterator<Item = &'a Key>, change: &mut Transaction) {
        for child in children.filter(|key| matches!(key.0, ResourceType::PractitionerRole | ResourceType::Organization))
        {
            let (before, after) = (parents(&change.before, child), parents(&self.snapshot, child));
            for parent in before.keys().chain(after.keys()) {
                let of = |held: &HashMap<Key, AudienceMask>| held.get(parent).copied().unwrap_or(AudienceMask::NONE);
                let gained_or_lost = AudienceMask(of(&before).0 ^ of(&after).0);
                if gained_or_lost != AudienceMask::NONE {
                    let moved = change.moved.entry(parent.clone()).or_insert(AudienceMask::NONE);
                    *moved |= gained_or_lost;
                }
            }
        }
        let moved: Vec<Key> = change.moved.keys().cloned().collect();
        for parent in &moved {
            self.project_one(parent, change);
        }
    }

    /// Dates again what changed, now that it is known who sees which row change.
    fn settle_dates(&mut self, projected: &BTreeSet<Key>, change: &mut Transaction) {
        let changes = change.own.keys().map(|key| (key.clone(), self.own_change(key, change))).collect();
        change.dates.settle(changes);
        for key in projected {
            let Some(now) = self.snapshot.former(key.0, &key.1).map(|former| former.stamps()) else { continue };
            let before = change.before.former(key.0, &key.1).map_or_else(Default::default, |former| former.stamps());
            let is_late = |audience: Audience| {
                let (now, before) = (now[audience.index()], before[audience.index()]);
                now.version != before.version && now.updated != change.dates.of(key, audience, before.updated)
            };
            if Audience::all().any(is_late) {
                self.project_one(key, change);
            }
        }
    }

    /// Who sees the row of `key` change something, all facts being as they are now.
    fn own_change(&self, key: &Key, change: &Transaction) -> AudienceMask {
        let Some(now) = self.snapshot.former(key.0, &key.1) else { return AudienceMask::NONE };
        let Some(before) = change.before.former(key.0, &key.1) else { return now.visible() };
        let resource = Node::parse(before.body()).expect("the index holds canonical text");
        let projection = self.project(key, &resource, change.tables);
        let is_same = |audience: &Audience| {
            projection.group(*audience).is_some_and(|group| now.is_same(*audience, projection.body(), &group.cuts))
        };
        (now.visible() | projection.visible()).iter().filter(|audience| !is_same(audience)).collect()
    }

    /// The audiences that got a new version of `key`.
    fn versions_made(&self, key: &Key, change: &Transaction) -> AudienceMask {
        let now = self.snapshot.former(key.0, &key.1).map(|former| former.stamps());
        let before = change.before.former(key.0, &key.1).map(|former| former.stamps());
        match (now, before) {
            (Some(now), Some(before)) => {
                Audience::all().filter(|a| now[a.index()].version != before[a.index()].version).collect()
            }
            (Some(now), None) => Audience::all().filter(|a| now[a.index()].version != 0).collect(),
            // A withdrawal is seen by those who saw the resource.
            (None, _) => change.before.former(key.0, &key.1).map_or(AudienceMask::NONE, |former| former.visible()),
        }
    }

    /// Targets first: structures from the top down, then places, offers, people, roles.
    fn rank(&self, key: &Key) -> (u8, usize) {
        match key.0 {
            ResourceType::Organization => (0, self.graph.owners(key).len()),
            ResourceType::Location => (1, 0),
            ResourceType::HealthcareService => (2, 0),
            ResourceType::Practitioner => (3, 0),
            ResourceType::PractitionerRole => (4, 0),
            ResourceType::Questionnaire | ResourceType::Measure => (5, 0),
            ResourceType::MeasureReport => (6, 0),
            // What they are about must be projected first.
            ResourceType::Task => (7, 0),
        }
    }

    /// Who sees a resource.
    pub(crate) fn visible(&self, key: &Key) -> AudienceMask {
        self.snapshot.former(key.0, &key.1).map_or(AudienceMask::NONE, |former| former.visible())
    }

    /// The resources that refer to `key`, whoever sees that they do.
    fn referrers(&self, key: &Key) -> Vec<Key> {
        let view = self.snapshot.owner_view();
        let registry = Registry::embedded();
        let anywhere = ResourceType::ALL.into_iter().map(|rtype| registry.known(rtype, ANYWHERE));
        anywhere
            .flat_map(|parameter| view.referring(parameter, key.0, &key.1))
            .map(|hit| (hit.rtype(), hit.id().into()))
            .collect()
    }
}

/// The parents of a resource (RG_EXP_025), each with those who see that it is theirs.
fn parents(snapshot: &Snapshot, child: &Key) -> HashMap<Key, AudienceMask> {
    let (Some(held), Some(body)) = (snapshot.former(child.0, &child.1), held(snapshot, child)) else {
        return HashMap::new();
    };
    let named = parents_moved(None, Some(&body)).into_iter().filter_map(|text| match Reference::parse(&text) {
        Reference::Local { rtype, id } => {
            let parent = (ResourceType::parse(rtype)?, Box::from(id));
            let seen = snapshot.former(parent.0, &parent.1)?.visible() & held.visible();
            Some((parent, seen))
        }
        _ => None,
    });
    named.collect()
}

/// The whole resource held under `key`.
pub(crate) fn held(snapshot: &Snapshot, key: &Key) -> Option<Node> {
    let held = snapshot.former(key.0, &key.1)?;
    Some(Node::parse(held.body()).expect("the index holds canonical text"))
}

/// Who sees the target of a reference; what is not held is known to profile 1 and the owner only.
fn target_visibility(snapshot: &Snapshot, text: &str) -> AudienceMask {
    let unresolved = Audience::ALL_DATA.mask() | Audience::OWNER.mask();
    let Reference::Local { rtype, id } = Reference::parse(text) else { return unresolved };
    let held = ResourceType::parse(rtype).and_then(|rtype| snapshot.former(rtype, id));
    held.map_or(unresolved, |former| former.visible())
}

/// One transaction being applied.
struct Transaction {
    before: Snapshot,
    dates: Dates,
    own: HashMap<Key, Node>,
    /// The parents whose date moves though they do not change, and for whom (D38).
    moved: HashMap<Key, AudienceMask>,
    tables: Tables,
}

impl Transaction {
    /// Whether a row bears an earlier date than one that an audience saw before.
    fn goes_back(&self) -> bool {
        let latest = |key: &Key| self.before.former(key.0, &key.1).map(|f| f.stamps().map(|stamp| stamp.updated));
        self.own.keys().any(|key| {
            let row = self.dates.of(key, Audience::OWNER, Instant::MIN);
            latest(key).is_some_and(|latest| latest.iter().any(|date| *date > row))
        })
    }

    /// Version and update date of each audience: they move only when its projection does (D28).
    fn stamps(&self, key: &Key, projection: &Projection) -> [Stamp; AUDIENCES] {
        let former = self.before.former(key.0, &key.1);
        let mut stamps = former.map_or([Stamp::default(); AUDIENCES], |former| former.stamps());
        for audience in projection.visible().iter() {
            let cuts = projection.group(audience).map_or(&[][..], |group| &group.cuts);
            let is_same = former.is_some_and(|former| former.is_same(audience, projection.body(), cuts));
            if is_same && !self.moved.get(key).is_some_and(|moved| moved.contains(audience)) {
                continue;
            }
            let stamp = &mut stamps[audience.index()];
            stamp.version += 1;
            stamp.updated = self.dates.of(key, audience, stamp.updated);
        }
        stamps
    }
}
