//! Whether a provider is in order.

use super::{
    check_docs, check_header, check_header_name, check_header_value, check_parameter, check_path,
    check_text, check_unique, check_word, require,
};
use crate::{Account, Api, Auth, OAuth2, Placement, Provider, Question, Wrong, address, request};
use serde_json::Value;
use std::collections::BTreeMap;
use url::Url;

/// The longest file of a provider, in bytes.
const LONGEST: usize = 64 * 1024;

/// What the app asks of an authorization server, and the server of it, by itself.
const OURS: [&str; 12] = [
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "redirect_uri",
    "refresh_token",
    "response_type",
    "scope",
    "state",
];

impl Provider {
    /// Reads a file of `providers/`, or what a tenant wrote in its form. It is not checked yet.
    pub fn parse(toml: &str) -> Result<Self, Wrong> {
        require(toml.len() <= LONGEST, "it is longer than 64 KiB")?;
        toml::from_str(toml).map_err(|error| Wrong::new(error.message()))
    }

    /// Whether it is in order. `inner`: addresses may be http at this machine, as in tests.
    pub fn check(&self, inner: bool) -> Result<(), Wrong> {
        check_word(&self.id, 31, false).map_err(|wrong| wrong.at("id"))?;
        for (name, text, most) in [
            ("name", &self.name, 60),
            ("category", &self.category, 40),
            ("about", &self.about, 300),
            ("setup", &self.setup, 1000),
        ] {
            check_text(text, 1, most).map_err(|wrong| wrong.at(name))?;
        }
        check_docs(&self.docs, inner)?;
        self.check_questions()
            .map_err(|wrong| wrong.at("questions"))?;
        self.check_auth(inner).map_err(|wrong| wrong.at("auth"))?;
        self.check_api(inner).map_err(|wrong| wrong.at("api"))
    }

    /// An address of this provider with its words filled in: answers of its questions, which are held against them, and
    /// what was remembered.
    pub fn address(&self, template: &str, words: &BTreeMap<String, String>) -> Result<Url, Wrong> {
        let mut words = words.clone();
        for question in &self.questions {
            let answer = words.get(&question.id).map_or("", String::as_str);
            if !answer.is_empty() || question.default.is_some() {
                words.insert(question.id.clone(), question.check(answer)?);
            }
        }
        address::fill(template, &words, self.is_inner())
    }

    /// Whether it was described as being at this machine, which only tests may.
    fn is_inner(&self) -> bool {
        let token = match &self.auth {
            Auth::Oauth2(oauth) => oauth.token.as_str(),
            _ => "",
        };
        [token, &self.api.base]
            .iter()
            .any(|address| address.starts_with("http://"))
    }

    fn check_questions(&self) -> Result<(), Wrong> {
        require(self.questions.len() <= 5, "there are more than five")?;
        check_unique(self.questions.iter().map(|question| question.id.as_str()))?;
        self.questions.iter().try_for_each(|question| {
            question
                .check_itself()
                .map_err(|wrong| wrong.at(&question.id))
        })
    }

    fn check_auth(&self, inner: bool) -> Result<(), Wrong> {
        match &self.auth {
            Auth::Oauth2(oauth) => self.check_oauth(oauth, inner),
            Auth::ApiKey { placement, label } => {
                check_text(label, 1, 60)?;
                check_placement(placement)
            }
            Auth::Basic { username, password } => {
                check_text(username, 1, 60)?;
                check_text(password, 1, 60)
            }
        }
    }

    fn check_oauth(&self, oauth: &OAuth2, inner: bool) -> Result<(), Wrong> {
        for (name, template) in [("authorize", &oauth.authorize), ("token", &oauth.token)] {
            self.check_template(template, &[], inner)
                .map_err(|wrong| wrong.at(name))?;
        }
        if let Some(revocation) = &oauth.revocation {
            let words: Vec<_> = oauth.remember.keys().map(String::as_str).collect();
            let words = [&words[..], &["client_id"]].concat();
            self.check_template(&revocation.url, &words, inner)
                .map_err(|wrong| wrong.at("revocation"))?;
        }
        check_scopes(oauth).map_err(|wrong| wrong.at("scopes"))?;
        check_parameter(&oauth.scope_parameter)?;
        for name in oauth
            .authorize_parameters
            .keys()
            .chain(oauth.token_parameters.keys())
        {
            check_parameter(name).map_err(|wrong| wrong.at(name))?;
            let is_ours = OURS.contains(&name.as_str()) || *name == oauth.scope_parameter;
            require(!is_ours, &format!("{name} is set by itself"))?;
        }
        for at in oauth.access_token_at.iter().chain(oauth.remember.values()) {
            check_path(at)?;
        }
        for word in oauth.remember.keys() {
            check_word(word, 31, true)?;
            let asked = self.questions.iter().any(|question| question.id == *word);
            require(!asked, &format!("{word} is asked for and remembered"))?;
        }
        Ok(())
    }

