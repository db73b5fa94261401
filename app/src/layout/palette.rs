//! The command palette: Ctrl-K or ⌘-K, a few letters, Enter. Everything in it can be reached by
//! links too, so it needs WebAssembly and nobody needs it.

use super::{
    Place,
    nav::{address, pages},
    theme,
};
use crate::{
    ui::{Icon, IconView, Post},
    users::server_fns::{SetTheme, SignOut},
    visit::Theme,
};
use api_types::Permission;
use leptos::{ev, html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// What choosing an entry does.
#[derive(Clone)]
enum Command {
    Go(String),
    /// Another tenant: a whole new page.
    Switch(String),
    Theme(Theme),
    SignOut,
}

/// One entry.
#[derive(Clone)]
struct Entry {
    icon: Icon,
    label: String,
    group: &'static str,
    command: Command,
}

/// The switch that opens the palette.
#[derive(Clone, Copy)]
struct Opened(RwSignal<bool>);

/// A button that opens the palette.
#[component]
pub fn Opener(compact: bool) -> AnyView {
    let opened = opened();
    let class = if compact {
        "button button-quiet button-icon"
    } else {
        "palette-opener"
    };
    view! {
        <button
            type="button"
            class=class
            data-live="true"
            aria-label=compact.then_some("Search and commands")
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+K Meta+K"
            on:click=move |_| opened.set(true)
        >
            <IconView icon=Icon::Search/>
            {(!compact).then(|| view! { <span>"Search"</span><kbd aria-hidden="true">"Ctrl K"</kbd> })}
        </button>
    }
    .into_any()
}

fn opened() -> RwSignal<bool> {
    if let Some(Opened(opened)) = use_context() {
        return opened;
    }
    let opened = RwSignal::new(false);
    provide_context(Opened(opened));
    opened
}

#[component]
pub fn Palette(place: Place) -> AnyView {
    let opened = opened();
    let dialog = NodeRef::<html::Dialog>::new();
    show_while(dialog, opened);
    view! {
        <dialog
            class="modal palette"
            node_ref=dialog
            aria-label="Commands"
            on:close=move |_| opened.set(false)
            on:click=move |event| {
                if crate::ui::is_backdrop(&event) {
                    opened.set(false);
                }
            }
        >
            {move || opened.get().then(|| view! { <Commands place opened/> })}
        </dialog>
    }
    .into_any()
}

/// Opens the native dialog with the signal, and the signal with the keys.
fn show_while(dialog: NodeRef<html::Dialog>, opened: RwSignal<bool>) {
    Effect::new(move |_| {
        let open = opened.get();
        let Some(dialog) = dialog.get() else { return };
        if open && !dialog.open() {
            _ = dialog.show_modal();
        } else if !open {
            dialog.close();
        }
    });
    Effect::new(move |_| {
        let listener = window_event_listener(ev::keydown, move |event| {
            let meant =
                (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k");
            if meant {
                event.prevent_default();
                opened.update(|open| *open = !*open);
            }
        });
        on_cleanup(move || listener.remove());
    });
}

/// The search field and what it finds.
#[component]
fn Commands(place: Place, opened: RwSignal<bool>) -> AnyView {
    let words = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let input = NodeRef::<html::Input>::new();
    let all = StoredValue::new(entries(place));
    let found = Memo::new(move |_| matching(&all.read_value(), &words.get()));
    let run = runner(opened);
    let at = move |number: usize| found.with_untracked(|found| found.get(number).copied());
    let choose = move |number: usize| {
        if let Some(entry) = at(number) {
            run.run(all.with_value(|all| all[entry].command.clone()));
        }
    };
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            _ = input.focus();
        }
    });
    let keys = move |event: ev::KeyboardEvent| {
        let last = found.with_untracked(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|now| *now = if *now >= last { 0 } else { *now + 1 }),
            "ArrowUp" => chosen.update(|now| *now = if *now == 0 { last } else { *now - 1 }),
            "Enter" => choose(chosen.get_untracked()),
            _ => return,
        }
        event.prevent_default();
    };
    let row = move |(number, entry): (usize, usize)| {
        let Entry {
            icon, label, group, ..
        } = all.with_value(|all| all[entry].clone());
        view! {
            <li
                id=format!("command-{number}")
                class="palette-entry"
                role="option"
                aria-selected=move || if chosen.get() == number { "true" } else { "false" }
                on:click=move |_| choose(number)
                on:mousemove=move |_| {
                    if chosen.get_untracked() != number {
                        chosen.set(number);
                    }
                }
            >
                <IconView icon/>
                <span>{label}</span>
                <span class="muted">{group}</span>
            </li>
        }
        .into_any()
    };
    view! {
        <input
            class="palette-input"
            type="text"
            role="combobox"
            aria-label="Search pages, actions and tenants"
            aria-expanded="true"
            aria-controls="commands"
            aria-activedescendant=move || format!("command-{}", chosen.get())
            placeholder="Search pages, actions and tenants"
            autocomplete="off"
            spellcheck="false"
            node_ref=input
            on:keydown=keys
            on:input=move |event| {
                words.set(event_target_value(&event));
                chosen.set(0);
            }
        />
        <ul id="commands" class="palette-list" role="listbox" aria-label="Commands">
            {move || found.get().into_iter().enumerate().map(row).collect::<Vec<_>>()}
        </ul>
        {move || {
            found.with(Vec::is_empty).then(|| view! { <p class="palette-none">"Nothing found"</p> })
        }}
    }
    .into_any()
}

