//! Connecting an account with what a person types in: a key, or a name and a password. The provider is asked first, so
//! that a wrong one is never stored.

use super::{
    Words,
    apps::is_oauth,
    asking::{Account, At},
    input::{self, NewConnection},
    made::{self, Made, Taken},
    providers, rights,
    vault::Secret,
    views,
};
use crate::{Actor, Result, Services, plans};
use api_types::{ConnectionId, Permission, Refusal, connections::ConnectionView, plans::Feature};
use connector::Provider;

/// Connects an account with a key, or with a name and a password.
pub async fn connect_with_secret(
    s: &Services,
    a: &Actor,
    new: NewConnection,
) -> Result<ConnectionView> {
    a.require(rights::needed(new.sharing))?;
    a.require(Permission::ViewConnections)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    plans::require(s, &mut tx, a.tenant(), Feature::Connections).await?;
    let found = providers::find(&mut tx, a.tenant(), &new.provider).await?;
    tx.commit().await?;
    let provider = found.ok_or(Refusal::NotFound)?;
    let label = input::label(&new.label)?;
    let words = input::words(&provider, &new.answers)?;
    let secret = typed(&provider, new.secrets)?;
    let account = accepted(s, a, &provider, &words, &secret).await?;
    let made = Made {
        provider: &provider,
        label,
        sharing: new.sharing,
        account,
        scopes: Vec::new(),
        words,
        secret,
        client_id: None,
        lifetime: None,
    };
    let tx = s.db.tenant_tx(a.tenant()).await?;
    let id = made::insert(s, tx, a, made, Taken::Refuse).await?;
    views::one(s, a, id).await
}

/// Puts another key, or name and password, in place of what a connection has.
pub async fn reconnect_with_secret(
    s: &Services,
    a: &Actor,
    id: ConnectionId,
    secrets: Vec<String>,
) -> Result<()> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let row = rights::held(&mut tx, a, id, true).await?;
    let found = providers::find(&mut tx, a.tenant(), &row.provider).await?;
    tx.commit().await?;
    let provider = found.ok_or_else(|| Refusal::conflict("its provider is no longer described"))?;
    let secret = typed(&provider, secrets)?;
    let account = accepted(s, a, &provider, &row.words, &secret).await?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let before = rights::held(&mut tx, a, id, true).await?;
    let made = Made {
        provider: &provider,
        label: before.label.clone(),
        sharing: before.sharing,
        account,
        scopes: Vec::new(),
        words: before.words.clone(),
        secret,
        client_id: None,
        lifetime: None,
    };
    made::renew(s, tx, a, &before, made).await
}

fn typed(provider: &Provider, secrets: Vec<String>) -> Result<Secret> {
    if is_oauth(provider).is_some() {
        let message = format!("log in at {} to connect it", provider.name);
        return Err(Refusal::conflict(message).into());
    }
    Secret::typed(provider, secrets)
}

/// The account's name, if the provider takes the secret.
async fn accepted(
    s: &Services,
    a: &Actor,
    provider: &Provider,
    words: &Words,
    secret: &Secret,
) -> Result<Option<String>> {
    let at = At {
        s,
        tenant: a.tenant(),
        provider,
        words,
    };
    let name = &provider.name;
    match at.account(secret).await {
        Account::There(label) => Ok(label),
        Account::Untold => Ok(None),
        Account::Refused(said) => {
            let message = format!("{name} does not accept this: {said}");
            Err(Refusal::invalid("secret", message).into())
        }
        Account::Odd(said) | Account::Unreachable(said) => {
            let message = format!("{name} did not say whether this is right: {said}");
            Err(Refusal::conflict(message).into())
        }
    }
}