    fn check_api(&self, inner: bool) -> Result<(), Wrong> {
        let api = &self.api;
        let words: Vec<_> = match &self.auth {
            Auth::Oauth2(oauth) => oauth.remember.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let base = self.check_template(&api.base, &words, inner);
        let base = base.map_err(|wrong| wrong.at("base"))?;
        require(
            base.query().is_none(),
            "base: it must not have a question mark",
        )?;
        check_placement(&api.placement)?;
        for (name, value) in &api.headers {
            check_header(name)
                .and_then(|()| check_header_value(value))
                .map_err(|wrong| wrong.at(name))?;
        }
        for (name, value) in &api.query {
            check_parameter(name)
                .and_then(|()| check_text(value, 0, 500))
                .map_err(|wrong| wrong.at(name))?;
        }
        check_answers(api)?;
        let Some(account) = &api.account else {
            return Ok(());
        };
        let template = match request::whole(&account.path) {
            Some(_) => account.path.clone(),
            None => format!("{}{}", api.base.trim_end_matches('/'), account.path),
        };
        self.check_template(&template, &words, inner)
            .and_then(|_| check_account(account))
            .map_err(|wrong| wrong.at("account"))
    }

    /// An address whose words are those of questions, and these. It leads to one host whatever they are.
    fn check_template(&self, template: &str, more: &[&str], inner: bool) -> Result<Url, Wrong> {
        let mut words = BTreeMap::new();
        for question in &self.questions {
            let sample = if question.kind == "host" {
                "host.example"
            } else {
                "word"
            };
            words.insert(question.id.clone(), sample.to_owned());
        }
        let is_whole = |word: &str| template.starts_with(&format!("{{{word}}}"));
        for word in more {
            let sample = if is_whole(word) {
                "https://host.example"
            } else {
                "word"
            };
            words.insert((*word).to_owned(), sample.to_owned());
        }
        if let Some(unknown) = address::words(template).find(|word| !words.contains_key(*word)) {
            return Err(Wrong::new(format!("nobody knows {{{unknown}}}")));
        }
        let url = address::fill(template, &words, inner)?;
        require(
            inner || url.scheme() == "https",
            "it must begin with https://",
        )?;
        Ok(url)
    }
}

fn check_scopes(oauth: &OAuth2) -> Result<(), Wrong> {
    let separator = oauth.scope_separator.as_str();
    require(
        [" ", ",", "+", ";", "|"].contains(&separator),
        "the separator is an odd one",
    )?;
    require(oauth.scopes.len() <= 300, "there are more than 300")?;
    check_unique(oauth.scopes.iter().map(|scope| scope.name.as_str()))?;
    for scope in &oauth.scopes {
        check_text(&scope.about, 1, 300).map_err(|wrong| wrong.at(&scope.name))?;
    }
    let names = oauth.scopes.iter().map(|scope| &scope.name);
    for name in names.chain(&oauth.always) {
        let plain = (1..=200).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
        require(plain, &format!("“{name}” is no scope"))?;
        require(
            !name.contains(separator),
            &format!("{name} has the separator in it"),
        )?;
    }
    Ok(())
}

fn check_placement(placement: &Placement) -> Result<(), Wrong> {
    let checked = match placement {
        Placement::Header { name, prefix } => {
            check_header_name(name)?;
            let is_free = name.eq_ignore_ascii_case("authorization");
            let name = if is_free { Ok(()) } else { check_header(name) };
            name.and_then(|()| check_header_value(prefix))
        }
        Placement::Query { name } => check_parameter(name),
    };
    checked.map_err(|wrong| wrong.at("placement"))
}

fn check_answers(api: &Api) -> Result<(), Wrong> {
    require(api.error_at.len() <= 10, "error_at has more than ten ways")?;
    api.error_at
        .iter()
        .chain(&api.ok_at)
        .try_for_each(|at| check_path(at))?;
    let Some(names) = &api.rate_limit else {
        return Ok(());
    };
    let mut names = names.reset.iter().chain([&names.remaining]);
    names.try_for_each(|name| check_header_name(name).map_err(|wrong| wrong.at("rate_limit")))
}

fn check_account(account: &Account) -> Result<(), Wrong> {
    let is_known = matches!(account.method.as_str(), "GET" | "POST");
    require(is_known, "its method must be GET or POST")?;
    require(!account.label_at.is_empty(), "label_at is empty")?;
    account.label_at.iter().try_for_each(|at| check_path(at))?;
    match account.body.as_deref().map(serde_json::from_str::<Value>) {
        Some(Err(_)) => Err(Wrong::new("its body is not JSON")),
        _ => Ok(()),
    }
}

impl Question {
    fn check_itself(&self) -> Result<(), Wrong> {
        check_word(&self.id, 31, true)?;
        check_text(&self.label, 1, 200)?;
        let is_known = ["subdomain", "word", "host"].contains(&self.kind.as_str());
        require(is_known, "its kind must be subdomain, word or host")?;
        self.default
            .iter()
            .chain([&self.example])
            .try_for_each(|text| self.check(text).map(drop))
    }

    /// The answer as it stands in addresses, if it is one. Nothing is the default, where there is one; a whole address
    /// is good enough for its host.
    pub fn check(&self, answer: &str) -> Result<String, Wrong> {
        let answer = match (answer.trim(), &self.default) {
            ("", Some(default)) => default.as_str(),
            (answer, _) => answer,
        };
        let word = |text: &str| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            (1..=100).contains(&text.len()) && text.bytes().all(allowed)
        };
        let (found, wanted) = match self.kind.as_str() {
            "subdomain" => {
                let label = answer.to_ascii_lowercase();
                (
                    Some(label).filter(|label| address::is_label(label)),
                    "letters, digits and hyphens",
                )
            }
            "host" => {
                let host = answer.strip_prefix("https://").unwrap_or(answer);
                let host = host.strip_suffix('/').unwrap_or(host).to_ascii_lowercase();
                (Some(host).filter(|host| address::is_host(host)), "a host")
            }
            _ => (
                Some(answer.to_owned()).filter(|text| word(text)),
                "letters, digits, - and _",
            ),
        };
        let wanted = || {
            format!(
                "{}: it must be {wanted}, such as {}",
                self.label, self.example
            )
        };
        found.ok_or_else(|| Wrong::new(wanted()))
    }
}
