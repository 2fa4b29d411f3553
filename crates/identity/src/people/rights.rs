//! Giving rights and taking them back: by whoever is in charge, never further than they reach.

use ror_fhir::Instant;
use ror_ledger::{LedgerError, NewAudit, NewRecord, RecordRow};

use super::entitlement::{self, EndReason, Ended, Entitlement, Standing};
use super::person::{self, Kept, Person, PersonKey, hex, rpps_of, tidy_name};
use super::profile::PersonProfile;
use super::scope::{Holders, Scope};
use super::session::Acting;
use super::{People, sign_in};

/// Who gives a right, or takes it back.
#[derive(Clone, Copy)]
pub enum Giver<'a> {
    /// Whoever holds the files of this directory, by the command line.
    Console,
    /// A person, under the right they are acting under.
    Person(&'a Acting, &'a Holders<'a>),
}

/// A right to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntitlement {
    /// To whom.
    pub to: PersonKey,
    /// Their name, when this is the first that is heard of them.
    pub name: String,
    /// What it lets its holder be.
    pub profile: PersonProfile,
    /// Where.
    pub scope: Scope,
}

/// Why a right was not given, or not taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RightError {
    /// The profile cannot hold on such a scope, or the scope names nothing.
    #[error("ce profil ne porte pas sur ce périmètre")]
    Scope,
    /// Nobody gives this profile: it comes with an RPPS number.
    #[error("ce profil ne se donne pas : il vient du numéro RPPS")]
    Implicit,
    /// The number is not one of a person.
    #[error("le numéro RPPS a 11 chiffres")]
    Person,
    /// The giver may not give this profile, or not there.
    #[error("vous ne pouvez pas donner cette habilitation")]
    NotYours,
    /// The giver is the one to whom it would be given: nobody widens what they are alone.
    #[error("on ne se donne pas d'habilitation à soi-même : demandez-la à qui vous a donné la vôtre")]
    Oneself,
    /// Several structures or offers bear this number.
    #[error("le numéro {0} est porté par plusieurs structures ou offres : l'habilitation ne dirait pas pour laquelle")]
    Ambiguous(String),
    /// No such right, or it has ended already.
    #[error("cette habilitation n'existe pas, ou plus")]
    Unknown,
    /// Somebody else changed it meanwhile.
    #[error("cette habilitation vient de changer : recommencez")]
    Changed,
    /// The ledger failed.
    #[error("registre indisponible")]
    Ledger(#[source] LedgerError),
}

impl From<LedgerError> for RightError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Conflict { .. } => Self::Changed,
            other => Self::Ledger(other),
        }
    }
}

impl Giver<'_> {
    fn actor(self) -> String {
        match self {
            Self::Console => "console".to_owned(),
            Self::Person(acting, _) => actor(&acting.person.id),
        }
    }

    /// Whether this right is theirs to give or to take back.
    fn may(self, profile: PersonProfile, scope: &Scope) -> bool {
        match self {
            Self::Console => true,
            Self::Person(acting, holders) => acting.right.as_ref().is_some_and(|held| {
                held.delegated_from.is_none()
                    && held.profile.gives().contains(&profile)
                    && scope.is_within(&held.scope, holders)
            }),
        }
    }
}

/// How a person is named in traces.
pub(crate) fn actor(person: &str) -> String {
    format!("person/{person}")
}

impl People {
    /// Gives a right; gives its id.
    ///
    /// # Errors
    /// [`RightError`]; then nothing is written, but that a person was refused.
    pub fn give(&self, new: &NewEntitlement, by: Giver<'_>, now: Instant) -> Result<String, RightError> {
        if new.profile == PersonProfile::Consultant {
            return Err(RightError::Implicit);
        }
        if !new.profile.scopes().contains(&new.scope.kind) || !new.scope.is_well_formed() {
            return Err(RightError::Scope);
        }
        if let Giver::Person(acting, holders) = by {
            if new.to.id() == acting.person.id {
                return self.refused("grant-give", &new.to.id(), by, now, RightError::Oneself);
            }
            // What the giver holds counts too: half of it may be somebody else's by now.
            let held = acting.right.as_ref().and_then(|held| held.scope.ambiguous(holders));
            if let Some(code) = new.scope.ambiguous(holders).or(held) {
                let error = RightError::Ambiguous(code.to_owned());
                return self.refused("grant-give", &new.to.id(), by, now, error);
            }
        }
        if !by.may(new.profile, &new.scope) {
            return self.refused("grant-give", &new.to.id(), by, now, RightError::NotYours);
        }
        self.write_right(new, by, None, now)
    }