/// Closes the palette and does what was chosen.
fn runner(opened: RwSignal<bool>) -> Callback<Command> {
    let navigate = use_navigate();
    let set_theme = Post::<SetTheme>::new();
    let sign_out = Post::<SignOut>::new();
    Callback::new(move |command| {
        opened.set(false);
        match command {
            Command::Go(address) => navigate(&address, NavigateOptions::default()),
            Command::Switch(address) => {
                _ = window().location().set_href(&address);
            }
            Command::SignOut => sign_out.send(String::new()),
            Command::Theme(chosen) => {
                theme::apply(chosen);
                set_theme.send(format!("theme={}", chosen.as_str()));
            }
        }
    })
}

fn entries(place: Place) -> Vec<Entry> {
    let Some(here) = place.get_untracked() else {
        return Vec::new();
    };
    let (slug, role) = (here.tenant.slug, here.tenant.role);
    let go = |icon, label: &str, group, address| Entry {
        icon,
        label: label.into(),
        group,
        command: Command::Go(address),
    };
    let mut entries: Vec<Entry> = pages(&role)
        .map(|page| go(page.icon, page.label, "Page", address(&slug, page.path)))
        .collect();
    for (label, path, needed) in [
        (
            "New MCP client",
            "/clients?dialog=new",
            Permission::ManageClients,
        ),
        ("Import an API", "/apis?dialog=new", Permission::ManageApis),
        (
            "Describe a provider",
            "/connections/describe",
            Permission::ManageApis,
        ),
        (
            "Add a webhook endpoint",
            "/webhooks?dialog=new",
            Permission::ManageWebhooks,
        ),
        ("New task", "/tasks?dialog=new", Permission::ManageTasks),
    ] {
        if !role.allows(needed) {
            continue;
        }
        entries.push(go(Icon::Plus, label, "Action", address(&slug, path)));
    }
    for (icon, theme) in [
        (Icon::Sun, Theme::Light),
        (Icon::Moon, Theme::Dark),
        (Icon::Laptop, Theme::System),
    ] {
        let label = format!("{} theme", theme.label());
        entries.push(Entry {
            icon,
            label,
            group: "Action",
            command: Command::Theme(theme),
        });
    }
    entries.push(Entry {
        icon: Icon::SignOut,
        label: "Sign out".into(),
        group: "Action",
        command: Command::SignOut,
    });
    let others = here.me.tenants.iter().filter(|tenant| tenant.slug != slug);
    entries.extend(others.map(|tenant| Entry {
        icon: Icon::Shield,
        label: tenant.name.clone(),
        group: "Tenant",
        command: Command::Switch(address(&tenant.slug, "")),
    }));
    entries
}

/// The places of the entries that have all the words.
fn matching(entries: &[Entry], words: &str) -> Vec<usize> {
    let words = words.to_lowercase();
    let has = |entry: &Entry| {
        let text = format!("{} {}", entry.label, entry.group).to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
    };
    entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| has(entry))
        .map(|(place, _)| place)
        .collect()
}
