//! Which rows to look at: a form that is sent by GET.

use super::query;
use crate::ui::{FilterForm, FilterSelect, FilterText};
use api_types::{
    audit::{Act, AuditActor, AuditFilter, ObjectKind},
    usage::Range,
};
use leptos::prelude::*;

#[component]
pub fn Filters(tenant: String, filter: AuditFilter, actors: Vec<AuditActor>) -> AnyView {
    let action = format!("/t/{tenant}/audit");
    let clear = (!filter.is_empty()).then(|| action.clone());
    let [range, actor, act, object, search] = query::words(&filter).map(|(_, word)| word);
    let actors = actors
        .into_iter()
        .map(|actor| (actor.id.to_string(), actor.name))
        .collect();
    let acts = named(Act::ALL, Act::as_str, Act::label);
    let objects = named(ObjectKind::ALL, ObjectKind::as_str, ObjectKind::label);
    let ranges = named(&Range::ALL, Range::as_str, last);
    view! {
        <FilterForm action clear>
            <FilterText label="Search" name="search" value=Some(search)/>
            <FilterSelect label="Who" name="actor" all="Everybody" options=actors chosen=actor/>
            <FilterSelect label="Act" name="act" all="All acts" options=acts chosen=act/>
            <FilterSelect label="Object" name="object" all="All objects" options=objects chosen=object/>
            <FilterSelect label="Range" name="range" all="All time" options=ranges chosen=range/>
        </FilterForm>
    }
    .into_any()
}

fn named<T: Copy>(
    all: &[T],
    word: fn(T) -> &'static str,
    label: fn(T) -> &'static str,
) -> Vec<(String, String)> {
    all.iter()
        .map(|one| (word(*one).into(), label(*one).into()))
        .collect()
}

fn last(range: Range) -> &'static str {
    match range {
        Range::Hour => "Last hour",
        Range::Day => "Last 24 hours",
        Range::Week => "Last 7 days",
        Range::Month => "Last 30 days",
        Range::Quarter => "Last 90 days",
    }
}
