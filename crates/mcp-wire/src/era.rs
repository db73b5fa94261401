//! Which era of the protocol a request belongs to: modern ones carry their version in `_meta`, those of the
//! handshake do not (2026-07-28, basic/versioning, "Backward Compatibility").

use crate::{Fault, Message, Params};

/// The stateless revision.
pub const MODERN_VERSION: &str = "2026-07-28";

/// The revisions with a handshake, newest first.
pub const LEGACY_VERSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/// Every revision, newest first.
pub const ALL_VERSIONS: [&str; 4] = [
    MODERN_VERSION,
    LEGACY_VERSIONS[0],
    LEGACY_VERSIONS[1],
    LEGACY_VERSIONS[2],
];

/// The era of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// Stateless, with everything in the request.
    Modern,
    /// With a handshake; the version, if a header names it.
    Legacy(&'static str),
}

impl Era {
    /// Whether several messages may come in one body: only the first revision of this transport had that.
    pub fn batches(self) -> bool {
        self == Self::Legacy("2025-03-26")
    }
}

/// Finds the era of one message by its body and the `MCP-Protocol-Version` header.
pub fn detect(message: &Message<'_>, header: Option<&str>) -> Result<Era, Fault> {
    match message {
        Message::Request(request) => of_request(&request.method, &request.params, header),
        Message::Notification(_) | Message::Response => by_header(header),
    }
}

fn of_request(method: &str, params: &Params<'_>, header: Option<&str>) -> Result<Era, Fault> {
    let meta = params.meta.as_ref();
    if let Some(version) = meta.and_then(|meta| meta.protocol_version.as_deref()) {
        return modern(version, header);
    }
    let half_modern = meta.is_some_and(|meta| meta.client_capabilities.is_some());
    if half_modern || header == Some(MODERN_VERSION) {
        return Err(missing_meta("protocolVersion"));
    }
    // The handshake agrees on a version in its body; its header, if there is one, says nothing yet.
    if method == "initialize" {
        return Ok(Era::Legacy(LEGACY_VERSIONS[0]));
    }
    by_header(header)
}

fn modern(version: &str, header: Option<&str>) -> Result<Era, Fault> {
    let Some(header) = header else {
        return Err(Fault::header_mismatch(
            "the MCP-Protocol-Version header is missing",
        ));
    };
    if header != version {
        return Err(Fault::header_mismatch(
            "the MCP-Protocol-Version header and io.modelcontextprotocol/protocolVersion differ",
        ));
    }
    match version {
        MODERN_VERSION => Ok(Era::Modern),
        // Spoken here, but by a handshake and not in this form.
        _ if LEGACY_VERSIONS.contains(&version) => {
            Err(Fault::unsupported_version(version, &[MODERN_VERSION]))
        }
        _ => Err(Fault::unsupported_version(version, &ALL_VERSIONS)),
    }
}

fn by_header(header: Option<&str>) -> Result<Era, Fault> {
    match header {
        // Clients of 2025-03-26 send no header, and later ones must.
        None => Ok(Era::Legacy("2025-03-26")),
        Some(MODERN_VERSION) => Ok(Era::Modern),
        Some(header) => LEGACY_VERSIONS
            .into_iter()
            .find(|version| *version == header)
            .map(Era::Legacy)
            .ok_or_else(|| Fault::unsupported_version(header, &ALL_VERSIONS)),
    }
}

/// A modern request lacks a part of `_meta` that it must have.
pub fn missing_meta(member: &str) -> Fault {
    Fault::invalid_params(format!("_meta must have io.modelcontextprotocol/{member}"))
}
