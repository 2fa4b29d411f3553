//! Typing mistakes: the nearest words that visible resources hold.

use ror_search::ResourceType;

use super::Finder;
use crate::needs::Needs;

/// Shorter words are taken as they are.
const MENDED_LETTERS_MIN: usize = 4;
/// Words compared with, per first letter and type of resource.
const COMPARED_MAX: usize = 4_000;

/// The words with their mistakes mended; `None` when nothing nearer is known.
pub(crate) fn mend(finder: Finder<'_>, needs: &Needs, words: &[String]) -> Option<Vec<String>> {
    let mut has_changed = false;
    let mended = words
        .iter()
        .map(|word| {
            let nearest = nearest(finder, needs, word);
            has_changed |= nearest.is_some();
            nearest.unwrap_or_else(|| word.clone())
        })
        .collect();
    has_changed.then_some(mended)
}

/// Whether a word is one of everyday, or a mistake away from one; the first letter is seldom the mistake.
pub(crate) fn is_near_everyday(needs: &Needs, word: &str) -> bool {
    let most = mistakes_max(word);
    let is_near = |known: &String| {
        known.chars().next() == word.chars().next()
            && known.len().abs_diff(word.len()) <= most
            && strsim::osa_distance(known, word) <= most
    };
    needs.vocabulary().iter().any(is_near)
}

/// Most letters that are wrong in a word.
fn mistakes_max(word: &str) -> usize {
    if word.chars().count() > 5 { 2 } else { 1 }
}

fn nearest(finder: Finder<'_>, needs: &Needs, word: &str) -> Option<String> {
    let letters = word.chars().count();
    if letters < MENDED_LETTERS_MIN || word.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let most = mistakes_max(word);
    let types = [ResourceType::HealthcareService, ResourceType::Organization];
    let is_known = needs.vocabulary().iter().any(|known| known == word)
        || types.iter().any(|rtype| !finder.view.vocabulary(*rtype, word, 1).is_empty());
    if is_known {
        return None;
    }
    // The first letter is seldom the mistake.
    let first: String = word.chars().take(1).collect();
    let held = types.iter().flat_map(|rtype| finder.view.vocabulary(*rtype, &first, COMPARED_MAX));
    let everyday = needs.vocabulary().iter().map(|word| (word.clone(), u64::MAX));
    everyday
        .chain(held)
        .filter(|(known, _)| known.len().abs_diff(word.len()) <= most)
        .map(|(known, count)| (strsim::osa_distance(&known, word), count, known))
        .filter(|(distance, ..)| *distance <= most)
        .min_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)))
        .map(|(_, _, known)| known)
}
