//! The access profiles a client may have.

/// The highest access profile.
pub(crate) const PROFILE_MAX: u8 = 5;

/// What someone who registers a client of this profile must know; `None` when there is nothing to say.
///
/// Profiles 2 to 5 have no line in the policy table yet, and what is undecided is closed:
/// such a client signs in and sees nothing.
pub fn profile_note(profile: u8) -> Option<&'static str> {
    (2..=PROFILE_MAX).contains(&profile).then_some(
        "Les règles d'accès des profils 2 à 5 ne sont pas encore appliquées : \
         un client de ce profil obtient un jeton mais ne voit aucune donnée.",
    )
}

#[cfg(test)]
mod tests {
    use super::profile_note;

    #[test]
    fn the_profiles_that_see_nothing_say_so() {
        for profile in 0..=1 {
            assert_eq!(profile_note(profile), None);
        }
        for profile in 2..=5 {
            assert!(profile_note(profile).is_some_and(|note| note.contains("aucune donnée")));
        }
        assert_eq!(profile_note(6), None, "there is no profile 6");
    }
}
