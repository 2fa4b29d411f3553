//! The directory by brute force: every row read again, everything projected, JSON walked.
//!
//! Slow and short. What it says is what the decisions say; where the index disagrees, one
//! of the two is wrong.

mod answer;
mod compare;
mod content;
mod evaluate;
mod facts;
mod hours;
mod meaning;
mod open;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use ror_confidentiality::{AUDIENCES, Audience, AudienceMask, Facts, Policy, Projection, project_hours};
use ror_fhir::{DateTime, Instant, Node, Object};
use ror_ledger::{Ledger, Op, Seq, VersionRow};
use ror_search::ResourceType;

pub use answer::Answer;

/// Type and logical id.
pub type Key = (ResourceType, String);

/// Makes a key.
pub fn key(rtype: ResourceType, id: &str) -> Key {
    (rtype, id.to_owned())
}

/// A resource as one audience sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The projection, without id, version nor date.
    pub resource: Node,
    /// How many versions this audience has seen (D28).
    pub version: u32,
    /// When the last one came (D28), to the second (D14).
    pub updated: Instant,
}

/// Everything, as each audience sees it.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    resources: BTreeMap<Key, Node>,
    seen: [BTreeMap<Key, Seen>; AUDIENCES],
    /// What was seen last of what is hidden now: versions are never numbered again.
    gone: [BTreeMap<Key, Seen>; AUDIENCES],
    seq: Seq,
    /// The night at which hours are judged (D80).
    night: Instant,
}

impl Oracle {
    /// Reads a whole ledger, as it shows at `now`.
    pub fn of(ledger: &dyn Ledger, now: Instant) -> Self {
        let mut oracle = Self::default();
        oracle.follow(ledger, now);
        oracle
    }

    /// Reads what came since, as it shows at `now`; rows of one transaction bear one time.
    ///
    /// # Panics
    /// When the ledger cannot be read, or holds something that is no resource.
    pub fn follow(&mut self, ledger: &dyn Ledger, now: Instant) {
        let rows = ledger.tail(self.seq, usize::MAX >> 1).expect("the ledger is readable");
        for rows in rows.chunk_by(|a, b| a.at == b.at) {
            // Versions are told as of the night of their row.
            self.turn(hours::night(rows[0].at));
            self.transaction(rows);
        }
        self.turn(hours::night(now));
    }

    /// D80: what is over is no longer shown, which is no version (D38).
    fn turn(&mut self, night: Instant) {
        if self.night == night {
            return;
        }
        self.night = night;
        let projections = self.project_all();
        for audience in Audience::all() {
            for (key, groups) in &projections {
                if let (Some(seen), Some(now)) = (self.seen[audience.index()].get_mut(key), shown(groups, audience)) {
                    seen.resource = now.clone();
                }
            }
        }
    }

    fn transaction(&mut self, rows: &[VersionRow]) {
        let mut own = BTreeMap::new();
        let former = self.resources.clone();
        for row in rows {
            let key = (ResourceType::parse(&row.rtype).expect("a type of ours"), row.id.clone());
            match row.op {
                Op::Withdraw => self.resources.remove(&key),
                Op::Create | Op::Update => self.resources.insert(key.clone(), Node::parse(&row.body).expect("JSON")),
            };
            own.insert(key, whole_second(row.updated));
            self.seq = row.seq;
        }
        let latest = own.values().copied().max().unwrap_or_default();
        let visible = self.visible();
        let changes: BTreeMap<&Key, AudienceMask> =
            own.keys().map(|key| (key, self.own_change(key, former.get(key), &visible))).collect();
        let own_date = |key: &Key, audience| own.get(key).copied().filter(|_| changes[key].contains(audience));
        let date = |audience, key: &Key, before: Option<Instant>| {
            // What follows from a fact bears the date of the rows that this audience sees change.
            let seen = own.keys().filter_map(|key| own_date(key, audience)).max().unwrap_or(latest);
            let date = own_date(key, audience).unwrap_or(seen);
            // A date never goes back, even when a source gives an earlier one.
            before.map_or(date, |before| before.max(date))
        };
        // A source dates parents itself; after anyone else they follow their children (D38).
        let is_import = rows.iter().all(|row| row.actor.starts_with("import:"));
        self.show(date, !is_import);
    }

    /// Who sees what a row changes by itself, all else being as it is now.
    fn own_change(&self, key: &Key, former: Option<&Node>, visible: &BTreeMap<String, AudienceMask>) -> AudienceMask {
        let now = self.project_as(key, &self.resources[key], visible);
        let before = former.map(|former| self.project_as(key, former, visible)).unwrap_or_default();
        Audience::all().filter(|audience| shown(&now, *audience) != shown(&before, *audience)).collect()
    }

    /// Puts resources without a ledger: to know what a write would show, and to whom.
    pub fn try_on(&mut self, resources: impl IntoIterator<Item = (Key, Node)>, now: Instant) {
        self.turn(hours::night(now));
        self.resources.extend(resources);
        self.show(|_, _, _| 0, false);
    }

