//! Labels, given to codes that are kept without.

use ror_fhir::Node;

use crate::Terminology;

impl Terminology {
    /// Gives each coding of a resource the label of the terminology in force, where it has none
    /// and its code is known: labels are not stored (D33).
    ///
    /// ```
    /// use ror_fhir::node;
    /// use ror_terminology::Terminology;
    /// let system = "https://mos.esante.gouv.fr/NOS/TRE_R227-ChampActivite/FHIR/TRE-R227-ChampActivite";
    /// let mut offer = node!({"type": [{"coding": [{"system": system, "code": "02"}]}]});
    /// Terminology::embedded().label(&mut offer);
    /// assert!(offer.to_text().contains("\"display\":"));
    /// ```
    pub fn label(&self, resource: &mut Node) {
        match resource {
            Node::Array(items) => items.iter_mut().for_each(|item| self.label(item)),
            Node::Object(object) => {
                let told = object.get("display").is_none().then(|| {
                    let text = |key: &str| object.get(key).and_then(Node::as_str);
                    self.display(text("system")?, text("code")?)
                });
                if let Some(label) = told.flatten() {
                    object.insert("display", label);
                }
                object.iter_mut().for_each(|(_, value)| self.label(value));
            }
            _ => {}
        }
    }
}
