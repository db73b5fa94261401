//! Redirect URIs: which may be registered, and which of those a request means. Whoever gets around this gets other
//! people's codes (RFC 9700, section 4.1).

use crate::web_url::{WebUrl, check_characters, check_dot_segments, check_port, split_query};
use std::net::IpAddr;
use url::Url;

/// Schemes that run code, read files, or open something else than an app that asked for a sign-in.
const FOREIGN_SCHEMES: &str = "about acap afp android-app applescript blob brave callto chrome chrome-error \
    chrome-extension chrome-search chrome-untrusted cid cifs content data dav davs devtools dict \
    dns edge facetime facetime-audio fax feed file filesystem finger firefox ftp ftps geo git \
    googlechrome gopher h323 hcp help http https imap intent ipp ipps irc ircs itms itms-apps \
    itms-appss itms-services itmss its jar javascript jdbc jnlp jnlps ldap ldapi ldaps \
    livescript magnet mailto market mhtml microsoft-edge mid mk mms mocha moz-extension moz-icon \
    news nfs nntp opera otpauth pop prefs rdp res resource rmi rsync rtmp rtsp rtsps \
    safari-extension safari-web-extension search search-ms sftp shell shortcuts shttp sip sips \
    smb sms smsto smtp snmp ssh stun svn tag tel telnet tftp turn unix urn vbs vbscript \
    view-source vivaldi vnc webcal webcals ws wss wyciwyg x-apple-helpbasic \
    x-apple.systempreferences x-man-page xmpp";

/// What may be registered: `https` anywhere, `http` on the person's own machine, and the private-use schemes of
/// apps. The error completes "The redirect URI is not good: …".
pub fn check(uri: &str) -> Result<(), &'static str> {
    check_characters(uri)?;
    if uri.contains('*') {
        return Err("it must not have a wildcard");
    }
    if !uri.starts_with("https://") && !uri.starts_with("http://") {
        return check_private_use(uri);
    }
    let url = WebUrl::parse(uri)?;
    if url.tls || url.is_loopback() {
        Ok(())
    } else {
        Err("http is for localhost, 127.0.0.1 and [::1] alone: use https")
    }
}

/// Whether a request that names one URI means a registered other: the same bytes, but that an app on the person's
/// machine takes the port it gets (RFC 8252, section 7.3). What may not be registered never matches.
pub fn matches(registered: &str, asked: &str) -> bool {
    if check(registered).is_err() || check(asked).is_err() {
        return false;
    }
    registered == asked || is_same_but_for_its_port(registered, asked)
}

/// Whether it leads to the person's own machine, where any program may be listening.
pub fn is_loopback(uri: &str) -> bool {
    WebUrl::parse(uri).is_ok_and(|url| {
        let host = url.host.to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.ends_with(".localhost")
            || address.parse().is_ok_and(|address: IpAddr| {
                let address = address.to_canonical();
                address.is_loopback() || address.is_unspecified()
            })
    })
}

/// Whether it is `https`, so that DNS and certificates say where it leads.
pub fn is_https(uri: &str) -> bool {
    WebUrl::parse(uri).is_ok_and(|url| url.tls)
}

/// The host of an `https` or `http` URI as it is written, for people to read. An app's scheme has none.
pub fn host(uri: &str) -> Option<&str> {
    WebUrl::parse(uri).ok().map(|url| url.host)
}

fn is_same_but_for_its_port(registered: &str, asked: &str) -> bool {
    let (Ok(registered), Ok(asked)) = (WebUrl::parse(registered), WebUrl::parse(asked)) else {
        return false;
    };
    !registered.tls && registered.is_loopback() && registered == asked
}

