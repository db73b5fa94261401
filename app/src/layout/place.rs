//! Who is here and in which tenant.

use crate::UiError;
use api_types::{
    operator::SupportView,
    tenants::Suspension,
    users::{Me, Membership},
};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

/// The signed-in person, and the tenant whose page this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    pub me: Me,
    pub tenant: Membership,
    /// Whether its endpoint is closed, and by whom.
    pub suspension: Suspension,
    /// By whose word an operator looks at it, where the person is one and no member.
    pub visit: Option<SupportView>,
    /// Whether the person runs this instance.
    pub operator: bool,
}

/// Finds the person and their membership of the tenant.
#[server(name = FindHere, endpoint = "here")]
pub async fn here(tenant: String) -> Result<Here, UiError> {
    use crate::request;
    let (services, actor) = request::caller(&tenant).await?;
    let suspension = domain::tenants::suspension(&services, &actor).await?;
    let me = domain::users::me(&services, request::person().await?).await?;
    let visit = if actor.is_operator() {
        domain::operator::support(&services, &actor).await?
    } else {
        None
    };
    let own = me.tenants.iter().find(|one| one.slug == tenant);
    Ok(Here {
        tenant: match own {
            Some(own) => own.clone(),
            None => domain::tenants::seen_as(&services, &actor).await?,
        },
        operator: visit.is_some() || request::is_operator().await?,
        me,
        suspension,
        visit,
    })
}

/// What the frame shows of [`Here`]; settings renew it without disturbing the page inside.
#[derive(Clone, Copy)]
pub struct Place(RwSignal<Option<Here>>);

impl Place {
    pub(super) fn provide() -> Self {
        let place = Self(RwSignal::new(None));
        provide_context(place);
        place
    }

    pub(super) fn set(self, here: Here) {
        self.0.set(Some(here));
    }

    pub fn get(self) -> Option<Here> {
        self.0.get()
    }

    pub(super) fn get_untracked(self) -> Option<Here> {
        self.0.get_untracked()
    }

    pub(super) fn tenant_name(self) -> String {
        self.0.with(|here| {
            here.as_ref()
                .map(|here| here.tenant.name.clone())
                .unwrap_or_default()
        })
    }

    /// Asks again whenever `changed` becomes another number than the zero it begins with.
    pub fn follow(changed: impl Fn() -> usize + 'static) {
        let Some(Self(place)) = use_context() else {
            return;
        };
        Effect::new(move |_| {
            if changed() == 0 {
                return;
            }
            let slug = Self(place)
                .0
                .with_untracked(|here| here.as_ref().map(|here| here.tenant.slug.clone()));
            spawn_local(async move {
                if let Some(slug) = slug
                    && let Ok(here) = here(slug).await
                {
                    place.set(Some(here));
                }
            });
        });
    }
}
