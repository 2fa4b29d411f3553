//! Rules: per profile, alternatives; per alternative, conditions that must all hold.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::PolicyError;
use crate::{Audience, AudienceMask};

/// Profiles 0 to 5.
const PROFILES: usize = 6;

/// `rules.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesFile {
    pub(super) version: u32,
    pub(super) since: BTreeMap<String, u32>,
    pub(super) rules: Vec<RuleRow>,
}

/// One rule as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleRow {
    id: String,
    title: String,
    level: String,
    #[serde(default)]
    decisions: Vec<String>,
    #[serde(default)]
    profiles: BTreeMap<String, Vec<Vec<String>>>,
}

/// Place of a rule in the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RuleId(pub(super) usize);

impl RuleId {
    pub(crate) const fn index(self) -> usize {
        self.0
    }
}

/// One rule, ready to be judged.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(super) id: String,
    pub(super) title: String,
    /// The level of confidentiality of what it governs, in French: for readers.
    pub(super) level: String,
    pub(super) decisions: Vec<String>,
    pub(super) profiles: [Vec<Conditions>; PROFILES],
}

/// A set of conditions: those an alternative needs, or those that hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions(u16);

macro_rules! conditions {
    ($($name:ident = $bit:literal, $word:literal, $short:literal, $french:literal;)+) => {
        impl Conditions {
            $(pub(crate) const $name: Self = Self(1 << $bit);)+

            /// Every condition: itself, its word in the table, its short form and its meaning in French.
            pub(super) const TABLE: &'static [(Self, &'static str, &'static str, &'static str)] =
                &[$((Self::$name, $word, $short, $french),)+];
        }
    };
}

conditions! {
    NS = 0, "ns", "NS", "l'offre n'est pas une unité sensible";
    MS = 1, "ms", "MS", "le champ d'activité est médico-social";
    VILLE = 2, "ville", "ville", "le champ d'activité est la ville";
    NS_ANY = 3, "nsAny", "NS une", "au moins une offre du lieu n'est pas sensible";
    NS_ALL = 4, "nsAll", "NS toutes", "le lieu a des offres et aucune n'est sensible";
    MS_ALL = 5, "msAll", "MS toutes", "toutes les offres du lieu sont médico-sociales";
    OI_NOT_ALL_SENSITIVE = 6, "oiNotAllSensitive", "OI", "l'organisation interne n'a pas que des offres sensibles";
    LEVEL_1 = 7, "level<=1", "niveau 1", "le niveau le plus strict en jeu est 1";
    LEVEL_2 = 8, "level<=2", "niveau ≤ 2", "le niveau le plus strict en jeu est 1 ou 2";
    INSTALLED = 9, "installed", "installée", "la capacité est installée";
    NOT_ADDITIONAL = 10, "notAdditional", "non suppl.", "la capacité n'est pas supplémentaire";
    PUBLIC = 11, "public", "public", "le relevé porte sur ce que voit le public : son identifiant finit par « -public »";
}

impl Conditions {
    /// Every condition at once.
    const ALL: Self = Self(u16::MAX);

    /// With those of `other`.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// With `other` when `holds`.
    pub(crate) const fn and_if(self, holds: bool, other: Self) -> Self {
        if holds { self.and(other) } else { self }
    }

    /// Whether all of `needed` are in this set.
    pub(crate) const fn includes(self, needed: Self) -> bool {
        needed.0 & !self.0 == 0
    }

    fn read(word: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(_, written, ..)| *written == word).map(|(condition, ..)| *condition)
    }

    /// What must hold, in short; nothing needed: always.
    pub(super) fn french(self) -> String {
        let needed: Vec<&str> = Self::TABLE
            .iter()
            .filter(|(condition, ..)| self.includes(*condition))
            .map(|(_, _, short, _)| *short)
            .collect();
        if needed.is_empty() { "oui".into() } else { needed.join(" et ") }
    }
}

impl Rule {
    pub(super) fn read(row: &RuleRow) -> Result<Self, PolicyError> {
        let mut profiles: [Vec<Conditions>; PROFILES] = Default::default();
        for (name, alternatives) in &row.profiles {
            let slot = &mut profiles[profile(name, &row.id)?.index()];
            for alternative in alternatives {
                slot.push(row.conditions(alternative)?);
            }
        }
        Ok(Self {
            id: row.id.clone(),
            title: row.title.clone(),
            level: row.level.clone(),
            decisions: row.decisions.clone(),
            profiles,
        })
    }

    /// The audiences for which it can hold at all.
    pub(super) fn ever(&self) -> AudienceMask {
        self.audiences(Conditions::ALL)
    }

    /// The audiences for which some alternative holds. The owner always does (D32).
    pub(crate) fn audiences(&self, holding: Conditions) -> AudienceMask {
        let mut mask = Audience::OWNER.mask();
        for (audience, alternatives) in Audience::all().zip(&self.profiles) {
            if alternatives.iter().any(|needed| holding.includes(*needed)) {
                mask |= audience.mask();
            }
        }
        mask
    }
}

impl RuleRow {
    fn conditions(&self, words: &[String]) -> Result<Conditions, PolicyError> {
        words.iter().try_fold(Conditions::default(), |all, word| match Conditions::read(word) {
            Some(condition) => Ok(all.and(condition)),
            None => Err(PolicyError::UnknownCondition { rule: self.id.clone(), condition: word.clone() }),
        })
    }
}

/// The access profile written `name` in `rule`.
pub(super) fn profile(name: &str, rule: &str) -> Result<Audience, PolicyError> {
    let unknown = || PolicyError::UnknownProfile { rule: rule.to_owned(), profile: name.to_owned() };
    name.parse().ok().and_then(Audience::profile).ok_or_else(unknown)
}

/// The rule called `id`.
pub(super) fn find(rules: &[Rule], id: &str) -> Result<RuleId, PolicyError> {
    rules.iter().position(|rule| rule.id == id).map(RuleId).ok_or_else(|| PolicyError::UnknownRule(id.into()))
}
