//! Names that a register writes in capitals, as people write them.

/// Words that stay small inside a name.
const SMALL: [&str; 18] =
    ["DE", "DU", "DES", "LA", "LE", "LES", "ET", "EN", "SUR", "AU", "AUX", "À", "A", "D", "L", "SOUS", "PAR", "POUR"];
/// Initials that stay in capitals.
const INITIALS: [&str; 96] = [
    "AAIR", "ADH", "AGDUC", "AP", "AP-HP", "APHM", "APHP", "APF", "ARHM", "ASDR", "ATIR", "AURAD", "AURAL", "AURAR",
    "BP", "CAMSP", "CATTP", "CDS", "CGD", "CH", "CHB", "CHC", "CHG", "CHI", "CHIC", "CHM", "CHR", "CHRU", "CHS",
    "CHSP", "CHU", "CLCC", "CMC", "CMCR", "CMP", "CMPE", "CMPEA", "CMPP", "CMPR", "CPN", "CPO", "CRF", "CS", "CSAPA",
    "CSSR", "EHPAD", "EPS", "EPSAN", "EPSM", "EPSMD", "EPSMR", "ESMPI", "FSEF", "GCS", "GH", "GHBS", "GHI", "GHICL",
    "GHT", "GHU", "GIE", "HAD", "HCL", "HDJ", "HIA", "HJ", "HP", "HPEL", "ICL", "ICM", "ICO", "IRM", "MAS", "MCO",
    "MECS", "MGEN", "NFC", "PASS", "PIJ", "PSY", "SA", "SAMU", "SARL", "SAS", "SCM", "SELARL", "SLD", "SMPR", "SMR",
    "SMUR", "SSIAD", "SSR", "TSA", "UAD", "UDM", "UGECAM",
];
/// Words of the names of establishments that have one spelling only: their accents are put back.
const ACCENTED: [(&str, &str); 50] = [
    ("AGEES", "Âgées"),
    ("ANDRE", "André"),
    ("BEZIERS", "Béziers"),
    ("CHATEAU", "Château"),
    ("DEPARTEMENTAL", "Départemental"),
    ("DEPENDANTES", "Dépendantes"),
    ("EQUIPE", "Équipe"),
    ("ETABLISSEMENT", "Établissement"),
    ("ETIENNE", "Étienne"),
    ("EUROPEEN", "Européen"),
    ("FEDERATION", "Fédération"),
    ("FRANCOIS", "François"),
    ("FRANCOISE", "Françoise"),
    ("GENERAL", "Général"),
    ("GENERALE", "Générale"),
    ("GERIATRIE", "Gériatrie"),
    ("GERIATRIQUE", "Gériatrique"),
    ("GERONTOLOGIE", "Gérontologie"),
    ("GERONTOLOGIQUE", "Gérontologique"),
    ("GUEPRATTE", "Guépratte"),
    ("HEMODIALYSE", "Hémodialyse"),
    ("HERMITAGE", "Hermitage"),
    ("HOPITAL", "Hôpital"),
    ("HOPITAUX", "Hôpitaux"),
    ("HOTEL", "Hôtel"),
    ("ILE", "Île"),
    ("INTERREGIONAL", "Interrégional"),
    ("JAURES", "Jaurès"),
    ("MARECHAL", "Maréchal"),
    ("MATERNITE", "Maternité"),
    ("MEDECINE", "Médecine"),
    ("MEDICAL", "Médical"),
    ("MEDICALE", "Médicale"),
    ("MEDICALISE", "Médicalisé"),
    ("MEDICO", "Médico"),
    ("MEDITERRANEE", "Méditerranée"),
    ("MERE", "Mère"),
    ("NEPHROLOGIE", "Néphrologie"),
    ("NIMES", "Nîmes"),
    ("POLE", "Pôle"),
    ("PRIVE", "Privé"),
    ("PRIVEE", "Privée"),
    ("READAPTATION", "Réadaptation"),
    ("REEDUCATION", "Rééducation"),
    ("REGIONAL", "Régional"),
    ("REPUBLIQUE", "République"),
    ("RESIDENCE", "Résidence"),
    ("SANTE", "Santé"),
    ("THERAPEUTIQUE", "Thérapeutique"),
    ("UNITE", "Unité"),
];
/// What may stand between two words.
const BETWEEN: [char; 7] = [' ', '-', '\'', '’', '(', '/', '.'];

/// A name written in capitals, as people write it; anything else untouched.
///
/// `HOPITAL DE MAULEON` becomes `Hôpital de Mauleon`: accents come back in common words that
/// have one spelling, and are not invented elsewhere. Initials and Roman numerals stay.
pub(crate) fn name(text: &str) -> String {
    if text.chars().any(char::is_lowercase) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 4);
    for (at, piece) in text.split_inclusive(BETWEEN).enumerate() {
        let word = piece.trim_end_matches(BETWEEN);
        let ending = &piece[word.len()..];
        if at > 0 && SMALL.contains(&word) {
            out.push_str(&word.to_lowercase());
        } else if ending.starts_with('.') || stays(word) {
            out.push_str(word);
        } else if let Ok(known) = ACCENTED.binary_search_by_key(&word, |(capitals, _)| capitals) {
            out.push_str(ACCENTED[known].1);
        } else {
            let mut letters = word.chars();
            out.extend(letters.next());
            out.push_str(&letters.as_str().to_lowercase());
        }
        out.push_str(ending);
    }
    out
}

/// Initials, numbers and Roman numerals.
fn stays(word: &str) -> bool {
    let is_roman = word.len() > 1 && word.chars().all(|letter| matches!(letter, 'I' | 'V' | 'X'));
    is_roman || INITIALS.contains(&word) || word.chars().any(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_of_registers_are_softened() {
        for (text, shown) in [
            ("CENTRE HOSPITALIER DE MAULEON", "Centre Hospitalier de Mauleon"),
            ("EHPAD L'ABBAYE", "EHPAD l'Abbaye"),
            ("CH SUD GIRONDE LANGON-LA REOLE", "CH Sud Gironde Langon-la Reole"),
            ("EHPAD La Combe verte", "EHPAD La Combe verte"),
            ("APHM HOPITAL LA TIMONE", "APHM Hôpital la Timone"),
            ("CLINIQUE JEAN XXIII - UNITE II", "Clinique Jean XXIII - Unité II"),
            ("HOPITAL PRIVE DR. MEDICIS", "Hôpital Privé DR. Medicis"),
        ] {
            assert_eq!(name(text), shown);
        }
    }

    #[test]
    fn accented_words_are_in_order_and_differ_by_their_accents_only() {
        assert!(ACCENTED.is_sorted_by_key(|(capitals, _)| capitals));
        for (capitals, shown) in ACCENTED {
            let folded = ror_terminology::fold(shown);
            assert_eq!(folded, capitals.to_lowercase());
        }
    }
}
