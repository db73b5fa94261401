//! The corpus of redirect URIs: whatever a request names, a code goes nowhere that was not registered (rule R11).
//!
//! The cases of the first two groups follow the ideas of the tests of ory/fosite (`MatchRedirectURIWithClientRedirectURIs`
//! and `IsRedirectURISecure`), the rest those of RFC 9700 section 4.1 and of what parsers of URLs disagree about.

use oauth::{answer_url, redirect};
use url::Url;

/// What is registered, what a request asks for, and whether that may be answered.
type Row = (&'static str, &'static str, bool);

const THE_SAME: &[Row] = &[
    ("https://a.test/cb", "https://a.test/cb", true),
    ("https://a.test", "https://a.test", true),
    ("https://a.test/cb?a=b", "https://a.test/cb?a=b", true),
    (
        "https://a.test/?a=b%20c+d",
        "https://a.test/?a=b%20c+d",
        true,
    ),
    ("https://a.test/a%2Fb", "https://a.test/a%2Fb", true),
    ("https://A.test/cb", "https://A.test/cb", true),
    ("https://a.test:443/cb", "https://a.test:443/cb", true),
    (
        "https://xn--bcher-kva.test/",
        "https://xn--bcher-kva.test/",
        true,
    ),
    ("https://[2001:db8::1]/cb", "https://[2001:db8::1]/cb", true),
    ("x-app://auth", "x-app://auth", true),
    ("x-app:///auth", "x-app:///auth", true),
    ("x-app://host/auth", "x-app://host/auth", true),
    ("web+app://callback", "web+app://callback", true),
    ("com.example.app:/cb", "com.example.app:/cb", true),
    (
        "cursor://anysphere.mcp/cb",
        "cursor://anysphere.mcp/cb",
        true,
    ),
    ("http://127.0.0.1", "http://127.0.0.1", true),
    (
        "http://localhost:8080/cb?a=b",
        "http://localhost:8080/cb?a=b",
        true,
    ),
];

const ANOTHER: &[Row] = &[
    ("", "", false),
    ("", "https://a.test/cb", false),
    ("https://a.test/cb", "", false),
    ("https://a.test/cb", "https://b.test/cb", false),
    ("https://a.test/cb", "https://a.test/cb1", false),
    ("https://a.test/cb", "https://a.test/cb/", false),
    ("https://a.test/cb", "https://a.test/cb/deeper", false),
    ("https://a.test/cb", "https://a.test/c", false),
    ("https://a.test/cb", "https://a.test/", false),
    ("https://a.test", "https://a.test/", false),
    ("https://a.test/cb", "https://a.test.evil.test/cb", false),
    ("https://a.test/cb", "https://evil-a.test/cb", false),
    ("https://a.test/cb", "https://sub.a.test/cb", false),
    ("https://a.test/cb", "http://a.test/cb", false),
    ("https://a.test/cb", "x-app://a.test/cb", false),
    ("https://a.test/cb", "http://127.0.0.1/cb", false),
    ("http://127.0.0.1/cb", "https://a.test/cb", false),
    (
        "https://a.test/cb",
        "https://evil.test/?u=https://a.test/cb",
        false,
    ),
    ("https://a.test/cb", "//a.test/cb", false),
    ("https://a.test/cb", "/cb", false),
    ("https://a.test/cb", ":/invalid)uri", false),
    ("x-app://host/auth", "x-app://other/auth", false),
    ("x-app:/auth", "x-app://auth", false),
    ("x-app:/auth", "X-App:/auth", false),
    ("x-app:/auth", "x-app.evil:/auth", false),
];

const SPELLED_OTHERWISE: &[Row] = &[
    ("https://a.test/cb", "https://A.TEST/cb", false),
    ("https://a.test/cb", "HTTPS://a.test/cb", false),
    ("https://a.test/cb", "https://a.test/CB", false),
    ("https://a.test/cb", "https://a.test:443/cb", false),
    ("https://a.test:443/cb", "https://a.test/cb", false),
    ("https://a.test/cb", "https://a.test:8443/cb", false),
    ("https://a.test/cb", "https://a.test./cb", false),
    ("https://a.test/cb", "https://a.test/%63b", false),
    ("https://a.test/a%2fb", "https://a.test/a%2Fb", false),
    ("https://a.test/a/b", "https://a.test/a%2Fb", false),
    ("https://a.test/cb", "https://a.test//cb", false),
    ("https://a.test/cb", "https://a.test/cb?", false),
    ("https://a.test/cb", "https://a.test/cb?a=b", false),
    ("https://a.test/cb?a=b", "https://a.test/cb", false),
    ("https://a.test/cb?a=b", "https://a.test/cb?a=b&c=d", false),
    (
        "https://a.test/cb?a=b&c=d",
        "https://a.test/cb?c=d&a=b",
        false,
    ),
    (
        "https://a.test/cb?a=b+c",
        "https://a.test/cb?a=b%20c",
        false,
    ),
    ("https://a.test/cb", "https://a.test/cb;x=y", false),
    (
        "https://xn--bcher-kva.test/",
        "https://b\u{fc}cher.test/",
        false,
    ),
    ("https://a.test/", "https://\u{430}.test/", false),
    ("https://a.test/", "https://\u{ff41}.test/", false),
    ("https://a.test/cb", "https://a\u{3002}test/cb", false),
    ("https://a.test/cb", "https://a.te\u{17f}t/cb", false),
    ("https://a.test/cb", "https://a.test/c\u{200b}b", false),
];