    /// Lets somebody act in the place of `acting`, as them, until it is taken back or what they
    /// hold ends. What was delegated is not delegated further.
    ///
    /// # Errors
    /// [`RightError`]; [`RightError::NotYours`] when their right is not one that can be delegated.
    pub fn delegate(&self, to: &PersonKey, name: &str, acting: &Acting, now: Instant) -> Result<String, RightError> {
        let nothing = |_: super::ScopeKind, _: &str| super::Held::By(Vec::new());
        let by = Giver::Person(acting, &nothing);
        let held = acting.right.as_ref().filter(|held| held.profile.is_delegable() && held.delegated_from.is_none());
        let Some(held) = held.filter(|held| to.id() != held.person) else {
            return self.refused("grant-delegate", &to.id(), by, now, RightError::NotYours);
        };
        let (name, scope) = (name.to_owned(), held.scope.clone());
        let new = NewEntitlement { to: to.clone(), name, profile: held.profile, scope };
        self.write_right(&new, by, Some(held.id.clone()), now)
    }

    /// Ends a right: by whoever could give it, whoever delegated it, or its holder.
    ///
    /// # Errors
    /// [`RightError`].
    pub fn take_back(&self, id: &str, by: Giver<'_>, now: Instant) -> Result<(), RightError> {
        let row = self.ledger.record(entitlement::KIND, id)?;
        let right = row.as_ref().and_then(Entitlement::read).filter(|right| right.ended.is_none());
        let Some(right) = right else { return Err(RightError::Unknown) };
        let is_own = match by {
            Giver::Console => true,
            Giver::Person(acting, _) => {
                let held = acting.right.as_ref();
                right.person == acting.person.id
                    || (right.delegated_from.is_some() && right.delegated_from.as_ref() == held.map(|held| &held.id))
            }
        };
        if !is_own && !by.may(right.profile, &right.scope) {
            return self.refused("grant-end", id, by, now, RightError::NotYours).map(|_| ());
        }
        let record = ended(&right, EndReason::Revoked, &by.actor(), now);
        let trace = trace("grant-end", &format!("grant/{id}"), &by.actor(), "done", now);
        Ok(self.ledger.append_records(&[record], &[trace])?)
    }

