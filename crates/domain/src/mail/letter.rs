//! What a letter looks like: paragraphs and one button, as text and as HTML that loads nothing from
//! anywhere and reads well in light and dark.

use super::Mail;
use api_types::input::Email;

/// A letter in the making.
pub(crate) struct Letter {
    subject: String,
    parts: Vec<Part>,
}

enum Part {
    Words(String),
    Button { label: String, url: String },
    Aside(String),
}

impl Letter {
    /// Begins a letter.
    pub(crate) fn about(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            parts: Vec::new(),
        }
    }

    /// Adds a paragraph.
    pub(crate) fn say(mut self, words: impl Into<String>) -> Self {
        self.parts.push(Part::Words(words.into()));
        self
    }

    /// Adds a link that stands out.
    pub(crate) fn button(mut self, label: impl Into<String>, url: impl Into<String>) -> Self {
        self.parts.push(Part::Button {
            label: label.into(),
            url: url.into(),
        });
        self
    }

    /// Adds a paragraph in small print.
    pub(crate) fn aside(mut self, words: impl Into<String>) -> Self {
        self.parts.push(Part::Aside(words.into()));
        self
    }

    /// Addresses it.
    pub(crate) fn to(self, to: &Email) -> Mail {
        Mail {
            to: to.clone(),
            text: self.text(),
            html: self.html(),
            subject: self.subject,
        }
    }

    fn text(&self) -> String {
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Words(words) | Part::Aside(words) => words.clone(),
                Part::Button { label, url } => format!("{label}:\n{url}"),
            })
            .collect();
        format!("{}\n\n-- \nBulkhead\n", parts.join("\n\n"))
    }

    fn html(&self) -> String {
        let subject = escaped(&self.subject);
        let parts: String = self.parts.iter().map(Part::html).collect();
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <meta name=\"color-scheme\" content=\"light dark\">\
             <meta name=\"supported-color-schemes\" content=\"light dark\">\
             <title>{subject}</title><style>{STYLE}</style></head>\
             <body><main><h1>{subject}</h1>{parts}<p class=\"aside\">Bulkhead</p></main></body></html>\n"
        )
    }
}

impl Part {
    fn html(&self) -> String {
        match self {
            Self::Words(words) => format!("<p>{}</p>", escaped(words)),
            Self::Aside(words) => format!("<p class=\"aside\">{}</p>", escaped(words)),
            Self::Button { label, url } => {
                let (label, url) = (escaped(label), escaped(url));
                format!(
                    "<p><a class=\"button\" href=\"{url}\">{label}</a></p>\
                     <p class=\"aside\">Or copy this address into your browser:<br>{url}</p>"
                )
            }
        }
    }
}

const STYLE: &str = ":root{color-scheme:light dark}\
body{margin:0;padding:24px;background:#f6f7f9;color:#16181d;font:16px/1.5 system-ui,sans-serif}\
main{max-width:34em;margin:0 auto;padding:24px;background:#fff;border:1px solid #d9dce3;border-radius:10px}\
h1{margin:0 0 16px;font-size:20px}p{margin:0 0 16px;overflow-wrap:anywhere}\
.aside{color:#5b6270;font-size:13px}\
.button{display:inline-block;padding:10px 18px;border-radius:8px;background:#2f5bd8;color:#fff;text-decoration:none}\
@media (prefers-color-scheme:dark){body{background:#111318;color:#e8eaf0}\
main{background:#191c23;border-color:#333844}.aside{color:#a3aab8}.button{background:#5b84f5;color:#0b0d12}}";

/// Text as it may stand in HTML, in an attribute too.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_cannot_become_markup_or_load_anything() {
        let to = Email::parse("ada@example.com").expect("an address");
        let mail = Letter::about("Hello <b>")
            .say("<img src=\"https://evil.example/x.png\">")
            .button("Go'", "https://ours.test/?a=1&b=\"2\"")
            .aside("& more")
            .to(&to);
        assert!(!mail.html.contains("<img"), "{}", mail.html);
        assert!(!mail.html.contains("<b>"), "{}", mail.html);
        assert!(
            mail.html
                .contains("href=\"https://ours.test/?a=1&amp;b=&quot;2&quot;\""),
            "{}",
            mail.html
        );
        for loading in ["<link", "<script", "url(", "@import"] {
            assert!(!mail.html.contains(loading), "{}", mail.html);
        }
        assert!(mail.text.contains("Go':\nhttps://ours.test/?a=1&b=\"2\""));
    }
}
