//! The form that describes a service, and the text that it offers as an example, against who reads them: the pages do
//! not know the reader, and it does not know the pages.

use app::connections::description::{EXAMPLE, Simple, WAYS};
use connector::{Auth, Placement, Provider};

/// A form in which as little is filled in as the way of logging in allows.
fn least(auth: &str) -> Simple {
    let needed = |ways: &[&str], text: &str| {
        let is_needed = ways.contains(&auth);
        if is_needed { text } else { "" }.to_owned()
    };
    Simple {
        id: "acme".into(),
        name: "Acme".into(),
        base: "https://api.acme.example/v1".into(),
        auth: auth.into(),
        authorize: needed(&["oauth2"], "https://login.acme.example/authorize"),
        token: needed(&["oauth2"], "https://login.acme.example/token"),
        key_name: needed(&["header", "query"], "x-acme-key"),
        ..Simple::default()
    }
}

/// A form in which everything is.
fn most(auth: &str) -> Simple {
    Simple {
        about: r#"The inventory of "our" warehouses, and \more\ less."#.into(),
        docs: "https://docs.acme.example/api#keys".into(),
        scopes: "stock.read = See what is in stock\r\n\r\n  stock.write\n".into(),
        pkce: true,
        account: "/me?fields=name".into(),
        account_name: "user.names[0].full".into(),
        ..least(auth)
    }
}

fn read(text: &str) -> Provider {
    let provider = Provider::parse(text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    let checked = provider.check(false);
    checked.unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    provider
}

/// Where the secret is put.
fn placed(provider: &Provider) -> String {
    match &provider.auth {
        Auth::Oauth2(_) => "oauth2".into(),
        Auth::Basic { .. } => "basic".into(),
        Auth::ApiKey { placement, .. } => match placement {
            Placement::Header { name, prefix } => format!("header {name} {prefix}"),
            Placement::Query { name } => format!("query {name}"),
        },
    }
}

#[test]
fn what_the_form_says_is_read() {
    for (auth, _) in WAYS {
        for form in [least(auth), most(auth)] {
            let provider = read(&form.text().expect("a text"));
            assert_eq!((&*provider.id, &*provider.name), ("acme", "Acme"));
            assert_eq!(provider.api.base, form.base);
            let wanted = match auth {
                "bearer" => "header authorization Bearer ",
                "header" => "header x-acme-key ",
                "query" => "query x-acme-key",
                other => other,
            };
            assert_eq!(placed(&provider), wanted);
            let account = provider.api.account.as_ref();
            assert_eq!(account.is_some(), !form.account.is_empty());
        }
        let provider = read(&most(auth).text().expect("a text"));
        let account = provider.api.account.expect("an account");
        assert_eq!(account.path, "/me?fields=name");
        assert_eq!(account.label_at, ["user.names[0].full"]);
    }
}

#[test]
fn how_one_logs_in_is_read() {
    for (form, wanted) in [
        (least("oauth2"), &[][..]),
        (most("oauth2"), &["stock.read", "stock.write"]),
    ] {
        let provider = read(&form.text().expect("a text"));
        let Auth::Oauth2(oauth) = provider.auth else {
            panic!("{:?}", provider.auth);
        };
        assert_eq!(
            (&oauth.authorize, &oauth.token),
            (&form.authorize, &form.token)
        );
        assert_eq!((oauth.pkce, oauth.refresh), (form.pkce, true));
        let scopes: Vec<_> = oauth.scopes.iter().map(|scope| &*scope.name).collect();
        assert_eq!(scopes, wanted);
    }
}

/// Whatever is filled in, a field says itself and nothing more, or the form is refused.
#[test]
fn no_field_says_more_than_itself() {
    for (auth, _) in WAYS {
        for odd in [
            "\"\n[api]\nbase = \"https://evil.example",
            "'''",
            "\"\"\"",
            "\\\" \\u0022 \\",
            "\u{7f}\u{0}\u{1b}",
            "{base}",
            "é \u{202e} 語",
        ] {
            for field in 0..FIELDS {
                let form = with(&most(auth), field, odd);
                let Ok(text) = form.text() else { continue };
                let provider = Provider::parse(&text);
                let provider = provider.unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
                assert_eq!(provider.api.base, taken(&form.base), "{text}");
                assert_eq!(provider.id, taken(&form.id), "{text}");
                assert_eq!(provider.name, taken(&form.name), "{text}");
                assert_eq!(provider.about, taken(&form.about), "{text}");
                assert!(provider.questions.is_empty(), "{text}");
            }
        }
    }
}

/// As it is taken: without what TOML cannot hold.
fn taken(text: &str) -> String {
    text.trim().replace('\u{7f}', "")
}

const FIELDS: usize = 12;

fn with(form: &Simple, field: usize, text: &str) -> Simple {
    let mut form = form.clone();
    let fields: [&mut String; FIELDS] = [
        &mut form.id,
        &mut form.name,
        &mut form.about,
        &mut form.docs,
        &mut form.base,
        &mut form.auth,
        &mut form.authorize,
        &mut form.token,
        &mut form.scopes,
        &mut form.key_name,
        &mut form.account,
        &mut form.account_name,
    ];
    text.clone_into(fields[field]);
    form
}

/// A service on the company's own network, over http, where the operator lets tenants reach it.
#[test]
fn the_form_takes_services_within() {
    let form = Simple {
        base: "http://127.0.0.1:4010/v1".into(),
        ..least("bearer")
    };
    let text = form.text().expect("a text");
    let provider = Provider::parse(&text).expect("a provider");
    provider.check(true).expect("in order");
}

#[test]
fn the_example_is_read_and_uses_its_question() {
    let provider = read(EXAMPLE);
    let words = [("region".to_owned(), "us".to_owned())].into();
    let base = provider.address(&provider.api.base, &words);
    assert_eq!(
        base.expect("a URL").as_str(),
        "https://us.api.acme.example/v1"
    );
    assert!(matches!(provider.auth, Auth::Oauth2(oauth) if oauth.pkce && oauth.refresh));
}
