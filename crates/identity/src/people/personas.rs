//! The fictitious persons of the sandbox: at least one for each profile, named by what they do (D56).

use ror_fhir::Instant;
use ror_ledger::{LedgerError, NewRecord};

use super::People;
use super::entitlement::Entitlement;
use super::person::{PersonKey, hex};
use super::profile::PersonProfile::{
    self, AdminMetier, AdminNat, AdminReg, AnimTerritoire, CelluleCrise, PorteurOffre, Psl, RefDispoPlace, RefMsp,
    Regulateur, RespDispoPlace, RespOffreStruct, RespQa, Support,
};
use super::rights::{record_of, trace};
use super::scope::{Scope, ScopeKind};
use crate::secret::sha256;

/// Who wrote them.
const ACTOR: &str = "bac-a-sable";

/// A fictitious person.
#[derive(Debug, PartialEq, Eq)]
pub struct Persona {
    /// What the form sends.
    pub key: &'static str,
    /// Their name.
    pub name: &'static str,
    /// What they do, which labels the button.
    pub role: &'static str,
    /// RPPS number, in a range that none has, for health professionals.
    pub rpps: Option<&'static str>,
    /// What they may be; the first is what they begin as. Empty: what an RPPS number gives.
    pub profiles: &'static [PersonProfile],
}

/// What the rights of the persons hold on, in the data that are served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DemoScopes {
    /// A region, by INSEE code.
    pub region: String,
    /// A department of it, by INSEE code.
    pub departement: String,
    /// Communes of a facilitated territory.
    pub communes: Vec<String>,
    /// A hospital with beds, by number.
    pub hospital: Option<String>,
    /// Offers of that hospital, by number.
    pub hospital_offers: Vec<String>,
    /// A home for elderly people, by number.
    pub home: Option<String>,
    /// Offers of that home, by number.
    pub home_offers: Vec<String>,
    /// A multi-professional practice, by number.
    pub practice: Option<String>,
}

const fn persona(
    key: &'static str,
    name: &'static str,
    role: &'static str,
    rpps: Option<&'static str>,
    profiles: &'static [PersonProfile],
) -> Persona {
    Persona { key, name, role, rpps, profiles }
}

/// First those of the journeys, then one for each profile that is left.
const PERSONAS: [Persona; 15] = [
    persona("gestionnaire-lits", "Nadia Béranger", "Gestionnaire de lits d’un hôpital", None, &[RespDispoPlace]),
    persona("directrice-ehpad", "Hélène Vasseur", "Directrice d’un EHPAD", None, &[RespOffreStruct, PorteurOffre]),
    persona("coordinatrice-cpts", "Sophie Lanier", "Coordinatrice d’une CPTS", None, &[AnimTerritoire]),
    persona("kine-liberal", "Thomas Giraud", "Masseur-kinésithérapeute libéral", Some("99900000011"), &[Psl]),
    persona("admin-regional", "Karim Belkacem", "Administrateur régional du ROR", None, &[AdminReg]),
    persona("regulateur-samu", "Claire Moreau", "Régulatrice au SAMU", Some("99900000029"), &[Regulateur]),
    persona("assistante-sociale", "Julie Perrin", "Assistante sociale en gériatrie", Some("99900000037"), &[]),
    persona("admin-national", "Marc Delorme", "Administrateur national du ROR", None, &[AdminNat]),
    persona("admin-metier", "Inès Charpentier", "Administratrice métier : modèles, règles", None, &[AdminMetier]),
    persona("responsable-qualite", "Paul Rigaud", "Responsable qualité du département", None, &[RespQa]),
    persona("porteur-offre", "Lucie Fabre", "Cadre qui décrit les offres d’un service", None, &[PorteurOffre]),
    persona("referent-lits", "Yann Le Goff", "Référent des lits d’un service", None, &[RefDispoPlace]),
    persona("referente-msp", "Amélie Costa", "Référente d’une maison de santé", Some("99900000045"), &[RefMsp]),
    persona("support", "Denis Auger", "Support aux utilisateurs", None, &[Support]),
    persona("cellule-crise", "Anne Thévenet", "Membre d’une cellule de crise", None, &[CelluleCrise]),
];

