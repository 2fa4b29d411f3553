//! The two cookies of this site: the session, and a sign-in that began. Nothing else is kept.

use axum::http::{HeaderMap, HeaderValue, header};

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The secret of a session.
    Session,
    /// A sign-in that began, under seal.
    SignIn,
}

/// What a browser sent under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Nothing,
    Once(String),
    /// Several values: somebody else of the same domain may have set one of them.
    Several,
}

impl Purpose {
    /// With the prefix that no other site of the domain can set, where the site is reached by https.
    const fn name(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Session, true) => "__Host-ror-session",
            (Self::Session, false) => "ror-session",
            (Self::SignIn, true) => "__Host-ror-connexion",
            (Self::SignIn, false) => "ror-connexion",
        }
    }

    /// How long the browser keeps it, in seconds; the server decides what it still opens.
    const fn seconds(self) -> u32 {
        match self {
            Self::Session => 12 * 3_600,
            Self::SignIn => 10 * 60,
        }
    }

    /// What the browser sent.
    pub(crate) fn read(self, headers: &HeaderMap, https: bool) -> Sent {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == self.name(https)).map(|(_, value)| value.to_owned());
        match (values.next(), values.next()) {
            (None, _) => Sent::Nothing,
            (Some(value), None) => Sent::Once(value),
            (Some(_), Some(_)) => Sent::Several,
        }
    }

    /// What makes the browser keep a value, for this site alone and out of reach of scripts.
    pub(crate) fn keep(self, value: &str, https: bool) -> Option<HeaderValue> {
        self.set(value, self.seconds(), https)
    }

    /// What makes the browser forget it.
    pub(crate) fn forget(self, https: bool) -> Option<HeaderValue> {
        self.set("", 0, https)
    }

    fn set(self, value: &str, seconds: u32, https: bool) -> Option<HeaderValue> {
        let secure = if https { "; Secure" } else { "" };
        let name = self.name(https);
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        HeaderValue::try_from(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn a_cookie_is_read_under_its_own_name_only() {
        let read = |lines: &[&'static str], https| Purpose::Session.read(&headers(lines), https);
        assert_eq!(read(&[], false), Sent::Nothing);
        assert_eq!(read(&["a=1; ror-session=x; b=2"], false), Sent::Once("x".to_owned()));
        assert_eq!(read(&["xror-session=x; ror-session"], false), Sent::Nothing);
        assert_eq!(read(&["ror-session=x"], true), Sent::Nothing, "another site of the domain may have set that one");
        assert_eq!(read(&["ror-session=x", "ror-session=y"], false), Sent::Several);
    }

    #[test]
    fn a_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let kept = Purpose::Session.keep("x", true).expect("plain letters");
        let kept = kept.to_str().expect("text");
        assert_eq!(kept, "__Host-ror-session=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200; Secure");
        let forgotten = Purpose::SignIn.forget(false).expect("plain letters");
        assert_eq!(forgotten, "ror-connexion=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        assert_eq!(Purpose::Session.keep("a\nb", true), None);
    }
}
