//! What is said to a provider's authorization server, and what its answers mean.

use connector::OAuth2;
use connector::oauth::{Exchange, TokenError, Tokens, authorize_url, read_tokens, token_form};
use std::collections::BTreeMap;

fn oauth(toml: &str) -> OAuth2 {
    let common = "authorize = \"https://{site}.test/authorize?a=b\"\ntoken = \"https://a.test/token\"\n\
                  pkce = true\nrefresh = true";
    toml::from_str(&format!("{common}\n{toml}")).expect("OAuth")
}

fn read(oauth: &OAuth2, body: &str) -> Result<Tokens, TokenError> {
    read_tokens(oauth, body.as_bytes(), 200)
}

#[test]
fn a_browser_is_led_to_the_provider() {
    let oauth = oauth(
        "scope_separator = \",\"\nscope_parameter = \"user_scope\"\nalways = [\"offline\"]\n\
         authorize_parameters = { access_type = \"offline\" }",
    );
    let words = BTreeMap::from([("site".to_owned(), "acme".to_owned())]);
    let scopes = ["read".to_owned(), "offline".to_owned()];
    let lead = |words: &BTreeMap<String, String>| {
        authorize_url(
            &oauth,
            "id",
            "https://b.test/cb?x=y",
            "s",
            Some("c"),
            &scopes,
            words,
        )
    };
    assert_eq!(
        lead(&words).expect("a URL").as_str(),
        "https://acme.test/authorize?a=b&access_type=offline&response_type=code&client_id=id\
         &redirect_uri=https://b.test/cb%3Fx%3Dy&state=s&user_scope=read,offline&code_challenge=c\
         &code_challenge_method=S256"
    );
    assert!(lead(&BTreeMap::new()).is_err());
    let words = BTreeMap::from([("site".to_owned(), "evil.test/".to_owned())]);
    assert!(lead(&words).is_err());
}

#[test]
fn an_app_shows_who_it_is() {
    let code = Exchange::Code {
        code: "c",
        redirect_uri: "https://b.test/cb",
        verifier: Some("v"),
    };
    let (form, header) = token_form(&oauth(""), code, "id", "a:b");
    let names: Vec<_> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["grant_type", "code", "redirect_uri", "code_verifier"]
    );
    assert_eq!(header.as_deref(), Some("Basic aWQ6YSUzQWI="));
    let post = oauth("client_auth = \"post\"\ntoken_parameters = { audience = \"x\" }");
    let refresh = Exchange::Refresh {
        token: "r",
        scopes: &[],
    };
    let (form, header) = token_form(&post, refresh, "id", "secret");
    let names: Vec<_> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "audience",
            "grant_type",
            "refresh_token",
            "client_id",
            "client_secret"
        ]
    );
    assert_eq!(header, None);
    let (form, header) = token_form(&oauth(""), refresh, "id", "");
    assert!(form.contains(&("client_id".into(), "id".into())) && header.is_none());
}

#[test]
fn tokens_are_read_in_every_form() {
    let tokens = read(
        &oauth(""),
        "access_token=a&scope=repo%2Cgist&token_type=bearer",
    )
    .expect("tokens");
    assert_eq!((&*tokens.access_token, tokens.expires_in), ("a", None));
    assert_eq!(tokens.scopes, Some(vec!["repo".into(), "gist".into()]));
    let slack = oauth("access_token_at = \"authed_user.access_token\"\nlifetime = 60");
    let body =
        r#"{"ok":true,"access_token":"bot","authed_user":{"access_token":"u","scope":"a,b"}}"#;
    let tokens = read(&slack, body).expect("tokens");
    assert_eq!((&*tokens.access_token, tokens.expires_in), ("u", Some(60)));
    let twitch =
        r#"{"access_token":"a","refresh_token":"r","expires_in":"3599","scope":["x:y","z"]}"#;
    let tokens = read(&oauth(""), twitch).expect("tokens");
    assert_eq!(
        (tokens.refresh_token.as_deref(), tokens.expires_in),
        (Some("r"), Some(3599))
    );
    assert_eq!(tokens.scopes, Some(vec!["x:y".into(), "z".into()]));
    let salesforce = oauth("remember = { instance_url = \"instance_url\", org = \"team.id\" }");
    let body = r#"{"access_token":"a","instance_url":"https://a.test","team":{"id":7}}"#;
    let remembered = read(&salesforce, body).expect("tokens").remembered;
    assert_eq!(
        (&*remembered["instance_url"], &*remembered["org"]),
        ("https://a.test", "7")
    );
}

#[test]
fn a_refusal_may_come_with_a_200() {
    let github = "error=bad_refresh_token&error_description=It+is+wrong.%0D%0A";
    let refusal = read(&oauth(""), github).expect_err("a refusal");
    assert_eq!(refusal.error, "bad_refresh_token");
    assert_eq!(refusal.description.as_deref(), Some("It is wrong."));
    for (body, error, is_final) in [
        (
            r#"{"ok":false,"error":"invalid_code","access_token":"a"}"#,
            "invalid_code",
            true,
        ),
        (r#"{"error":"invalid_grant"}"#, "invalid_grant", true),
        (
            r#"{"error":{"type":"OAuthException","message":"No."}}"#,
            "OAuthException",
            false,
        ),
        (r#"{"error":"invalid_client"}"#, "invalid_client", false),
        (
            r#"{"error":"temporarily_unavailable"}"#,
            "temporarily_unavailable",
            false,
        ),
        (r#"{"access_token":"a\r\nb"}"#, "invalid_response", false),
        (r#"{"access_token":""}"#, "invalid_response", false),
        ("<html>", "invalid_response", false),
        ("[]", "invalid_response", false),
    ] {
        let refusal = read(&oauth(""), body).expect_err("a refusal");
        assert_eq!(
            (&*refusal.error, refusal.is_final),
            (error, is_final),
            "{body}"
        );
    }
    let down = read_tokens(&oauth(""), br#"{"access_token":"a"}"#, 503).expect_err("a refusal");
    assert_eq!((&*down.error, down.is_final), ("status 503", false));
}

#[test]
fn tokens_are_not_shown() {
    let body = r#"{"access_token":"S3CRET","refresh_token":"S3CRET","instance_url":"S3CRET"}"#;
    let tokens = read(&oauth("remember = { x = \"instance_url\" }"), body).expect("tokens");
    assert!(!format!("{tokens:?}").contains("S3CRET"));
}
