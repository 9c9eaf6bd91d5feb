//! From where connections are allowed.

use std::net::IpAddr;

use neon_api_raw::types;

use crate::call::maybe;
use crate::error::InvalidInput;

/// The IP addresses from which a project's computes may be connected to.
///
/// ```
/// use neon_api::input::AllowedIps;
///
/// let ips = AllowedIps::new(["192.0.2.7", "198.51.100.0/24", "203.0.113.1-203.0.113.9"])?;
/// let ips = ips.protected_branches_only(true);
/// assert!(AllowedIps::new(["192.0.2.256"]).is_err());
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct AllowedIps {
    ips: Vec<String>,
    protected_branches_only: Option<bool>,
}

impl AllowedIps {
    /// Only these: addresses, networks in CIDR form, or ranges of addresses with a hyphen between
    /// the first and the last one.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] when one has another form, and when there are none, since that would allow
    /// every address: [`anywhere`](Self::anywhere) does.
    pub fn new<I: Into<String>>(ips: impl IntoIterator<Item = I>) -> Result<Self, InvalidInput> {
        let ips: Vec<String> = ips.into_iter().map(Into::into).collect();
        let invalid = |rule: String| Err(InvalidInput::of_value("allowed_ips.ips", rule));
        if ips.is_empty() {
            return invalid("expected at least one; AllowedIps::anywhere() allows all".to_owned());
        }
        if let Some(other) = ips.iter().find(|ip| !is_allowed_form(ip)) {
            return invalid(format!(
                "expected an IP address, a network such as 192.0.2.0/24 or a range such as \
                 192.0.2.1-192.0.2.9, not {other:?}"
            ));
        }
        Ok(Self {
            ips,
            protected_branches_only: None,
        })
    }

    /// Every address: takes away what was set before.
    pub fn anywhere() -> Self {
        Self {
            ips: Vec::new(),
            protected_branches_only: None,
        }
    }

    /// Whether only protected branches are restricted to these addresses.
    pub fn protected_branches_only(mut self, only: bool) -> Self {
        self.protected_branches_only = Some(only);
        self
    }
}

maybe! { AllowedIps; maybe_protected_branches_only = protected_branches_only(bool) }

fn is_allowed_form(ip: &str) -> bool {
    if let Some((address, prefix)) = ip.split_once('/') {
        let most = match address.parse() {
            Ok(IpAddr::V4(_)) => 32,
            Ok(IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        let is_digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
        return is_digits && prefix.parse::<u8>().is_ok_and(|bits| bits <= most);
    }
    if let Some((first, last)) = ip.split_once('-') {
        return match (first.parse(), last.parse()) {
            (Ok(IpAddr::V4(first)), Ok(IpAddr::V4(last))) => first <= last,
            (Ok(IpAddr::V6(first)), Ok(IpAddr::V6(last))) => first <= last,
            _ => false,
        };
    }
    ip.parse::<IpAddr>().is_ok()
}

impl From<AllowedIps> for types::AllowedIps {
    fn from(allowed: AllowedIps) -> Self {
        let mut body = Self::default().with_ips(allowed.ips);
        body.protected_branches_only = allowed.protected_branches_only;
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_networks_and_ranges_are_told_from_the_rest() {
        for good in [
            "192.0.2.1",
            "192.0.2.0/24",
            "0.0.0.0/0",
            "192.0.2.1-192.0.2.1",
            "2001:db8::1",
            "2001:db8::/128",
            "2001:db8::1-2001:db8::2",
        ] {
            assert!(AllowedIps::new([good]).is_ok(), "{good}");
        }
        for bad in [
            "",
            "localhost",
            "192.0.2",
            "192.0.2.1/33",
            "192.0.2.1/+8",
            "192.0.2.1/",
            "192.0.2.9-192.0.2.1",
            "192.0.2.1-2001:db8::2",
            "192.0.2.1 ",
            "2001:db8::/129",
        ] {
            let fault = AllowedIps::new(["192.0.2.1", bad]).unwrap_err();
            assert_eq!(fault.field(), Some("allowed_ips.ips"), "{bad}");
        }
    }

    #[test]
    fn an_empty_list_is_only_sent_on_purpose() {
        assert!(AllowedIps::new(Vec::<String>::new()).is_err());
        let body = types::AllowedIps::from(AllowedIps::anywhere());
        assert_eq!(body.ips, Some(Vec::new()));
        assert_eq!(body.protected_branches_only, None);
    }
}
