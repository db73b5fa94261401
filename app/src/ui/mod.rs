//! The kit: small accessible pieces on native elements, which every page is made of.
//!
//! All of it works in the server's HTML alone; WebAssembly only makes it quicker. Looks live in
//! `style/main.css`, under the class names used here.

mod badge;
mod button;
mod chart;
mod copy;
mod denied;
mod field;
pub mod figures;
mod filter;
mod follow;
mod form;
mod icon;
mod live;
mod load;
mod modal;
mod page;
pub mod plot;
mod post;
mod resource;
mod table;
mod time;
pub mod toast;

pub use api_types::numbers::count;
pub use badge::{Badge, Tone};
pub use button::{LinkButton, Look, RowLink, Submit};
pub use chart::{Sparkline, Stat, counted};
pub use copy::{CopyButton, CopyField};
pub use denied::Denied;
pub use field::{Checkbox, Field, Select, Switch, TextArea};
pub use filter::{FilterForm, FilterSelect, FilterText};
pub use follow::{accepted, use_param};
pub use form::{BareForm, Form, FormState};
pub use icon::{Icon, IconView, Logo};
pub use live::Live;
pub use load::{Failure, NotFound, Spinner, go_to_step_up, load};
pub use modal::{DialogButtons, Modal, is_backdrop, query_is, use_path};
pub use page::{Alert, Card, EmptyState, PageHeader, TableFrame};
pub use post::{Post, Posted};
pub use resource::{Data, data};
pub use table::{Column, Table};
pub use time::{RelativeTime, moment};
