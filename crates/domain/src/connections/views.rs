//! What people see: the catalogue, a provider, their connections.

use super::{
    apps, is_oauth, providers, redirect_uri, rights,
    store::{self, Row, Wanted, own, uses},
};
use crate::{Actor, Result, Services};
use api_types::{
    ConnectionId, Permission, Refusal,
    connections::{
        AppSource, AuthKind, ConnectionDetail, ConnectionList, ConnectionState, ConnectionView,
        ProviderCard, ProviderView, QuestionView, ScopeView,
    },
};
use connector::{Auth, Provider, catalogue};
use std::{collections::HashMap, sync::Arc};

/// The connections that the caller sees, and the catalogue.
pub async fn list(s: &Services, a: &Actor) -> Result<ConnectionList> {
    a.require(Permission::ViewConnections)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let seen = Wanted {
        reader: a.user(),
        ended: true,
        ..Wanted::default()
    };
    let rows = store::rows(&mut tx, a.tenant(), seen).await?;
    let all = providers::all(&mut tx, a.tenant()).await?;
    let apps = own::apps(&mut tx, a.tenant()).await?;
    tx.commit().await?;
    let known: HashMap<&str, &Arc<Provider>> = all
        .iter()
        .map(|(provider, _)| (provider.id.as_str(), provider))
        .collect();
    let cards = all.iter().map(|(provider, is_own)| {
        let source = apps::source(s, &apps, &provider.id);
        card(provider, *is_own, source, live(&rows, &provider.id))
    });
    let mut connections: Vec<_> = rows
        .iter()
        .map(|row| view(a, row, known.get(row.provider.as_str()).copied()))
        .collect();
    // What has ended stands below what has not.
    connections.sort_by_key(|one| one.state == ConnectionState::Disconnected);
    Ok(ConnectionList {
        providers: cards.collect(),
        connections,
        may_describe: a.decide(Permission::ManageApis),
    })
}

/// Everything that one needs to connect an account at a provider.
pub async fn provider(s: &Services, a: &Actor, id: &str) -> Result<ProviderView> {
    a.require(Permission::ViewConnections)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let found = providers::find(&mut tx, a.tenant(), id).await?;
    let provider = found.ok_or(Refusal::NotFound)?;
    let seen = Wanted {
        provider: Some(id),
        reader: a.user(),
        ..Wanted::default()
    };
    let rows = store::rows(&mut tx, a.tenant(), seen).await?;
    let app = own::app(&mut tx, a.tenant(), id).await?;
    let is_offered = own::is_switched_on(&mut tx, a.tenant(), id).await?;
    tx.commit().await?;
    let of_tenant: Vec<_> = app.iter().map(|_| id.to_owned()).collect();
    let source = apps::source(s, &of_tenant, id);
    let questions = provider.questions.iter().map(|question| QuestionView {
        id: question.id.clone(),
        label: question.label.clone(),
        example: question.example.clone(),
        default: question.default.clone(),
    });
    Ok(ProviderView {
        card: card(
            &provider,
            !providers::is_built_in(id),
            source,
            live(&rows, id),
        ),
        docs: provider.docs.clone(),
        setup: provider.setup.clone(),
        questions: questions.collect(),
        scopes: scopes(&provider, None),
        secrets: secrets(&provider),
        redirect_uri: redirect_uri(s, id),
        client_id: app.map(|app| app.client_id),
        connections: rows
            .iter()
            .map(|row| view(a, row, Some(&provider)))
            .collect(),
        is_offered,
        may_share: a.decide(Permission::ManageConnections),
        may_connect: a.decide(Permission::ConnectAccounts),
        may_describe: a.decide(Permission::ManageApis),
    })
}

