//! What a client may write, as the register keeps it (D81).

use serde::{Deserialize, Serialize};

use crate::secret::hex;
use crate::{Authority, Certificate, CertificateName};

/// The rights of a client: kept as JSON in the register, read at each call.
///
/// The default is no right at all. An unknown member makes the whole text unreadable, and a
/// client whose rights cannot be read is refused: a right that an older program does not
/// understand must not be taken for another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "rights that are given one by one (D81), not a state")]
pub struct ClientRights {
    /// Where it may create and update content resources.
    pub write: Write,
    /// May change confidentiality levels and the sensitive flag (D49).
    pub declassify: bool,
    /// Establishments (FINESS or idNat_Struct) whose bed counts it provides (D45); empty: not a provider.
    pub provider: Vec<String>,
    /// May write questionnaires.
    pub templates: bool,
    /// May make every move of an anomaly (D46).
    pub quality: bool,
    /// May read the traces of calls (D63).
    #[serde(skip_serializing_if = "is_not")]
    pub audit: bool,
    /// Never writes, whatever the rest says and whatever the sandbox would add.
    pub read_only: bool,
    /// How it proves who it is, when not by a secret: no right, but kept and read with them.
    #[serde(skip_serializing_if = "Proof::is_none")]
    pub proof: Proof,
}

/// How a client proves who it is. The default is a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proof {
    /// The certificate it shows to the token address (RFC 8705 §2.1).
    pub certificate: Option<CertificateName>,
    /// The authority that must vouch for it: SHA-256 of its certificate, 64 hexadecimal digits. Needed
    /// where several are taken: each may give the same name to somebody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Whether each of its calls must show the certificate that its token is bound to (D60).
    pub bound: bool,
    /// The name it has at another issuer, which gives it its tokens.
    pub outside: Option<OutsideName>,
}

/// A client as another issuer of tokens names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideName {
    /// `iss` of its tokens.
    pub issuer: String,
    /// `azp` or `client_id` of its tokens.
    pub client: String,
}

impl Proof {
    /// Whether this certificate, vouched for by this authority, is the client's.
    pub(crate) fn is_of(&self, certificate: &Certificate, authority: Option<Authority>) -> bool {
        let Some(name) = self.certificate.as_ref().filter(|name| name.is_of(certificate)) else { return false };
        match (&self.authority, authority) {
            (Some(wanted), Some(authority)) => *wanted == hex(&authority.thumbprint),
            (None, Some(authority)) => authority.is_only || matches!(name, CertificateName::Thumbprint(_)),
            (_, None) => false,
        }
    }

    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a client may write content resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Write {
    /// Nowhere.
    #[default]
    None,
    /// Everywhere.
    National,
    /// Under these EJ or EG only, by FINESS or idNat_Struct.
    Establishments(Vec<String>),
}

/// So that the text of a client without the right stays as older programs read it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_not(flag: &bool) -> bool {
    !*flag
}

impl ClientRights {
    /// The rights that apply: those of the register, with what the sandbox adds for profile 1,
    /// and none when the client only reads (D81).
    pub(crate) fn effective(&self, profile: u8, sandbox: bool) -> Self {
        if self.read_only {
            return Self { read_only: true, audit: self.audit, proof: self.proof.clone(), ..Self::default() };
        }
        if !(sandbox && profile == 1) {
            return self.clone();
        }
        Self { write: Write::National, declassify: true, templates: true, quality: true, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_in_the_register_round_trips() {
        let rights = ClientRights {
            write: Write::Establishments(vec!["010780054".into()]),
            provider: vec!["010000024".into()],
            ..ClientRights::default()
        };
        let text = serde_json::to_string(&rights).expect("plain data");
        assert_eq!(serde_json::from_str::<ClientRights>(&text).expect("our own text"), rights);
        let national: ClientRights = serde_json::from_str(r#"{"write":"national"}"#).expect("a short text");
        assert_eq!(national.write, Write::National);
        assert!(serde_json::from_str::<ClientRights>(r#"{"wrote":"national"}"#).is_err());
    }

    #[test]
    fn d81_the_sandbox_gives_rights_to_profile_1_unless_it_only_reads() {
        let none = ClientRights::default();
        let all = none.effective(1, true);
        assert_eq!(all.write, Write::National);
        assert!(all.declassify && all.templates && all.quality);
        for (profile, sandbox) in [(0, true), (2, true), (5, true), (1, false), (0, false)] {
            assert_eq!(none.effective(profile, sandbox), none, "profile {profile}, sandbox {sandbox}");
        }
        let read_only = ClientRights { read_only: true, write: Write::National, ..ClientRights::default() };
        for sandbox in [false, true] {
            let effective = read_only.effective(1, sandbox);
            assert_eq!(effective, ClientRights { read_only: true, ..ClientRights::default() });
        }
    }
}