    /// Every right of a person that was not ended, with where it stands.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn rights_of(&self, person: &str, now: Instant) -> Result<Vec<(Entitlement, Standing)>, LedgerError> {
        let last = self.last_sign_in(person)?;
        let rights = self.ledger.records(entitlement::KIND, Some(person))?;
        let rights = rights.iter().filter_map(Entitlement::read).filter(|right| right.ended.is_none());
        Ok(rights.map(|right| (right.standing(last, now), right)).map(|(standing, right)| (right, standing)).collect())
    }

    /// The rights in force that this person gave, newest last, each with its holder's name: those
    /// of the right acted under, whoever gave them, are for later pages.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn given_by(&self, acting: &Acting) -> Result<Vec<(Entitlement, String)>, LedgerError> {
        let giver = actor(&acting.person.id);
        let rights = self.ledger.records(entitlement::KIND, None)?;
        let rights = rights.iter().filter_map(Entitlement::read);
        let rights = rights.filter(|right| right.ended.is_none() && right.given_by == giver);
        let named = |right: Entitlement| {
            let name = self.person(&right.person)?.map_or_else(String::new, |person| person.name);
            Ok((right, name))
        };
        rights.map(named).collect()
    }

    /// What may be acted under now: the rights that hold, and that of any RPPS number.
    pub(crate) fn usable(&self, person: &Person, now: Instant) -> Result<Vec<(Entitlement, Standing)>, LedgerError> {
        let mut usable = Vec::new();
        for (right, standing) in self.rights_of(&person.id, now)? {
            if standing != Standing::Lapsed && self.still_stands(&right, now)? {
                usable.push((right, standing));
            }
        }
        usable.extend(person.rpps.is_some().then(|| (consulting(person), Standing::Active)));
        Ok(usable)
    }

    /// Whether what a right was delegated from still holds.
    fn still_stands(&self, right: &Entitlement, now: Instant) -> Result<bool, LedgerError> {
        let Some(origin) = &right.delegated_from else { return Ok(true) };
        let origin = self.ledger.record(entitlement::KIND, origin)?;
        let Some(origin) = origin.as_ref().and_then(Entitlement::read) else { return Ok(false) };
        let standing = origin.standing(self.last_sign_in(&origin.person)?, now);
        Ok(matches!(standing, Standing::Active | Standing::Lapsing(_)))
    }

    /// A person by technical id.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn person(&self, id: &str) -> Result<Option<Person>, LedgerError> {
        Ok(self.ledger.record(person::KIND, id)?.as_ref().and_then(read_person))
    }

    /// When a person last signed in.
    pub(crate) fn last_sign_in(&self, person: &str) -> Result<Option<Instant>, LedgerError> {
        Ok(self.ledger.record(sign_in::KIND, person)?.map(|row| row.entry.at))
    }

    /// The record of a person, when it is new or says something else than what stands.
    pub(crate) fn person_record(
        &self,
        key: &PersonKey,
        name: &str,
        by: &str,
        now: Instant,
    ) -> Result<(Person, Option<NewRecord>), LedgerError> {
        let id = key.id();
        let rpps = key.text().strip_prefix("idnps|").and_then(rpps_of);
        let kept = Kept { name: tidy_name(name), rpps };
        let standing = self.ledger.record(person::KIND, &id)?;
        let person = Person { id: id.clone(), name: kept.name.clone(), rpps: kept.rpps.clone() };
        if standing.as_ref().and_then(read_person).as_ref() == Some(&person) {
            return Ok((person, None));
        }
        let record = NewRecord {
            kind: person::KIND.to_owned(),
            id,
            ver: standing.map_or(1, |row| row.entry.ver + 1),
            subject: key.text().to_owned(),
            at: now,
            actor: by.to_owned(),
            body: serde_json::to_string(&kept).expect("plain data"),
        };
        Ok((person, Some(record)))
    }

    fn write_right(
        &self,
        new: &NewEntitlement,
        by: Giver<'_>,
        delegated_from: Option<String>,
        now: Instant,
    ) -> Result<String, RightError> {
        let (actor, id) = (by.actor(), hex(&self.draw::<16>()));
        let mut records = Vec::new();
        // Whoever signed in has told their name better than whoever gives them a right.
        if self.person(&new.to.id())?.is_none() {
            records.extend(self.person_record(&new.to, &new.name, &actor, now)?.1);
        }
        let right = Entitlement {
            id: id.clone(),
            person: new.to.id(),
            profile: new.profile,
            scope: new.scope.clone(),
            given_at: now,
            given_by: actor.clone(),
            delegated_from,
            ended: None,
            ver: 0,
        };
        records.push(record_of(&right, &actor, now));
        let trace = trace("grant-give", &format!("grant/{id}"), &actor, "done", now);
        self.ledger.append_records(&records, &[trace])?;
        Ok(id)
    }

    fn refused(
        &self,
        action: &str,
        target: &str,
        by: Giver<'_>,
        now: Instant,
        error: RightError,
    ) -> Result<String, RightError> {
        self.ledger.audit(&[trace(action, target, &by.actor(), "refused", now)])?;
        Err(error)
    }
}

/// The right of any professional with an RPPS number: to read, whatever else they hold.
fn consulting(person: &Person) -> Entitlement {
    Entitlement {
        id: CONSULTING.to_owned(),
        person: person.id.clone(),
        profile: PersonProfile::Consultant,
        scope: Scope::nation(),
        given_at: 0,
        given_by: "rpps".to_owned(),
        delegated_from: None,
        ended: None,
        ver: 0,
    }
}

/// Id of the right that comes with an RPPS number; real ones have 32 letters.
const CONSULTING: &str = "consultant";

pub(crate) fn read_person(row: &RecordRow) -> Option<Person> {
    let Kept { name, rpps } = serde_json::from_str(&row.entry.body).ok()?;
    Some(Person { id: row.entry.id.clone(), name, rpps })
}

/// The next version of the record of a right.
pub(crate) fn record_of(right: &Entitlement, actor: &str, now: Instant) -> NewRecord {
    NewRecord {
        kind: entitlement::KIND.to_owned(),
        id: right.id.clone(),
        ver: right.ver + 1,
        subject: right.person.clone(),
        at: now,
        actor: actor.to_owned(),
        body: right.body(),
    }
}

pub(crate) fn ended(right: &Entitlement, why: EndReason, by: &str, now: Instant) -> NewRecord {
    let ended = Ended { at: now, by: by.to_owned(), why };
    record_of(&Entitlement { ended: Some(ended), ..right.clone() }, by, now)
}

pub(crate) fn trace(action: &str, target: &str, actor: &str, outcome: &str, now: Instant) -> NewAudit {
    NewAudit {
        at: now,
        actor: actor.to_owned(),
        action: action.to_owned(),
        target: target.to_owned(),
        outcome: outcome.to_owned(),
    }
}