    /// Projects everything again; what an audience sees change is a version (D28).
    fn show(&mut self, date: impl Fn(Audience, &Key, Option<Instant>) -> Instant, moves_parents: bool) {
        let projections = self.project_all();
        for audience in Audience::all() {
            let mut former = std::mem::take(&mut self.seen[audience.index()]);
            let had = if moves_parents { children(&former) } else { BTreeSet::new() };
            let before_all: BTreeMap<Key, u32> = former.iter().map(|(key, seen)| (key.clone(), seen.version)).collect();
            for (key, groups) in &projections {
                let Some(resource) = shown(groups, audience) else { continue };
                let before = former.remove(key);
                let gone = self.gone[audience.index()].remove(key);
                let seen = match before {
                    Some(before) if before.resource == *resource => before,
                    before => {
                        let before = before.or(gone);
                        Seen {
                            resource: resource.clone(),
                            version: before.as_ref().map_or(0, |before| before.version) + 1,
                            updated: date(audience, key, before.map(|before| before.updated)),
                        }
                    }
                };
                self.seen[audience.index()].insert(key.clone(), seen);
            }
            self.gone[audience.index()].extend(former);
            if moves_parents {
                self.move_parents(audience, &had, &before_all, &date);
            }
        }
    }

    /// D38: a parent that gained or lost a child before these eyes gets a version and a date,
    /// unless it got them by its own change.
    fn move_parents(
        &mut self,
        audience: Audience,
        had: &BTreeSet<Child>,
        before: &BTreeMap<Key, u32>,
        date: &impl Fn(Audience, &Key, Option<Instant>) -> Instant,
    ) {
        let seen = &mut self.seen[audience.index()];
        let has = children(seen);
        let parents: BTreeSet<&Key> = had.symmetric_difference(&has).map(|(_, parent)| parent).collect();
        for parent in parents {
            let Some(held) = seen.get_mut(parent) else { continue };
            if before.get(parent) == Some(&held.version) {
                held.version += 1;
                held.updated = date(audience, parent, Some(held.updated));
            }
        }
    }

    fn project_all(&self) -> BTreeMap<Key, Groups> {
        let visible = self.visible();
        let projected = |(key, resource): (&Key, &Node)| (key.clone(), self.project_as(key, resource, &visible));
        self.resources.iter().map(projected).collect()
    }

    /// Who sees each resource at all: that does not hang on what it refers to.
    fn visible(&self) -> BTreeMap<String, AudienceMask> {
        let nobody = |_: &str| AudienceMask::NONE;
        let visible = |(key, resource): (&Key, &Node)| {
            let facts = Facts { own: self.facts(key), targets: &nobody };
            (format!("{}/{}", key.0, key.1), self.project(resource, &facts).visible())
        };
        self.resources.iter().map(visible).collect()
    }

    fn project(&self, resource: &Node, facts: &Facts<'_>) -> Projection {
        project_hours(resource, facts, &|slot| hours::is_over(slot, resource, self.night), Policy::embedded())
    }

    /// The projections of `resource` in the place of `key`.
    fn project_as(&self, key: &Key, resource: &Node, visible: &BTreeMap<String, AudienceMask>) -> Groups {
        let unknown = Audience::ALL_DATA.mask() | Audience::OWNER.mask();
        let targets = |text: &str| visible.get(text).copied().unwrap_or(unknown);
        let facts = Facts { own: self.facts(key), targets: &targets };
        let projection = self.project(resource, &facts);
        projection.groups().iter().map(|group| (group.audiences, group.resource.clone())).collect()
    }

    /// What `audience` sees, by type and id.
    pub fn seen(&self, audience: Audience) -> &BTreeMap<Key, Seen> {
        &self.seen[audience.index()]
    }

    /// Every resource held.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.resources.keys()
    }

    /// The text of a resource as `audience` receives it.
    pub fn text(&self, audience: Audience, key: &Key) -> Option<String> {
        let seen = self.seen(audience).get(key)?;
        let mut meta = Object::new();
        meta.insert("versionId", seen.version.to_string());
        meta.insert("lastUpdated", DateTime::format_instant(seen.updated));
        let mut out = Object::new();
        out.insert("resourceType", key.0.name());
        out.insert("id", key.1.as_str());
        let rest = seen.resource.get("meta").and_then(Node::as_object);
        rest.into_iter().flat_map(Object::iter).for_each(|(name, value)| drop(meta.insert(name, value.clone())));
        out.insert("meta", meta);
        let members = seen.resource.as_object().into_iter().flat_map(Object::iter);
        members.filter(|(name, _)| *name != "meta").for_each(|(name, value)| drop(out.insert(name, value.clone())));
        Some(Node::Object(out).to_text())
    }
}

/// A child and its parent.
type Child = (Key, Key);

/// RG_EXP_025: the roles of each offer, the organisations internes of each structure.
fn children(seen: &BTreeMap<Key, Seen>) -> BTreeSet<Child> {
    let of = |(key, seen): (&Key, &Seen)| {
        let (element, rtype) = match key.0 {
            ResourceType::PractitionerRole => ("healthcareService", ResourceType::HealthcareService),
            ResourceType::Organization if facts::is_internal(&seen.resource) => ("partOf", ResourceType::Organization),
            _ => return Vec::new(),
        };
        let parents = values::targets(&seen.resource, element, rtype).into_iter();
        parents.map(|id| (key.clone(), (rtype, id.to_owned()))).collect()
    };
    seen.iter().flat_map(of).collect()
}

/// Projections, each with those who see it.
type Groups = Vec<(AudienceMask, Node)>;

fn shown(groups: &[(AudienceMask, Node)], audience: Audience) -> Option<&Node> {
    groups.iter().find(|(audiences, _)| audiences.contains(audience)).map(|(_, resource)| resource)
}

/// D14: instants have a precision of one second.
fn whole_second(instant: Instant) -> Instant {
    instant - instant.rem_euclid(1000)
}
