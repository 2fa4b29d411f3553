//! Sessions: from the cookie of a browser to who is reading, under one right at a time (D32).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ror_confidentiality::{Audience, Grant, Rights};
use ror_fhir::Instant;
use ror_ledger::{EndSessions, LedgerError, SessionRow};
use serde::{Deserialize, Serialize};

use super::People;
use super::entitlement::{Entitlement, Standing};
use super::person::Person;
use super::profile::{SessionLimits, WITHOUT_RIGHT};
use super::rights::{actor, trace};
use crate::Secret;
use crate::secret::{hash, sha256};

/// The client of traces and cursors when a person reads through the portal.
const PORTAL: &str = "portail";
/// How old a sign-in may be when level 3 is opened (D32).
pub(crate) const FRESH_MS: i64 = 15 * 60_000;
/// The time of a proof that there was not.
pub(crate) const UNPROVED: Instant = 0;
/// How often the last use of a session is written: a session may so end this much too soon.
const TOUCH_MS: i64 = 60_000;
/// How long a form may stay open before it is sent.
const FORM_MS: i64 = 2 * 3_600_000;
/// Purpose of the seal of form tokens.
const FORM: &str = "form";
/// Longest cookie or token looked at, in bytes.
const TEXT_BYTES_MAX: usize = 512;

/// Who is reading.
pub enum Visit {
    /// Nobody known: the public.
    Public,
    /// The cookie opens nothing any more: the public, and a browser to tell.
    Ended,
    /// A person, signed in.
    SignedIn(Box<Acting>),
}

/// A person acting under one right.
pub struct Acting {
    /// Who.
    pub person: Person,
    /// Under which right; `None` when they have none, and then they read as the public.
    pub right: Option<Entitlement>,
    /// Where that right stands.
    pub standing: Standing,
    /// For whom, when they act in somebody's place.
    pub on_behalf_of: Option<Person>,
    /// When they last proved who they are; `None` when their provider answered without asking them.
    pub authenticated_at: Option<Instant>,
    /// The session, by the hash of its secret.
    session: [u8; 32],
    kept: Kept,
}

/// A right that a person may act under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The right.
    pub right: Entitlement,
    /// Where it stands.
    pub standing: Standing,
    /// For whom, when it was delegated.
    pub on_behalf_of: Option<Person>,
    /// Whether it is the one acted under.
    pub is_current: bool,
    /// Whether a sign-in must come first, because it opens level 3 (D32).
    pub needs_sign_in: bool,
}

/// Why something asked within a session was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// No session, or one that has ended.
    #[error("votre session est terminée")]
    Ended,
    /// The token of the form is missing, used, too old, or of another session.
    #[error("ce formulaire n'est plus valable")]
    Form,
    /// Not a right of this person, or not any more.
    #[error("cette habilitation n'existe pas, ou plus")]
    NoRight,
    /// Level 3 asks for a recent sign-in.
    #[error("connectez-vous à nouveau pour agir sous ce rôle")]
    SignInFirst,
    /// The ledger failed.
    #[error("registre indisponible")]
    Ledger(#[from] LedgerError),
}

/// What a session holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// The right acted under.
    pub(crate) right: Option<String>,
    /// When the person last proved who they are; [`UNPROVED`] when their provider knew them already.
    pub(crate) authenticated_at: Instant,
    /// When this session began.
    pub(crate) started_at: Instant,
    /// When it was last used.
    pub(crate) seen_at: Instant,
    /// Where the provider's own session is ended, with what it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) way_out: Option<String>,
}

impl Acting {
    /// The grant to read with: the one audience of the right acted under, and nothing of its scope
    /// added to it (D32). It gives no right to write.
    #[expect(clippy::disallowed_methods, reason = "with `authenticate`, the place that makes a grant: for people")]
    pub fn grant(&self) -> Grant {
        let audience = self.right.as_ref().map_or(Audience::PUBLIC, |right| right.profile.base());
        Grant::mint_through(audience, PORTAL.to_owned(), actor(&self.person.id), Rights::default())
    }