/// Everything on a connection's page. One that has ended is shown for a month.
pub async fn detail(s: &Services, a: &Actor, id: ConnectionId) -> Result<ConnectionDetail> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let row = rights::seen(&mut tx, a, id, true).await?;
    let provider = providers::find(&mut tx, a.tenant(), &row.provider).await?;
    let (users, calls) = if a.may(Permission::ViewUsage) {
        (
            uses::users(&mut tx, a.tenant(), id).await?,
            uses::calls(&mut tx, a.tenant(), id).await?,
        )
    } else {
        (Vec::new(), Vec::new())
    };
    tx.commit().await?;
    let known = provider.as_deref();
    Ok(ConnectionDetail {
        connection: view(a, &row, provider.as_ref()),
        scopes: known.map_or_else(Vec::new, |known| scopes(known, Some(&row.scopes))),
        auth: known.map_or(AuthKind::ApiKey, kind),
        secrets: known.map(secrets).unwrap_or_default(),
        users,
        calls,
    })
}

/// A connection that the caller sees.
pub(super) async fn one(s: &Services, a: &Actor, id: ConnectionId) -> Result<ConnectionView> {
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let row = rights::seen(&mut tx, a, id, true).await?;
    let provider = providers::find(&mut tx, a.tenant(), &row.provider).await?;
    tx.commit().await?;
    Ok(view(a, &row, provider.as_ref()))
}

fn live(rows: &[Row], provider: &str) -> usize {
    let live = rows
        .iter()
        .filter(|row| row.provider == provider && row.state != ConnectionState::Disconnected);
    live.count()
}

fn card(provider: &Provider, is_own: bool, app: AppSource, connections: usize) -> ProviderCard {
    let of_build = !is_own;
    ProviderCard {
        id: provider.id.clone(),
        name: provider.name.clone(),
        category: provider.category.clone(),
        about: provider.about.clone(),
        auth: kind(provider),
        app,
        tools: if of_build {
            catalogue().operations(&provider.id).len()
        } else {
            0
        },
        connections,
        is_own,
        icon: icon(&provider.id),
    }
}

fn view(a: &Actor, row: &Row, provider: Option<&Arc<Provider>>) -> ConnectionView {
    ConnectionView {
        id: row.id,
        provider: row.provider.clone(),
        provider_name: provider.map_or_else(|| row.provider.clone(), |known| known.name.clone()),
        icon: icon(&row.provider),
        label: row.label.clone(),
        account: row.account.clone(),
        sharing: row.sharing,
        owner: row.owner_name.clone(),
        state: row.state,
        trouble: row.trouble.clone(),
        scopes: row.scopes.clone(),
        connected_at: row.connected_at,
        expires_at: row.expires_at,
        refreshed_at: row.refreshed_at,
        last_used_at: row.last_used_at,
        may_change: rights::may_change(a, row),
    }
}

fn icon(provider: &str) -> Option<String> {
    let known = providers::is_built_in(provider);
    let icon = known.then(|| catalogue().icon(provider)).flatten();
    icon.map(str::to_owned)
}

fn kind(provider: &Provider) -> AuthKind {
    match provider.auth {
        Auth::Oauth2(_) => AuthKind::Oauth2,
        Auth::ApiKey { .. } => AuthKind::ApiKey,
        Auth::Basic { .. } => AuthKind::Basic,
    }
}

/// The provider's scopes; chosen are those that are granted, or those that are chosen at first.
fn scopes(provider: &Provider, granted: Option<&[String]>) -> Vec<ScopeView> {
    let known = is_oauth(provider).map_or(&[][..], |how| &how.scopes);
    let view = |scope: &connector::Scope| ScopeView {
        name: scope.name.clone(),
        about: scope.about.clone(),
        chosen: granted.map_or(scope.default, |granted| granted.contains(&scope.name)),
    };
    known.iter().map(view).collect()
}

/// What is typed in to connect, where something is.
pub(super) fn secrets(provider: &Provider) -> Vec<String> {
    match &provider.auth {
        Auth::Oauth2(_) => Vec::new(),
        Auth::ApiKey { label, .. } => vec![label.clone()],
        Auth::Basic { username, password } => vec![username.clone(), password.clone()],
    }
}