impl Persona {
    /// All of them, in the order of the page.
    pub fn all() -> &'static [Self] {
        &PERSONAS
    }

    /// The one whose form sends this.
    pub fn of_key(key: &str) -> Option<&'static Self> {
        PERSONAS.iter().find(|persona| persona.key == key)
    }

    fn person_key(&self) -> PersonKey {
        match self.rpps {
            Some(rpps) => PersonKey::national(&format!("8{rpps}")),
            None => PersonKey::account("urn:ror:bac-a-sable", self.key),
        }
    }
}

impl DemoScopes {
    /// Where a persona holds a profile; `None` when the data have nothing of that sort.
    fn of(&self, persona: &Persona, profile: PersonProfile) -> Option<Scope> {
        let one = |kind, code: &Option<String>| code.as_ref().map(|code| Scope::of(kind, [code]));
        let some = |kind, codes: &[String]| (!codes.is_empty()).then(|| Scope::of(kind, codes));
        let of = |kind, code: &String| (!code.is_empty()).then(|| Scope::of(kind, [code]));
        match profile {
            AdminNat | AdminMetier | Support => Some(Scope::nation()),
            AdminReg => of(ScopeKind::Region, &self.region),
            RespQa | Regulateur | CelluleCrise => of(ScopeKind::Departement, &self.departement),
            RespOffreStruct => one(ScopeKind::Eg, &self.home),
            PorteurOffre if persona.key == "porteur-offre" => some(ScopeKind::Offer, &self.hospital_offers),
            PorteurOffre => some(ScopeKind::Offer, &self.home_offers),
            RespDispoPlace => one(ScopeKind::Eg, &self.hospital),
            RefDispoPlace => some(ScopeKind::Offer, &self.hospital_offers),
            RefMsp => one(ScopeKind::Eg, &self.practice),
            AnimTerritoire => some(ScopeKind::Commune, &self.communes),
            Psl => Some(Scope::own()),
            PersonProfile::Consultant => None,
        }
    }
}

impl People {
    /// Writes the persons of the sandbox and their rights, once: what was changed since is left.
    pub(super) fn write_personas(&self, scopes: &DemoScopes, now: Instant) -> Result<(), LedgerError> {
        let mut records: Vec<NewRecord> = Vec::new();
        for persona in Persona::all() {
            let key = persona.person_key();
            if self.person(&key.id())?.is_none() {
                records.extend(self.person_record(&key, persona.name, ACTOR, now)?.1);
            }
            for profile in persona.profiles {
                let id = hex(&sha256(format!("{}|{}", persona.key, profile.code()).as_bytes())[..16]);
                let Some(scope) = scopes.of(persona, *profile) else { continue };
                if self.ledger.record(super::entitlement::KIND, &id)?.is_none() {
                    let right = Entitlement {
                        id,
                        person: key.id(),
                        profile: *profile,
                        scope,
                        given_at: now,
                        given_by: ACTOR.to_owned(),
                        delegated_from: None,
                        ended: None,
                        ver: 0,
                    };
                    records.push(record_of(&right, ACTOR, now));
                }
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        self.ledger.append_records(&records, &[trace("grant-give", "personas", ACTOR, "done", now)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d56_every_profile_has_somebody() {
        for profile in PersonProfile::all().filter(|profile| *profile != PersonProfile::Consultant) {
            assert!(Persona::all().iter().any(|persona| persona.profiles.contains(&profile)), "{profile:?}");
        }
        assert!(Persona::all().iter().any(|persona| persona.profiles.is_empty() && persona.rpps.is_some()));
        for persona in Persona::all() {
            assert_eq!(Persona::of_key(persona.key), Some(persona), "one key each");
            let scopes = DemoScopes {
                region: "84".to_owned(),
                departement: "01".to_owned(),
                communes: vec!["01053".to_owned()],
                hospital: Some("019900001".to_owned()),
                hospital_offers: vec!["84/1".to_owned()],
                home: Some("019900002".to_owned()),
                home_offers: vec!["84/2".to_owned()],
                practice: Some("019900003".to_owned()),
            };
            for profile in persona.profiles {
                let scope = scopes.of(persona, *profile).expect("a scope");
                assert!(profile.scopes().contains(&scope.kind) && scope.is_well_formed(), "{persona:?}");
            }
        }
    }
}
