//! The address that a person's browser takes an answer back to the client with.

use url::form_urlencoded;

/// A redirect URI with the answer in its query. What the URI has already stays byte for byte
/// (RFC 6749, section 3.1.2).
pub fn answer_url(redirect_uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut answer = redirect_uri.to_owned();
    for (name, value) in parameters {
        match answer.split_once('?') {
            None => answer.push('?'),
            Some((_, query)) if query.is_empty() || query.ends_with('&') => {}
            Some(_) => answer.push('&'),
        }
        answer.extend(form_urlencoded::byte_serialize(name.as_bytes()));
        answer.push('=');
        answer.extend(form_urlencoded::byte_serialize(value.as_bytes()));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_goes_behind_what_is_there() {
        for (redirect_uri, answer) in [
            ("https://app.test/cb", "https://app.test/cb?code=a&state=b"),
            ("https://app.test", "https://app.test?code=a&state=b"),
            ("https://app.test/?", "https://app.test/?code=a&state=b"),
            (
                "https://app.test/?x=%20+'&y",
                "https://app.test/?x=%20+'&y&code=a&state=b",
            ),
            ("https://app.test/?x&", "https://app.test/?x&code=a&state=b"),
            (
                "https://app.test/?x?",
                "https://app.test/?x?&code=a&state=b",
            ),
            ("com.app.test:/", "com.app.test:/?code=a&state=b"),
        ] {
            let parameters = [("code", "a"), ("state", "b")];
            assert_eq!(answer_url(redirect_uri, &parameters), answer);
            assert_eq!(answer_url(redirect_uri, &[]), redirect_uri);
        }
    }

    #[test]
    fn no_value_breaks_out_of_its_parameter() {
        assert_eq!(
            answer_url("https://app.test/", &[("state", "a&code=b#c d+é\r\n%=")]),
            "https://app.test/?state=a%26code%3Db%23c+d%2B%C3%A9%0D%0A%25%3D"
        );
    }
}