/// An app's own scheme: `com.example.app:/callback` (RFC 8252, section 7.1) or `example://callback`.
fn check_private_use(uri: &str) -> Result<(), &'static str> {
    let (scheme, after) = uri.split_once(':').ok_or("it must be an absolute URI")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let begins = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    // One letter is a drive of Windows.
    if scheme.len() < 2 || !begins || !scheme.bytes().all(allowed) {
        return Err("its scheme is not valid");
    }
    if is_foreign(&scheme.to_ascii_lowercase()) {
        return Err("its scheme is not one that an app has for itself");
    }
    if !after.starts_with('/') {
        return Err("a slash must follow its scheme");
    }
    let (path, _) = split_query(after);
    if let Some(after) = path.strip_prefix("//") {
        check_authority(after.split('/').next().unwrap_or_default())?;
    }
    check_dot_segments(path)?;
    Url::parse(uri).map(drop).map_err(|_| "it is not a URI")
}

fn is_foreign(scheme: &str) -> bool {
    // Windows has many handlers of its own behind ms-; ms-appx and ms-appx-web are a packaged app's pages.
    let windows = scheme.starts_with("ms-") && !scheme.starts_with("ms-appx");
    windows || FOREIGN_SCHEMES.split(' ').any(|foreign| foreign == scheme)
}

fn check_authority(authority: &str) -> Result<(), &'static str> {
    if authority.contains('@') {
        return Err("it must not have a user name");
    }
    let (name, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
    check_port(port)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if name.bytes().all(allowed) {
        Ok(())
    } else {
        Err("what follows its scheme is not valid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apps_and_sites_may_register_what_is_theirs() {
        for uri in [
            "https://app.test/cb",
            "https://app.test",
            "https://app.test:8443/cb?a=b",
            "https://App.test/cb",
            "https://xn--bcher-kva.test/cb",
            "https://192.0.2.1/cb",
            "https://[2001:db8::1]/cb",
            "http://localhost:3000/cb",
            "http://127.0.0.1",
            "http://[::1]:1/",
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "vscode://vendor.extension",
            "com.example.app:/oauth2redirect",
            "com.Example.App://auth?x=y",
            "web+app:///cb",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/x",
        ] {
            assert_eq!(check(uri), Ok(()), "{uri}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        for (uri, why) in [
            ("http://app.test/cb", "http is for localhost"),
            ("https://a@app.test/", "user name"),
            ("x-app://a@b/", "user name"),
            ("https://app.test/#a", "fragment"),
            ("https://*.app.test/", "wildcard"),
            ("https://app.test/a b", "percent-encoded"),
            ("https://app.test/%0d", "control character"),
            ("https://app.test/%zz", "hexadecimal"),
            ("https://app.test/a/../b", "segments"),
            ("https://app.test:0/", "port"),
            ("https://app.test./", "host is not valid"),
            ("https://2130706433/", "usual form"),
            ("https:app.test", "not one that an app has"),
            ("JavaScript:alert(1)", "not one that an app has"),
            ("ms-msdt:/id", "not one that an app has"),
            ("x-app:cb", "slash"),
            ("c:/windows", "scheme is not valid"),
            ("/cb", "absolute"),
            (&format!("https://app.test/{}", "a".repeat(2000)), "longer"),
        ] {
            let refusal = check(uri).unwrap_err();
            assert!(refusal.contains(why), "{uri}: {refusal}");
        }
    }

    #[test]
    fn what_a_page_says_about_a_uri_is_true() {
        for (uri, https, loopback, shown) in [
            ("https://app.test:1/cb", true, false, Some("app.test")),
            ("https://localhost/", true, true, Some("localhost")),
            ("https://a.LOCALHOST/", true, true, Some("a.LOCALHOST")),
            ("https://127.9.9.9/", true, true, Some("127.9.9.9")),
            (
                "https://[::ffff:7f00:1]",
                true,
                true,
                Some("[::ffff:7f00:1]"),
            ),
            ("https://0.0.0.0/", true, true, Some("0.0.0.0")),
            (
                "https://localhost.test/",
                true,
                false,
                Some("localhost.test"),
            ),
            ("http://[::1]:80/", false, true, Some("[::1]")),
            ("cursor://localhost/cb", false, false, None),
            ("https://app.test@localhost/", false, false, None),
        ] {
            assert_eq!(is_https(uri), https, "{uri}");
            assert_eq!(is_loopback(uri), loopback, "{uri}");
            assert_eq!(host(uri), shown, "{uri}");
        }
    }
}
