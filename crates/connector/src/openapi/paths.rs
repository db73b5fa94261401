//! Paths of operations.

use super::arguments::Arguments;
use super::document::servers;
use super::node::Node;
use super::text::plain;
use url::Url;

/// How long a path may be.
const LENGTH: usize = 1000;

/// The words in braces. Refuses a path that could lead elsewhere than below the API's base.
pub(super) fn words(path: &str) -> Result<Vec<&str>, String> {
    let strange = |byte: u8| byte <= b' ' || byte >= 0x7f || b"\\?#\"<>^`|%".contains(&byte);
    if path.len() > LENGTH || path.starts_with("//") || path.bytes().any(strange) {
        return Err("its path is not a plain path".into());
    }
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("its path has dots for directories in it".into());
    }
    let mut words = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((word, after)) = after.split_once('}') else {
            return Err("its path has a brace too many".into());
        };
        if before.contains('}') || word.is_empty() || word.contains(['{', '/']) {
            return Err("its path has a brace too many".into());
        }
        if !words.contains(&word) {
            words.push(word);
        }
        rest = after;
    }
    if rest.contains('}') {
        return Err("its path has a brace too many".into());
    }
    Ok(words)
}

/// The path with the names of its arguments, below the address of the operation's own server if it has one.
pub(super) fn template(
    usual: &[String],
    path: &str,
    item: &Node,
    operation: &Node,
    arguments: &Arguments,
) -> Result<String, String> {
    let mut named = path.to_owned();
    for word in words(path)? {
        let name = arguments.in_path(word).unwrap_or_default();
        named = named.replace(&format!("{{{word}}}"), &format!("{{{name}}}"));
    }
    let own = [operation, item]
        .into_iter()
        .map(servers)
        .find(|servers| !servers.is_empty());
    let Some(own) = own.filter(|own| !own.iter().any(|server| usual.contains(server))) else {
        return Ok(named);
    };
    let host = |server: &String| Url::parse(server).ok()?.host_str().map(str::to_owned);
    let hosts: Vec<_> = usual.iter().filter_map(host).collect();
    let near = own
        .iter()
        .find(|server| host(server).is_some_and(|host| hosts.contains(&host)));
    match near {
        Some(server) if !server.contains(['{', '}', '?', '#']) => Ok(format!("{server}{named}")),
        _ => Err(format!("it is at another server, {}", plain(&own[0], 100))),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_path_stays_below_its_base() {
        assert_eq!(words("/a/{b}:{c}/{b}.json"), Ok(vec!["b", "c"]));
        for path in [
            "//evil.test/a",
            "/a/../b",
            "/a/%2E%2e/b",
            "/a\\b",
            "/a?b",
            "/a#b",
            "/a/{b",
            "/a}/b",
            "/{}",
            "/{a/b}",
            "/a%2fb",
            "/a\nb",
        ] {
            assert!(words(path).is_err(), "{path}");
        }
    }
}