    /// Where a browser goes, once signed out here, to end the session that the provider keeps: without
    /// it the next person at this screen would be let in unasked.
    pub fn way_out(&self) -> Option<&str> {
        self.kept.way_out.as_deref()
    }

    fn limits(&self) -> SessionLimits {
        self.right.as_ref().map_or(WITHOUT_RIGHT, |right| right.profile.limits())
    }
}

impl Kept {
    /// When the session ends, if it is not used again.
    pub(crate) fn ends_at(&self, limits: SessionLimits) -> Instant {
        let absolute = self.started_at.saturating_add(limits.absolute_ms);
        absolute.min(self.seen_at.saturating_add(limits.idle_ms))
    }
}

impl People {
    /// Who holds this cookie. Reads the ledger at each call: a right taken back, or a session
    /// ended elsewhere, counts at once.
    ///
    /// # Errors
    /// When the ledger cannot be read. A cookie that opens nothing is [`Visit::Ended`].
    pub fn visit(&self, cookie: Option<&str>, now: Instant) -> Result<Visit, LedgerError> {
        let Some(cookie) = cookie else { return Ok(Visit::Public) };
        let Some(mut acting) = self.acting(cookie)? else { return Ok(Visit::Ended) };
        let usable = self.usable(&acting.person, now)?;
        if let Some(held) = &acting.kept.right {
            // A right that is gone ends the session under it: nobody goes on as somebody else unasked.
            let Some((right, standing)) = usable.into_iter().find(|(right, _)| right.id == *held) else {
                return Ok(Visit::Ended);
            };
            acting.on_behalf_of = self.on_behalf_of(&right)?;
            (acting.right, acting.standing) = (Some(right), standing);
        }
        if now >= acting.kept.ends_at(acting.limits()) || now < acting.kept.started_at - FRESH_MS {
            return Ok(Visit::Ended);
        }
        if now - acting.kept.seen_at >= TOUCH_MS {
            acting.kept.seen_at = now;
            // A full disk must not stop readers: the session then ends as if it were not used.
            match self.ledger.update_session(&row(acting.session, &acting.person.id, &acting.kept, acting.limits())) {
                Ok(true) | Err(_) => {}
                Ok(false) => return Ok(Visit::Ended),
            }
        }
        Ok(Visit::SignedIn(Box::new(acting)))
    }

