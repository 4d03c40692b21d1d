//! An HTTP request.

use crate::worker::Shared;
use serde_json::json;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use ureq::http::Uri;

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pauses before further attempts.
const RETRIES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// Where a request goes: `http://host[:port]/path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(String);

/// Why a text is no address for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It wants encryption.
    #[error("https is not spoken here; have curl send it: --on-change 'curl -fsS -X POST https://…'")]
    Https,
    /// It is something else.
    #[error("it must be http://HOST[:PORT]/PATH")]
    Malformed,
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let uri: Uri = text.parse().map_err(|_| UrlError::Malformed)?;
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), _) => Err(UrlError::Https),
            (Some("http"), Some(host)) if !host.is_empty() => Ok(Self(text.to_owned())),
            _ => Err(UrlError::Malformed),
        }
    }
}

/// What is posted after a change.
pub(crate) struct Request {
    url: Url,
    mountpoint: PathBuf,
    agent: ureq::Agent,
}

impl Request {
    pub(crate) fn new(url: Url, mountpoint: PathBuf) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            // What listens is at home, where no proxy stands between.
            .proxy(None)
            .max_idle_connections(0)
            .build()
            .new_agent();
        Self { url, mountpoint, agent }
    }

    /// Posts it, a few times if need be; an error says how the last attempt failed.
    pub(crate) fn send(&self, tracks: u64, shared: &Shared) -> Result<(), String> {
        let body = json!({ "event": "changed", "mountpoint": self.mountpoint.to_string_lossy(), "tracks": tracks });
        let body = body.to_string();
        let mut pauses = RETRIES.iter();
        loop {
            let post = self.agent.post(&self.url.0).content_type("application/json");
            let error = match post.send(&body) {
                Ok(_) => return Ok(()),
                // Whoever understood the request and refused it will refuse it again.
                Err(ureq::Error::StatusCode(code)) if (400..500).contains(&code) => {
                    return Err(format!("it was answered {code}"));
                }
                Err(ureq::Error::StatusCode(code)) => format!("it was answered {code}"),
                Err(error) => error.to_string(),
            };
            match pauses.next() {
                Some(pause) if !shared.pause(*pause) => {}
                _ => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_plain_http() {
        for good in ["http://localhost:4533/rescan?full=1", "http://[::1]:80", "http://music.local/"] {
            assert!(good.parse::<Url>().is_ok(), "{good}");
        }
        assert_eq!("https://host/".parse::<Url>(), Err(UrlError::Https));
        for bad in ["", "host/path", "ftp://host/", "http://", "http:///path", "http://a b/"] {
            assert_eq!(bad.parse::<Url>(), Err(UrlError::Malformed), "{bad}");
        }
    }
}
