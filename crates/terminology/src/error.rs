//! Why a question about terminology has no answer.

/// A question that cannot be answered. The texts are shown to callers: French (D58).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TerminologyError {
    /// No code system of that address.
    #[error("Le système de codes « {0} » n'est pas connu de ce serveur.")]
    UnknownSystem(String),
    /// No value set of that address.
    #[error("Le jeu de valeurs « {0} » n'est pas connu de ce serveur.")]
    UnknownValueSet(String),
    /// The system does not hold that code.
    #[error("Le code « {code} » n'existe pas dans {system}.")]
    UnknownCode {
        /// Name of the system in the NOS.
        system: &'static str,
        /// The code asked.
        code: String,
    },
    /// The part of the system that is held does not have that code; the rest may.
    #[error("Le code « {code} » n'est pas dans la partie de {system} que ce serveur détient.")]
    CodeNotHeld {
        /// Name of the system in the NOS.
        system: &'static str,
        /// The code asked.
        code: String,
    },
    /// The contents of the list are not held: communes.
    #[error("Le contenu de {0} n'est pas détenu par ce serveur.")]
    NotHeld(&'static str),
}
