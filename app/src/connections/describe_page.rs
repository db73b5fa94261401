//! `/t/{slug}/connections/describe`: a service that the catalogue lacks, by a form for the common kinds or as text.

use super::{
    app_fns::{DescribeProvider, DescribeSimpleProvider},
    description::{EXAMPLE, WAYS},
    inputs::hidden,
};
use crate::ui::{
    Card, Checkbox, CopyButton, Field, Form, Look, PageHeader, Post, Select, Submit, TextArea,
    use_param,
};
use leptos::prelude::*;

#[component]
pub fn DescribePage() -> AnyView {
    let tenant = use_param("slug");
    let simple = Post::<DescribeSimpleProvider>::new();
    let text = Post::<DescribeProvider>::new();
    let list = move || format!("/t/{}/connections", tenant.get());
    view! {
        <a class="back-link" href=list>"All connections"</a>
        <PageHeader
            title="Describe a provider"
            about="For a service that the catalogue lacks: where it is and how one logs in. It stands in your tenant's catalogue alone."
        />
        <div class="stack settings">
            <Card title="The common kinds">{by_form(tenant, simple)}</Card>
            <Card title="As text" about="For everything else: questions, parameters of their own, revocation, rate limits.">
                {as_text(tenant, text)}
            </Card>
        </div>
    }
    .into_any()
}

fn by_form(tenant: Signal<String>, action: Post<DescribeSimpleProvider>) -> AnyView {
    let ways = WAYS
        .map(|(word, words)| (word.into(), words.into()))
        .to_vec();
    view! {
        <Form action>
            {hidden("tenant", tenant.get_untracked())}
            <Field label="Name" name="simple[name]" required=true maxlength=60 placeholder="Acme"/>
            <Field
                label="Word"
                name="simple[id]"
                required=true
                maxlength=31
                placeholder="acme"
                hint="In addresses, in scopes and in names of tools: lower-case letters and digits."
            />
            <Field label="What it is for" name="simple[about]" maxlength=200/>
            <Field label="Documentation" name="simple[docs]" kind="url" maxlength=500 placeholder="https://docs.acme.example"/>
            <Field
                label="Base address"
                name="simple[base]"
                kind="url"
                required=true
                maxlength=500
                placeholder="https://api.acme.example/v1"
                hint="Where the paths of its API begin."
            />
            <div class="form-row">
                <Field
                    label="Path that says whose account it is"
                    name="simple[account]"
                    maxlength=200
                    placeholder="/me"
                    hint="Asked when one connects, and by the test button."
                />
                <Field
                    label="Where in its answer the name stands"
                    name="simple[account_name]"
                    maxlength=200
                    placeholder="user.email"
                />
            </div>
            <Select label="How one logs in" name="simple[auth]" options=ways value="oauth2"/>
            <fieldset class="field form-part">
                <legend class="label">"If people log in there"</legend>
                <div class="form">
                    <Field label="Authorization address" name="simple[authorize]" kind="url" maxlength=500/>
                    <Field label="Token address" name="simple[token]" kind="url" maxlength=500/>
                    <TextArea
                        label="Scopes"
                        name="simple[scopes]"
                        rows=3
                        placeholder="stock.read = See what is in stock"
                        hint="One a line, and after an equals sign what it opens, in plain words."
                    />
                    <Checkbox
                        label="It takes PKCE"
                        name="simple[pkce]"
                        checked=true
                        hint="Most do. Untick it only if the service refuses it."
                    />
                </div>
            </fieldset>
            <fieldset class="field form-part">
                <legend class="label">"If a key is sent in a header or in the address"</legend>
                <Field label="Name of the header or parameter" name="simple[key_name]" maxlength=80 placeholder="X-Api-Key"/>
            </fieldset>
            <Submit label="Describe"/>
        </Form>
    }
    .into_any()
}

fn as_text(tenant: Signal<String>, action: Post<DescribeProvider>) -> AnyView {
    view! {
        <Form action>
            {hidden("tenant", tenant.get_untracked())}
            <div class="code-field">
                <TextArea
                    label="Description"
                    name="description"
                    rows=14
                    hint="TOML. Whatever is wrong with it is said here."
                />
            </div>
            <Submit label="Describe" look=Look::Secondary/>
        </Form>
        <details class="more">
            <summary>"An example"</summary>
            <div class="snippet">
                <div class="snippet-header">
                    <span>"acme.toml"</span>
                    <CopyButton text=Signal::stored(EXAMPLE.to_string())/>
                </div>
                <pre tabindex="0" aria-label="An example"><code>{EXAMPLE}</code></pre>
            </div>
        </details>
    }
    .into_any()
}
