//! The catalogue: every service that can be connected, found by words and by category. The address holds both; in the
//! hydrated page the cards follow every letter.

use super::{
    inputs::{finds, search},
    looks::Tile,
};
use crate::ui::{Badge, EmptyState, Icon, LinkButton, Tone, counted};
use api_types::{Decision, connections::ProviderCard};
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};

/// What is looked for.
#[derive(Clone, Copy)]
pub struct Search {
    /// What is typed; at first, what the address says.
    words: RwSignal<String>,
    category: Memo<String>,
}

impl Search {
    /// As the address says, and from then on as is typed.
    pub fn of_address() -> Self {
        let query = use_query_map();
        let word = |name: &'static str| {
            Memo::new(move |_| query.with(|query| query.get(name).unwrap_or_default()))
        };
        let (asked, category) = (word("q"), word("category"));
        let words = RwSignal::new(asked.get_untracked());
        Effect::new(move |before: Option<String>| {
            let now = asked.get();
            if before.is_some_and(|before| before != now) {
                words.set(now.clone());
            }
            now
        });
        Self { words, category }
    }

    /// The field.
    pub fn field(self, tenant: Signal<String>) -> AnyView {
        let action = format!("/t/{}/connections", tenant.get_untracked());
        let (words, category) = (self.words, self.category);
        let more = move || {
            let category = category.get();
            (!category.is_empty())
                .then(|| view! { <input type="hidden" name="category" value=category/> })
        };
        search("Search the catalogue", action, words, more.into_any())
    }

    /// Whether a card is looked for.
    fn finds(self, card: &Card) -> bool {
        let category = self.category.get();
        (category.is_empty() || category == card.category)
            && self.words.with(|words| finds(&card.text, words))
    }

    /// The address of a category, with the words that are typed.
    fn address(self, tenant: &str, category: &str) -> String {
        let words = self.words.get();
        let filled = [("q", words.trim()), ("category", category)];
        let filled = filled.into_iter().filter(|(_, word)| !word.is_empty());
        let query: ParamsMap = filled
            .map(|(name, word)| (name, word.to_string()))
            .collect();
        format!("/t/{tenant}/connections{}", query.to_query_string())
    }
}

/// What of a provider is searched.
#[derive(Clone)]
struct Card {
    category: String,
    text: String,
}

impl Card {
    fn of(provider: &ProviderCard) -> Self {
        let ProviderCard {
            id,
            name,
            category,
            about,
            ..
        } = provider;
        Self {
            category: category.clone(),
            text: format!("{id} {name} {category} {about}").to_lowercase(),
        }
    }
}

#[component]
pub fn Catalogue(
    providers: Vec<ProviderCard>,
    may_describe: Decision,
    tenant: Signal<String>,
    search: Search,
) -> AnyView {
    let slug = tenant.get_untracked();
    let searched: Vec<Card> = providers.iter().map(Card::of).collect();
    let mut categories: Vec<String> = searched.iter().map(|card| card.category.clone()).collect();
    categories.sort();
    categories.dedup();
    let chips = chips(categories, tenant, search);
    let cards: Vec<AnyView> = providers
        .into_iter()
        .zip(searched.clone())
        .map(|(provider, searched)| card(provider, searched, &slug, search))
        .collect();
    let found = Memo::new(move |_| searched.iter().filter(|card| search.finds(card)).count());
    let describe = Signal::derive(move || format!("/t/{}/connections/describe", tenant.get()));
    let nothing = move || {
        (found.get() == 0).then(|| {
            view! {
                <EmptyState
                    icon=Icon::Search
                    title="No service matches"
                    about="Try other words. What is not in the catalogue can be described: its address and how one logs in."
                >
                    {may_describe.allowed.then(|| view! {
                        <LinkButton href=describe label="Describe a provider" icon=Icon::Pencil/>
                    })}
                </EmptyState>
            }
        })
    };
    view! {
        {chips}
        <p class="visually-hidden" role="status">
            {move || counted(found.get() as i64, "service", "services")}
        </p>
        <ul class="catalogue">{cards}</ul>
        {nothing}
    }
    .into_any()
}

fn chips(categories: Vec<String>, tenant: Signal<String>, search: Search) -> AnyView {
    let all = std::iter::once((String::new(), "All".to_string()));
    let chips: Vec<AnyView> = all
        .chain(categories.into_iter().map(|one| (one.clone(), one)))
        .map(|(category, words)| {
            let wanted = category.clone();
            let href = move || search.address(&tenant.get(), &category);
            let current = move || (search.category.get() == wanted).then_some("true");
            view! { <a class="chip" href=href aria-current=current data-noscroll="true">{words}</a> }
                .into_any()
        })
        .collect();
    view! { <nav class="chips" aria-label="Categories">{chips}</nav> }.into_any()
}

fn card(provider: ProviderCard, searched: Card, tenant: &str, search: Search) -> AnyView {
    let ProviderCard {
        id,
        name,
        about,
        tools,
        connections,
        is_own,
        icon,
        ..
    } = provider;
    let href = format!("/t/{tenant}/connections/new/{id}");
    let tools_at = format!("/t/{tenant}/connections/tools/{id}");
    let tools = (tools > 0).then(|| {
        let (of, number) = (name.clone(), counted(tools as i64, "tool", "tools"));
        view! {
            <a class="link" href=tools_at>{number}<span class="visually-hidden">" of "{of}</span></a>
        }
    });
    // Those of a provider that the tenant has described come from the APIs that it imports.
    let imported = format!("/t/{tenant}/apis");
    let missing = (tools.is_none() && is_own).then(|| {
        view! { <a class="link" href=imported>"Tools by imported APIs"</a> }
    });
    view! {
        <li class="catalogue-card" hidden=move || !search.finds(&searched)>
            <Tile icon name=name.clone()/>
            <div class="catalogue-words">
                <a class="catalogue-name" href=href>{name}</a>
                <p class="muted">{about}</p>
                <p class="badges">
                    {tools}
                    {missing}
                    {(connections > 0).then(|| view! { <Badge tone=Tone::Good text="Connected"/> })}
                    {is_own.then(|| view! { <Badge tone=Tone::Accent text="Described here"/> })}
                </p>
            </div>
        </li>
    }
    .into_any()
}
