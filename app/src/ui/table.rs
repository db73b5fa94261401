//! Tables: a name, a caption, columns, and rows that the page makes.

use super::TableFrame;
use leptos::prelude::*;

/// The head of one column.
#[derive(Clone, Copy)]
pub struct Column {
    name: &'static str,
    class: &'static str,
    unseen: bool,
}

impl Column {
    /// A column of words.
    pub const fn text(name: &'static str) -> Self {
        let (class, unseen) = ("", false);
        Self {
            name,
            class,
            unseen,
        }
    }

    /// A column of numbers, which stand one below the other.
    pub const fn number(name: &'static str) -> Self {
        Self {
            class: "num",
            ..Self::text(name)
        }
    }

    /// A column whose cells explain themselves to who sees them.
    pub const fn unseen(name: &'static str) -> Self {
        Self {
            unseen: true,
            ..Self::text(name)
        }
    }

    /// The column is there only where there is room for it.
    #[must_use]
    pub const fn wide(self) -> Self {
        let class = if self.class.is_empty() {
            "wide-only"
        } else {
            "num wide-only"
        };
        Self { class, ..self }
    }

    fn head(self) -> AnyView {
        let name = if self.unseen {
            view! { <span class="visually-hidden">{self.name}</span> }.into_any()
        } else {
            self.name.into_any()
        };
        let class = (!self.class.is_empty()).then_some(self.class);
        view! { <th scope="col" class=class>{name}</th> }.into_any()
    }
}

/// A table; its caption is for who does not see it.
#[component]
pub fn Table(
    #[prop(into)] label: String,
    #[prop(into)] caption: String,
    #[prop(into)] columns: Vec<Column>,
    rows: Vec<AnyView>,
    #[prop(optional)] class: Option<&'static str>,
) -> AnyView {
    let heads: Vec<AnyView> = columns.into_iter().map(Column::head).collect();
    view! {
        <TableFrame label>
            <table class=class>
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </TableFrame>
    }
    .into_any()
}
