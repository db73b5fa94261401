//! The browser's entry: takes over the page that the server rendered. It is for nothing else, and
//! native builds see an empty crate, so that a workspace build never turns on `hydrate` and `ssr`
//! together.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn mark(name: &str);
}

/// Called by the script that the server puts into each page.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        // The code of the page may have to be fetched first.
        let page = leptos::mount::hydrate_from_async(leptos::tachys::dom::body(), app::App).await;
        page.forget();
        app::mark_live();
        // Stands in the browser's timeline: from here on the page answers by itself. Tests wait for it.
        mark("hydrated");
    });
}
