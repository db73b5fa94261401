//! Names of tools and arguments, made of whatever a document calls them.

use std::collections::HashSet;

/// How long the name of a tool may be, without the provider's before it.
const TOOL: usize = 50;

/// How long the name of an argument may be: what models' APIs take.
const ARGUMENT: usize = 64;

/// The names that were given.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A name for an operation: of its id, or of its method and path.
    pub fn tool(&mut self, id: Option<&str>, method: &str, path: &str) -> String {
        let id = id.map(snake).filter(|id| !id.is_empty());
        let name = match id {
            Some(id)
                if id.len() > 1 && id.starts_with(|first: char| first.is_ascii_lowercase()) =>
            {
                id
            }
            Some(id) => format!("{method}_{id}"),
            None => snake(&format!("{method} {path}")),
        };
        self.give(&name, TOOL)
    }

    /// A name for an argument: its own, as far as its letters are plain.
    pub fn argument(&mut self, name: &str) -> String {
        let name = argument(name);
        self.give(&name, ARGUMENT)
    }

    fn give(&mut self, name: &str, most: usize) -> String {
        let mut given = short(name, most).to_owned();
        let mut number = 1;
        while !self.taken.insert(given.clone()) {
            number += 1;
            let suffix = format!("_{number}");
            given = format!("{}{suffix}", short(name, most - suffix.len()));
        }
        given
    }
}

/// The name that an argument has where no other has it.
pub(super) fn argument(name: &str) -> String {
    let mut plain = String::new();
    for letter in name.trim_start_matches('+').chars().take(ARGUMENT * 2) {
        if letter.is_ascii_alphanumeric() || "_-.".contains(letter) {
            plain.push(letter);
        } else if !plain.ends_with('_') {
            plain.push('_');
        }
    }
    let plain = match plain.trim_end_matches('_') {
        "" => "argument",
        _ if name.ends_with('_') => &plain,
        trimmed => trimmed,
    };
    short(plain, ARGUMENT).to_owned()
}

/// Words in lower case with `_` between them: `listPetsByID` is `list_pets_by_id`.
pub(super) fn snake(text: &str) -> String {
    let letters: Vec<char> = text.chars().take(500).collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
            continue;
        }
        let before = at.checked_sub(1).map_or('_', |at| letters[at]);
        let after = letters.get(at + 1).copied().unwrap_or('_');
        let begins_word = letter.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || (before.is_ascii_uppercase() && after.is_ascii_lowercase()));
        if begins_word && !out.ends_with('_') {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out.trim_end_matches('_').into()
}

/// As much of a name as there is room for, to the end of a word if one is near.
fn short(name: &str, most: usize) -> &str {
    let Some(start) = name.get(..most).filter(|_| name.len() > most) else {
        return name;
    };
    let word = match start.rfind('_') {
        Some(end) if !name[most..].starts_with('_') && end > most / 2 => &start[..end],
        _ => start,
    };
    word.trim_end_matches('_')
}

#[cfg(test)]
mod tests {
    use super::{Names, argument, snake};

    #[test]
    fn names_are_words_in_lower_case() {
        for (id, name) in [
            ("listPets", "list_pets"),
            ("repos/list-commits", "repos_list_commits"),
            ("PetsController_findAll", "pets_controller_find_all"),
            ("getURLForID", "get_url_for_id"),
            ("GET /v1/pets/{petId}", "get_v1_pets_pet_id"),
            ("löschen!", "l_schen"),
            ("__", ""),
        ] {
            assert_eq!(snake(id), name);
        }
    }

    #[test]
    fn names_are_short_and_given_once() {
        let mut names = Names::default();
        assert_eq!(names.tool(Some("ab"), "get", "/"), "ab");
        assert_eq!(names.tool(Some("AB"), "get", "/"), "ab_2");
        assert_eq!(names.tool(Some("2fa"), "put", "/"), "put_2fa");
        assert_eq!(names.tool(Some("é"), "get", "/p/{id}"), "get_p_id");
        let long = "create_namespaced_service_account_token_and_more_words";
        let name = names.tool(Some(long), "get", "/");
        assert_eq!(name, "create_namespaced_service_account_token_and_more");
        let name = names.tool(Some(long), "get", "/");
        assert_eq!(name, "create_namespaced_service_account_token_and_more_2");
        assert_eq!(argument("page[size]"), "page_size");
        assert_eq!(argument("X-Request-Id"), "X-Request-Id");
        assert_eq!(argument("$"), "argument");
        assert_eq!(argument("type_"), "type_");
    }
}
