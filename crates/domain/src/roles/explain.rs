//! Explains what a member or a key may do: the same decisions that refuse, read by a person.

use super::store;
use crate::{Actor, Result, Services, members};
use api_types::{
    MemberRole, Permission, Refusal,
    members::{Explained, Subject, SubjectView},
    roles::{Holder, decide},
};

/// Whom one can ask about: members, and keys that work where the caller may see keys.
pub async fn subjects(s: &Services, a: &Actor) -> Result<Vec<SubjectView>> {
    a.require(Permission::ViewMembers)?;
    let mut tx = s.db.tenant_tx(a.tenant()).await?;
    let members = members::all(&mut tx, a.tenant()).await?;
    let keys = if a.may(Permission::ViewClients) {
        store::keys(&mut tx, a.tenant(), None).await?
    } else {
        Vec::new()
    };
    tx.commit().await?;
    let members = members.into_iter().map(|member| SubjectView {
        choice: format!("member:{}", member.id),
        name: format!("{} ({})", member.name, member.role),
    });
    let keys = keys.into_iter().map(|key| SubjectView {
        choice: format!("key:{}", key.id),
        name: format!("key {} of {}", key.name, key.client),
    });
    Ok(members.chain(keys).collect())
}

/// What somebody may do: that one thing, or everything there is.
pub async fn explain(
    s: &Services,
    a: &Actor,
    subject: Subject,
    permission: Option<Permission>,
) -> Result<Explained> {
    a.require(Permission::ViewMembers)?;
    match subject {
        Subject::Member(user) => {
            let mut tx = s.db.tenant_tx(a.tenant()).await?;
            let members = members::all(&mut tx, a.tenant()).await?;
            tx.commit().await?;
            let member = members.into_iter().find(|member| member.id == user);
            let member = member.ok_or(Refusal::NotFound)?;
            let holds = holds(&member.role);
            Ok(explained(
                member.name,
                holds,
                Holder::Member(&member.role),
                permission,
            ))
        }
        Subject::Key(id) => {
            a.require(Permission::ViewClients)?;
            let mut tx = s.db.tenant_tx(a.tenant()).await?;
            let key = store::keys(&mut tx, a.tenant(), Some(id)).await?.pop();
            tx.commit().await?;
            let key = key.ok_or(Refusal::NotFound)?;
            let (name, holds) = (
                format!("Key {} of {}", key.name, key.client),
                key.scopes.join(", "),
            );
            Ok(explained(name, holds, Holder::Key(&key.scopes), permission))
        }
    }
}

fn holds(role: &MemberRole) -> String {
    format!("role {role}")
}

fn explained(
    name: String,
    holds: String,
    holder: Holder<'_>,
    permission: Option<Permission>,
) -> Explained {
    let asked = match &permission {
        Some(one) => std::slice::from_ref(one),
        None => Permission::ALL,
    };
    let decisions = asked.iter().map(|one| decide(holder, *one)).collect();
    Explained {
        name,
        holds,
        decisions,
    }
}
