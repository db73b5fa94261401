//! JSON for people: the same text with line breaks and indents. Names and numbers stay as they are sent, in their order,
//! which reading and writing it again would not promise.

/// Sets JSON in lines. Text that is no JSON stays readable, and loses nothing but blanks.
pub fn pretty(json: &str) -> String {
    let mut set = Setting::default();
    let mut letters = json.chars().peekable();
    while let Some(letter) = letters.next() {
        if set.in_text {
            set.of_text(letter);
            continue;
        }
        match letter {
            '{' | '[' => {
                while letters.next_if(|next| next.is_whitespace()).is_some() {}
                let close = if letter == '{' { '}' } else { ']' };
                set.out.push(letter);
                if letters.next_if_eq(&close).is_some() {
                    set.out.push(close);
                } else {
                    set.depth += 1;
                    set.line();
                }
            }
            '}' | ']' => {
                set.depth = set.depth.saturating_sub(1);
                set.line();
                set.out.push(letter);
            }
            ',' => {
                set.out.push(letter);
                set.line();
            }
            ':' => set.out.push_str(": "),
            letter if letter.is_whitespace() => {}
            letter => {
                set.in_text = letter == '"';
                set.out.push(letter);
            }
        }
    }
    set.out
}

/// What is set so far.
#[derive(Default)]
struct Setting {
    out: String,
    depth: usize,
    /// Between quotes.
    in_text: bool,
    /// After a backslash.
    escaped: bool,
}

impl Setting {
    fn of_text(&mut self, letter: char) {
        self.out.push(letter);
        if self.escaped {
            self.escaped = false;
        } else if letter == '\\' {
            self.escaped = true;
        } else if letter == '"' {
            self.in_text = false;
        }
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", self.depth));
    }
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn json_is_set_in_lines_and_keeps_its_order() {
        let sent = r#"{"type":"a.b","data":{"none":[],"some":[1, 2],"is":{ },"n":1.50}}"#;
        let set = "{\n  \"type\": \"a.b\",\n  \"data\": {\n    \"none\": [],\n    \"some\": [\n      1,\n      2\n    ],\n    \"is\": {},\n    \"n\": 1.50\n  }\n}";
        assert_eq!(pretty(sent), set);
        assert_eq!(pretty(set), set);
    }

    #[test]
    fn what_stands_between_quotes_is_left_alone() {
        let sent = r#"["a, {b}: \"c\" \\","d"]"#;
        assert_eq!(pretty(sent), "[\n  \"a, {b}: \\\"c\\\" \\\\\",\n  \"d\"\n]");
    }

    #[test]
    fn what_is_no_json_breaks_nothing() {
        assert_eq!(pretty("}}\"ä"), "\n}\n}\"ä");
    }
}