    /// Ends the session of this cookie, if there is one.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn sign_out(&self, acting: &Acting, now: Instant) -> Result<(), LedgerError> {
        let trace = trace("sign-out", "session", &actor(&acting.person.id), "done", now);
        self.ledger.end_sessions(EndSessions::One(&acting.session), &[trace]).map(drop)
    }

    /// Ends every session of this person, on every device.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn sign_out_everywhere(&self, acting: &Acting, now: Instant) -> Result<usize, LedgerError> {
        let trace = trace("sign-out-everywhere", "session", &actor(&acting.person.id), "done", now);
        self.ledger.end_sessions(EndSessions::Person(&acting.person.id), &[trace])
    }

    /// What this person may act under.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn choices(&self, acting: &Acting, now: Instant) -> Result<Vec<Choice>, LedgerError> {
        let usable = self.usable(&acting.person, now)?;
        let choice = |(right, standing): (Entitlement, Standing)| {
            Ok(Choice {
                on_behalf_of: self.on_behalf_of(&right)?,
                is_current: acting.kept.right.as_ref() == Some(&right.id),
                needs_sign_in: right.profile.reads_level_3() && !is_fresh(acting.kept.authenticated_at, now),
                right,
                standing,
            })
        };
        usable.into_iter().map(choice).collect()
    }

    /// Acts under another right, in a session with a new secret; gives that secret.
    ///
    /// # Errors
    /// [`SessionError::NoRight`], [`SessionError::SignInFirst`], [`SessionError::Ended`], or the ledger's.
    pub fn act_as(&self, acting: &Acting, right: &str, now: Instant) -> Result<Secret, SessionError> {
        let usable = self.usable(&acting.person, now)?;
        let right = usable.into_iter().map(|(right, _)| right).find(|held| held.id == right);
        let right = right.ok_or(SessionError::NoRight)?;
        if right.profile.reads_level_3() && !is_fresh(acting.kept.authenticated_at, now) {
            return Err(SessionError::SignInFirst);
        }
        let kept = Kept { right: Some(right.id.clone()), seen_at: now, ..acting.kept.clone() };
        let target = format!("grant/{}", right.id);
        let trace = trace("act-as", &target, &actor(&acting.person.id), "done", now);
        let secret = Secret::draw(&mut |bytes| (self.random)(bytes));
        let row = row(hash(secret.expose()), &acting.person.id, &kept, right.profile.limits());
        // Ended since it was read, here or everywhere: it does not come back as another.
        if self.ledger.replace_session(&acting.session, &row, &[trace])? {
            Ok(secret)
        } else {
            Err(SessionError::Ended)
        }
    }

    /// A token for one form of this session.
    pub fn form_token(&self, acting: &Acting, now: Instant) -> String {
        let draw: [u8; 16] = self.draw();
        let until = now.saturating_add(FORM_MS);
        let text = [draw.as_slice(), &until.to_be_bytes(), &sha256(&acting.session)].concat();
        self.seal.close(FORM, &text)
    }

    /// Takes the token of a form that was sent: of this session, in time, and never twice.
    ///
    /// # Errors
    /// [`SessionError::Form`].
    pub fn take_form(&self, acting: &Acting, token: &str, now: Instant) -> Result<(), SessionError> {
        if token.len() > TEXT_BYTES_MAX {
            return Err(SessionError::Form);
        }
        let text = self.seal.open(FORM, token).ok_or(SessionError::Form)?;
        let (until, session) =
            text.get(16..).and_then(|rest| rest.split_first_chunk::<8>()).ok_or(SessionError::Form)?;
        let until = Instant::from_be_bytes(*until);
        if session != sha256(&acting.session) || now >= until || !self.used.take(&text, until, now) {
            return Err(SessionError::Form);
        }
        Ok(())
    }

    /// The session of this cookie as it is kept, its limits not looked at.
    fn acting(&self, cookie: &str) -> Result<Option<Acting>, LedgerError> {
        // Other texts are no secret of ours, and are not looked for.
        let is_secret = cookie.len() <= TEXT_BYTES_MAX && URL_SAFE_NO_PAD.decode(cookie).is_ok_and(|it| it.len() == 32);
        if !is_secret {
            return Ok(None);
        }
        let session = hash(cookie);
        let Some(row) = self.ledger.session(&session)? else { return Ok(None) };
        let Ok(kept) = serde_json::from_str::<Kept>(&row.body) else { return Ok(None) };
        let Some(person) = self.person(&row.person)? else { return Ok(None) };
        let authenticated_at = Some(kept.authenticated_at).filter(|at| *at != UNPROVED);
        let (right, standing, on_behalf_of) = (None, Standing::Active, None);
        Ok(Some(Acting { person, right, standing, on_behalf_of, authenticated_at, session, kept }))
    }

    fn on_behalf_of(&self, right: &Entitlement) -> Result<Option<Person>, LedgerError> {
        let Some(origin) = &right.delegated_from else { return Ok(None) };
        let origin = self.ledger.record(super::entitlement::KIND, origin)?;
        origin.map_or(Ok(None), |origin| self.person(&origin.entry.subject))
    }
}

/// Whether a sign-in is recent enough to open level 3.
pub(crate) fn is_fresh(authenticated_at: Instant, now: Instant) -> bool {
    now - authenticated_at < FRESH_MS
}

/// The row of a session.
pub(crate) fn row(session: [u8; 32], person: &str, kept: &Kept, limits: SessionLimits) -> SessionRow {
    SessionRow {
        id_sha256: session,
        person: person.to_owned(),
        expires_at: kept.ends_at(limits),
        body: serde_json::to_string(kept).expect("plain data"),
    }
}