const TRICKS: &[Row] = &[
    ("https://a.test/cb", "https://a.test@evil.test/cb", false),
    ("https://a.test/cb", "https://a.test:80@evil.test/cb", false),
    ("https://a.test/cb", "https://user:pass@a.test/cb", false),
    ("https://a.test/cb", "https://@a.test/cb", false),
    ("https://a.test/cb", "https://a.test%2F@evil.test/cb", false),
    ("https://a.test/cb", "https://evil.test%2f.a.test/cb", false),
    ("https://a.test/cb", "https://evil.test%5c.a.test/cb", false),
    ("https://a.test/cb", "https://evil.test%00.a.test/cb", false),
    ("https://a.test/cb", "https://evil.test\\@a.test/cb", false),
    ("https://a.test/cb", "https://evil.test\\.a.test/cb", false),
    ("https://a.test/cb", "https:\\\\a.test\\cb", false),
    ("https://a.test/cb", "https:/a.test/cb", false),
    ("https://a.test/cb", "https:a.test/cb", false),
    ("https://a.test/cb", "https:///a.test/cb", false),
    ("https://a.test/cb", "https://a.test/cb#", false),
    ("https://a.test/cb", "https://a.test/cb#@evil.test", false),
    (
        "https://a.test/cb",
        "https://evil.test#https://a.test/cb",
        false,
    ),
    ("https://a.test/cb", "https://a.test/cb/../steal", false),
    ("https://a.test/cb", "https://a.test/x/../cb", false),
    ("https://a.test/cb", "https://a.test/./cb", false),
    ("https://a.test/cb", "https://a.test/x/%2e%2E/cb", false),
    ("https://a.test/cb", "https://a.test/cb/..%2fsteal", false),
    ("https://a.test/cb", "https://a.test/c\tb", false),
    ("https://a.test/cb", "https://a.test/cb\n", false),
    ("https://a.test/cb", "https://a.test/cb\r\nX: y", false),
    ("https://a.test/cb", "https://a.test/cb%0d%0aX:y", false),
    ("https://a.test/cb", " https://a.test/cb", false),
    ("https://a.test/cb", "https://a.test/cb ", false),
    ("https://a.test/cb", "https://a.test/cb\0", false),
    ("https://a.test/cb", "ht\ntps://a.test/cb", false),
    ("https://a.test/cb", "view-source:https://a.test/cb", false),
    (
        "https://a.test/cb",
        "javascript://a.test/cb%0aalert(1)",
        false,
    ),
    (
        "https://a.test/cb",
        "https://a.test/cb,https://evil.test/",
        false,
    ),
];

const LOOPBACK: &[Row] = &[
    ("http://127.0.0.1", "http://127.0.0.1:1024", true),
    ("http://127.0.0.1/cb", "http://127.0.0.1:64000/cb", true),
    ("http://127.0.0.1:8080/cb", "http://127.0.0.1/cb", true),
    (
        "http://127.0.0.1:1/Cb?a=b",
        "http://127.0.0.1:2/Cb?a=b",
        true,
    ),
    ("http://[::1]", "http://[::1]:1024", true),
    ("http://[::1]/cb", "http://[::1]:1024/cb", true),
    ("http://localhost/cb", "http://localhost:3000/cb", true),
    ("http://[::1]", "http://[::1]:1024/cb", false),
    ("http://127.0.0.1", "http://127.0.0.1:64000/cb", false),
    ("http://127.0.0.1", "http://127.0.0.1:64000/", false),
    ("http://127.0.0.1", "http://evil.test/", false),
    ("http://[::1]", "http://evil.test/", false),
    ("http://127.0.0.1/cb", "http://127.0.0.1:8080/Cb", false),
    ("http://127.0.0.1/cb", "http://127.0.0.1:8080/cb?a=b", false),
    (
        "http://127.0.0.1/?a=b&c=d",
        "http://127.0.0.1:1/?c=d&a=b",
        false,
    ),
    ("http://127.0.0.1/cb", "http://localhost/cb", false),
    ("http://localhost/cb", "http://[::1]/cb", false),
    ("http://127.0.0.1/cb", "http://127.0.0.2:1/cb", false),
    ("http://127.0.0.1/cb", "https://127.0.0.1/cb", false),
    ("https://localhost/cb", "https://localhost:8443/cb", false),
    ("https://127.0.0.1/cb", "https://127.0.0.1:8443/cb", false),
    ("http://localhost/cb", "http://LOCALHOST:1/cb", false),
    ("http://localhost/cb", "http://localhost.:1/cb", false),
    (
        "http://localhost/cb",
        "http://localhost.evil.test:1/cb",
        false,
    ),
    (
        "http://localhost/cb",
        "http://localhost:1@evil.test/cb",
        false,
    ),
    (
        "http://localhost/cb",
        "http://localhost:1.evil.test/cb",
        false,
    ),
    ("http://localhost/cb", "http://localhost:/cb", false),
    ("http://localhost/cb", "http://localhost:0/cb", false),
    ("http://localhost/cb", "http://localhost:65536/cb", false),
    ("http://localhost/cb", "http://localhost:-1/cb", false),
    ("http://localhost/cb", "http://localhost:03000/cb", false),
    ("http://[::1]/cb", "http://[0:0:0:0:0:0:0:1]:1/cb", false),
    ("http://[::1]/cb", "http://[::1%25lo]:1/cb", false),
    ("http://[::1]/cb", "http://[::ffff:127.0.0.1]:1/cb", false),
    ("http://127.0.0.1/cb", "http://127.1:1/cb", false),
    ("http://127.0.0.1/cb", "http://0x7f000001:1/cb", false),
    ("http://127.0.0.1/cb", "http://2130706433:1/cb", false),
    ("http://127.0.0.1/cb", "http://0177.0.0.1:1/cb", false),
    ("x-app://localhost/cb", "x-app://localhost:1/cb", false),
];

