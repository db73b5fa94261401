//! Keeping an API in step with its document: what has changed is shown first, and taken over when somebody says so.

use super::{Facts, document, store};
use crate::{
    Actor, Result, Services,
    audit::{self, Event},
};
use api_types::{ApiId, Permission, Refusal, TenantId, audit::Act, connections::ApiNews};

/// Takes the newer document that is given, or fetches it again, and says what is new; nothing, if it is the same.
pub async fn sync(s: &Services, a: &Actor, id: ApiId, given: Option<String>) -> Result<ApiNews> {
    a.require(Permission::ManageApis)?;
    look_again(s, a.tenant(), id, given).await
}

async fn look_again(
    s: &Services,
    tenant: TenantId,
    id: ApiId,
    given: Option<String>,
) -> Result<ApiNews> {
    let mut tx = s.db.tenant_tx(tenant).await?;
    let row = store::get(&mut tx, tenant, id, false)
        .await?
        .ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    if given.is_some() && row.source.is_some() {
        let message = "this document has an address: it is fetched from there";
        return Err(Refusal::conflict(message).into());
    }
    // No connection to the database is held meanwhile.
    let fetched = document::obtain(s, tenant, row.source.as_deref(), given).await;
    let mut tx = s.db.tenant_tx(tenant).await?;
    let news = match &fetched {
        Ok(fetched) if fetched.digest == row.digest => {
            store::is_the_same(&mut tx, tenant, id).await?;
            ApiNews::default()
        }
        Ok(fetched) => {
            store::set_newer(&mut tx, tenant, id, &fetched.bytes, &fetched.digest).await?;
            document::news(&row.tools, &fetched.document)
        }
        // Whoever gave it is told.
        Err(_) if row.source.is_none() => ApiNews::default(),
        Err(error) => {
            let told = error
                .told()
                .unwrap_or_else(|| "the document could not be fetched".into());
            store::set_trouble(&mut tx, tenant, id, &told).await?;
            ApiNews::default()
        }
    };
    tx.commit().await?;
    fetched.map(|_| news)
}

/// Takes the newer document over: tools whose operation is gone go, the others are as it says.
pub async fn take_over(s: &Services, a: &Actor, id: ApiId) -> Result<()> {
    a.require(Permission::ManageApis)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let row = store::get(&mut tx, a.tenant(), id, false)
        .await?
        .ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    let Some((newer, digest)) = row.newer else {
        return Err(Refusal::conflict("there is no newer document").into());
    };
    let known = document::read(s, a.tenant(), digest, newer).await?;
    let keys: Vec<_> = row.tools.iter().map(document::key).collect();
    let tools = document::chosen(&known.candidates, &keys);
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let held = store::get(&mut tx, a.tenant(), id, true)
        .await?
        .ok_or(Refusal::NotFound)?;
    if held.newer.as_ref().map(|(_, digest)| digest) != Some(&digest) || held.digest != row.digest {
        return Err(Refusal::conflict("the document has changed meanwhile; look again").into());
    }
    let (version, count) = (known.document.version(), known.candidates.len());
    store::take_over(&mut tx, a.tenant(), id, &version, count, &tools).await?;
    let (before, after) = (Facts::of(&held, &held.tools), Facts::of(&held, &tools));
    let synced = Event::new(Act::ApiSynced, id, &held.name);
    audit::record(&mut tx, a, synced.before(&before)?.after(&after)?).await?;
    tx.commit().await
}

/// Fetches the documents again that are due, in all tenants. Answers how many.
pub async fn sync_due(s: &Services) -> Result<usize> {
    let due = store::due(&mut *s.db.system().await?).await?;
    let count = due.len();
    for (tenant, id) in due {
        if !store::claim(s, tenant, id).await? {
            continue;
        }
        if let Err(error) = look_again(s, tenant, id, None).await {
            tracing::info!(%tenant, api = %id, error = error.for_the_log(), "an API's document was not fetched");
        }
    }
    Ok(count)
}
