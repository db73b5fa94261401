//! Text of a document as words for people and models: short, on one line, without tags and control characters.

/// What a description may hold of HTML. Other angle brackets are likely placeholders such as `<id>`, and stay.
const TAGS: &[&str] = &[
    "a", "b", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "i", "li", "ol", "p", "pre",
    "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
];

/// The text on one line, cut to so many characters.
pub(super) fn plain(text: &str, most: usize) -> String {
    // Whatever is cut away is not looked at: one description may stand in thousands of operations.
    let start = text.char_indices().nth(most * 8 + 1000);
    let text = &text[..start.map_or(text.len(), |(at, _)| at)];
    let text = without_tags(text);
    let mut words = String::new();
    for word in text.split_whitespace() {
        let word = word.chars().filter(|letter| !is_hidden(*letter));
        let space = if words.is_empty() { "" } else { " " };
        let before = words.len();
        words.push_str(space);
        words.extend(word);
        if words.len() == before + space.len() {
            words.truncate(before);
        }
    }
    cut(words, most)
}

fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let name = after.trim_start_matches('/');
        let end = name.find(|letter: char| !letter.is_ascii_alphanumeric());
        let name = name[..end.unwrap_or(name.len())].to_ascii_lowercase();
        match after.split_once('>') {
            Some((tag, after)) if TAGS.contains(&&*name) && !tag.contains('<') => {
                out.push(' ');
                rest = after;
            }
            _ => {
                out.push('<');
                rest = after;
            }
        }
    }
    out + rest
}

/// Control characters, and those that are not seen or turn text around.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        let last = text[..end].char_indices().next_back();
        text.truncate(last.map_or(0, |(at, _)| at));
        text.truncate(text.trim_end().len());
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn text_is_one_short_line() {
        let text = "<p>Lists <code>pets</code>\n\n of <owner>.</p>\u{202e}\u{0}";
        assert_eq!(plain(text, 300), "Lists pets of <owner>.");
        assert_eq!(plain("a < b <p", 300), "a < b <p");
        assert_eq!(plain("äöü äöü", 4), "äöü…");
        assert_eq!(plain("äöü", 3), "äöü");
        assert_eq!(plain(&"x".repeat(99), 9).chars().count(), 9);
        assert_eq!(plain("\u{200b} \u{200b}", 9), "");
    }
}
