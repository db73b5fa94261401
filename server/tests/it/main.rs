//! Integration tests through HTTP.