/// What may not be registered is not answered even where it is: rows from before a rule, or a bug elsewhere.
const NEVER: &[&str] = &[
    "http://a.test",
    "http://test.localhost/",
    "http://testlocalhost/",
    "http://127.0.0.2/",
    "https://*.a.test/cb",
    "https://a.test/*",
    "https://a.test/cb#x",
    "https://a@a.test/cb",
    "https://a.test/\u{e9}",
    "javascript:alert(1)",
    "JavaScript://a.test/%0aalert(1)",
    "data:text/html,x",
    "data://text/html,x",
    "file:///etc/passwd",
    "vbscript:x",
    "blob:https://a.test/1",
    "about:blank",
    "ftp://a.test/",
    "ws://a.test/",
    "wss://a.test/",
    "mailto:a@a.test",
    "intent://a.test/#Intent;end",
    "ms-msdt:/id",
    "urn:ietf:wg:oauth:2.0:oob",
    "c:/windows",
    "a.test/cb",
    "x-app:cb",
    "x-app://a/../b",
    "1app:/cb",
];

#[test]
fn a_code_goes_where_it_was_registered_to_go_and_nowhere_else() {
    let never: Vec<_> = NEVER.iter().map(|uri| (*uri, *uri, false)).collect();
    let groups = [
        THE_SAME,
        ANOTHER,
        SPELLED_OTHERWISE,
        TRICKS,
        LOOPBACK,
        &never,
    ];
    let rows = || groups.into_iter().flatten();
    println!("{} rows", rows().count());
    for (registered, asked, expected) in rows() {
        let answered = redirect::matches(registered, asked);
        assert_eq!(answered, *expected, "{registered:?} asked as {asked:?}");
        if answered {
            assert_leads_there(registered, asked);
        }
    }
}

#[test]
fn only_the_same_is_the_same_in_both_directions() {
    for (registered, asked, expected) in [ANOTHER, SPELLED_OTHERWISE, TRICKS, LOOPBACK].concat() {
        let turned = redirect::matches(asked, registered);
        assert_eq!(turned, expected, "{asked:?} asked as {registered:?}");
    }
}

#[test]
fn no_row_answers_what_another_row_asks() {
    let rows = [THE_SAME, ANOTHER, SPELLED_OTHERWISE, TRICKS, LOOPBACK].concat();
    for (registered, ..) in &rows {
        for (_, asked, _) in &rows {
            if redirect::matches(registered, asked) {
                assert_leads_there(registered, asked);
            }
        }
    }
}

#[test]
fn what_is_never_answered_cannot_be_registered() {
    for uri in NEVER {
        assert!(redirect::check(uri).is_err(), "{uri}");
    }
    for (registered, ..) in [THE_SAME, SPELLED_OTHERWISE, TRICKS, LOOPBACK].concat() {
        assert_eq!(redirect::check(registered), Ok(()), "{registered}");
    }
}

/// A browser that gets the answer goes to the registered place, by the words of another parser.
fn assert_leads_there(registered: &str, asked: &str) {
    let answer = answer_url(asked, &[("code", "c"), ("state", "@evil.test/#")]);
    let place = |uri: &str| {
        let url = Url::parse(uri).expect("a URL");
        let to = (url.scheme().to_owned(), url.host_str().map(str::to_owned));
        (to, url.path().to_owned(), url.fragment().map(str::to_owned))
    };
    assert_eq!(place(&answer), place(registered), "{asked}");
    let port = |uri: &str| Url::parse(uri).expect("a URL").port();
    assert!(port(&answer) == port(registered) || redirect::is_loopback(registered));
    assert!(answer.starts_with(asked));
}
