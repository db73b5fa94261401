//! What Stripe tells: checked, and kept once. Nothing is done with it here, so that the answer is quick.

use super::{
    store, stripe,
    stripe::{is_signed, objects::Event},
};
use crate::{Result, Services};
use time::OffsetDateTime;

/// What became of what was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is kept, or was there already, or is nothing that we need.
    Kept,
    /// Stripe did not sign it for us, or not lately.
    Unsigned,
    /// It is signed, and no event of this mode.
    Unreadable,
}

/// Takes a request's body as it came, and its header `Stripe-Signature`. Returns once the event is durable.
pub async fn hear(s: &Services, signature: &str, body: &[u8]) -> Result<Heard> {
    let stripe = stripe(s)?;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    if !is_signed(stripe, signature, body, now) {
        return Ok(Heard::Unsigned);
    }
    let Ok(event) = serde_json::from_slice::<Event>(body) else {
        return Ok(Heard::Unreadable);
    };
    if event.livemode != stripe.0.live {
        return Ok(Heard::Unreadable);
    }
    if event.customer().is_some() {
        store::events::insert(&mut *s.db.global().await?, &[event], "webhook").await?;
        stripe.0.heard.notify_one();
    }
    Ok(Heard::Kept)
}
