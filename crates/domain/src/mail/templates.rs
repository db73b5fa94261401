//! The letters that this server writes. Names and addresses come from people: [`Letter`] escapes
//! them.

use super::{Letter, Mail};
use api_types::{input::Email, numbers::count};
use std::net::IpAddr;

const NOT_YOU: &str = "If this was not you, change your password now and end the sessions that you do not know. \
     Then tell an administrator of your tenants.";

/// Asks a person to confirm the address that they signed up with.
pub fn confirm_address(to: &Email, link: &str) -> Mail {
    Letter::about("Confirm your email address")
        .say("Please confirm that this address is yours. The link works once, for 24 hours.")
        .button("Confirm address", link)
        .aside("If you did not create an account, ignore this letter.")
        .to(to)
}

/// Lets a person choose a new password.
pub fn reset_password(to: &Email, link: &str) -> Mail {
    Letter::about("Choose a new password")
        .say("Somebody, probably you, asked for a new password. The link works once, for an hour.")
        .button("Choose a new password", link)
        .aside("If it was not you, ignore this letter: nothing has changed.")
        .to(to)
}

/// Invites somebody to a tenant.
pub fn invitation(to: &Email, tenant: &str, invited_by: &str, role: &str, link: &str) -> Mail {
    Letter::about(format!("{invited_by} invites you to {tenant}"))
        .say(format!(
            "{invited_by} invites you to join {tenant} with the role {role}. The link works once, for \
             7 days, and for this address alone."
        ))
        .button("See the invitation", link)
        .aside("If you did not expect this, ignore this letter.")
        .to(to)
}

/// Tells that the password is another one.
pub fn password_changed(to: &Email) -> Mail {
    Letter::about("Your password was changed")
        .say("The password of your account was changed, and other sessions have ended.")
        .aside(NOT_YOU)
        .to(to)
}

/// Asks the holder of a new address to confirm it.
pub fn confirm_new_address(to: &Email, link: &str) -> Mail {
    Letter::about("Confirm your new email address")
        .say("This is to become the address of your account. The link works once, for 24 hours.")
        .button("Use this address", link)
        .aside("If you did not ask for this, ignore this letter: nothing changes.")
        .to(to)
}

/// Tells the old address that another one may take its place.
pub fn new_address_wanted(to: &Email, new: &Email) -> Mail {
    Letter::about("A new email address for your account")
        .say(format!(
            "{} is to become the address of your account. It will once it is confirmed there.",
            new.as_str()
        ))
        .aside(NOT_YOU)
        .to(to)
}

/// Tells the old address that another one has taken its place.
pub fn address_changed(to: &Email, new: &Email) -> Mail {
    Letter::about("Your email address was changed")
        .say(format!(
            "Your account now has the address {}. Letters no longer come here.",
            new.as_str()
        ))
        .aside("If this was not you, tell an administrator of your tenants at once.")
        .to(to)
}

/// Tells of a sign-in from somewhere new.
pub fn new_device(to: &Email, device: &str, address: IpAddr, place: Option<&str>) -> Mail {
    let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
    Letter::about("A sign-in from a new device")
        .say(format!(
            "Somebody signed in to your account with {device}, from the address {address}{place}."
        ))
        .say("If this was you, there is nothing to do.")
        .aside(NOT_YOU)
        .to(to)
}

/// Tells that a key was issued in a person's name.
pub fn new_key(to: &Email, name: &str, prefix: &str, tenant: &str) -> Mail {
    Letter::about("A new API key was issued")
        .say(format!(
            "You issued the key \u{201c}{name}\u{201d} ({prefix}\u{2026}) in the tenant {tenant}."
        ))
        .aside("If this was not you, revoke the key, change your password, and end the sessions that you do not know.")
        .to(to)
}

/// Tells that a log-in was ended because a copy of its refresh token was used.
pub fn log_in_copied(to: &Email, client: &str, address: IpAddr) -> Mail {
    Letter::about(format!("{client} was logged out"))
        .say(format!(
            "Somebody at the address {address} showed an old refresh token of \u{201c}{client}\u{201d}, which was \
             replaced long ago. That happens when a token was copied, so the log-in was ended everywhere."
        ))
        .aside("If you use the app, log in again. If you do not know the address, look at the machine on which the app runs.")
        .to(to)
}

/// Tells that a second factor protects the account from now on.
pub fn factor_added(to: &Email) -> Mail {
    Letter::about("A second factor was added")
        .say("Signing in to your account now takes a code from your authenticator app.")
        .aside(NOT_YOU)
        .to(to)
}

/// Tells that an account elsewhere signs the person in from now on.
pub fn identity_linked(to: &Email, provider: &str, label: &str) -> Mail {
    Letter::about(format!("You can sign in with {provider} now"))
        .say(format!(
            "The account {label} at {provider} was linked to yours, and signs you in from now on."
        ))
        .aside("If this was not you, unlink it under Your account, change your password, and end the sessions that you do not know.")
        .to(to)
}

/// Tells that it no longer does.
pub fn identity_unlinked(to: &Email, provider: &str, label: &str) -> Mail {
    Letter::about(format!("{provider} no longer signs you in"))
        .say(format!(
            "The account {label} at {provider} is no longer linked to yours."
        ))
        .aside(NOT_YOU)
        .to(to)
}

/// Tells that the second factor is gone.
pub fn factor_removed(to: &Email) -> Mail {
    Letter::about("Your second factor was removed")
        .say("Codes of your authenticator app no longer open your account.")
        .aside(NOT_YOU)
        .to(to)
}

/// Tells that a passkey opens the account from now on.
pub fn passkey_added(to: &Email, name: &str) -> Mail {
    Letter::about("A passkey was added")
        .say(format!(
            "The passkey \u{201c}{name}\u{201d} now opens your account, without a password."
        ))
        .aside(NOT_YOU)
        .to(to)
}

/// Tells that a passkey is gone.
pub fn passkey_removed(to: &Email, name: &str) -> Mail {
    Letter::about("A passkey was removed")
        .say(format!(
            "The passkey \u{201c}{name}\u{201d} no longer opens your account."
        ))
        .aside(NOT_YOU)
        .to(to)
}

/// Tells that a passkey counts signatures that this server has not seen.
pub fn passkey_copied(to: &Email, name: &str) -> Mail {
    Letter::about("A passkey was refused")
        .say(format!(
            "The passkey \u{201c}{name}\u{201d} was used and refused: its count went back, as it does \
             when somebody has copied a key. Remove it from your account, and add a new one."
        ))
        .aside(NOT_YOU)
        .to(to)
}

/// Tells that a recovery code was used, and how many are left.
pub fn recovery_code_used(to: &Email, left: i64) -> Mail {
    Letter::about("A recovery code was used")
        .say(format!(
            "Somebody signed in to your account with a recovery code. {left} are left."
        ))
        .aside(NOT_YOU)
        .to(to)
}

/// Tells that the old recovery codes are worthless.
pub fn recovery_codes_renewed(to: &Email) -> Mail {
    Letter::about("New recovery codes were made")
        .say("Your account has ten new recovery codes. The old ones no longer work.")
        .aside(NOT_YOU)
        .to(to)
}

/// Tells an owner that a domain is no longer their tenant's.
pub fn domain_lost(to: &Email, domain: &str, page: &str) -> Mail {
    Letter::about(format!("{domain} is no longer verified"))
        .say(format!(
            "We have looked for the TXT record of {domain} on three days, and it was not there. People with its \
             addresses no longer come in by your company's sign-in, and need not: they sign in as others do."
        ))
        .say("Set the record again if the domain is yours, and let us look for it.")
        .button("See the record", page)
        .aside("If the domain is no longer yours, there is nothing to do.")
        .to(to)
}

/// Tells somebody that an account of their tenant at another service has to be connected again.
pub fn connection_lost(to: &Email, provider: &str, label: &str, trouble: &str, page: &str) -> Mail {
    Letter::about(format!("Connect {label} again"))
        .say(format!(
            "The connection \u{201c}{label}\u{201d} to {provider} no longer works, and its tools fail until somebody \
             connects it again."
        ))
        .say(format!("{trouble}."))
        .button("See the connection", page)
        .aside("If nobody needs it any more, disconnect it there.")
        .to(to)
}

/// Tells an owner that the operator has closed their tenant's endpoint.
pub fn tenant_blocked(to: &Email, tenant: &str, reason: &str, page: &str) -> Mail {
    Letter::about(format!("{tenant} was suspended"))
        .say(format!(
            "The people who run this server have suspended {tenant}: its endpoint refuses every client. Keys and data \
             stay as they are, and you can go on working on the pages."
        ))
        .say(format!("Their reason: {reason}"))
        .button("See the tenant", page)
        .aside("Only they can lift it. Answer them if you think that they are wrong.")
        .to(to)
}

/// Tells an owner that it is open again.
pub fn tenant_unblocked(to: &Email, tenant: &str, page: &str) -> Mail {
    Letter::about(format!("{tenant} is no longer suspended"))
        .say(format!(
            "The people who run this server have lifted the suspension of {tenant}. Its endpoint takes calls again, \
             unless you have suspended it yourselves."
        ))
        .button("See the tenant", page)
        .to(to)
}

/// Tells somebody that an endpoint of their tenant is no longer told anything.
pub fn webhook_disabled(to: &Email, host: &str, trouble: &str, page: &str) -> Mail {
    Letter::about(format!("The webhook to {host} is disabled"))
        .say(format!(
            "What happens in your tenant is no longer told to its endpoint at {host}. {trouble}."
        ))
        .say("Mend the endpoint, enable it, and have sent again what did not arrive.")
        .button("See the webhook", page)
        .aside("If nobody needs it any more, delete it there.")
        .to(to)
}

/// Tells somebody that a quota of their tenant is nearly, or all, used.
pub fn quota_reached(
    to: &Email,
    tenant: &str,
    percent: i32,
    (used, limit): (i64, i64),
    is_hard: bool,
    page: &str,
) -> Mail {
    let then = match (is_hard, percent >= 100) {
        (true, true) => "Calls are refused until the next month begins or the limit is raised.",
        (true, false) => "When it is used up, calls are refused until the next month begins.",
        (false, _) => "Calls go on; nothing is refused.",
    };
    Letter::about(format!(
        "{percent} % of this month's units of {tenant} are used"
    ))
    .say(format!(
        "{} of {} units are used this month. {then}",
        count(used),
        count(limit)
    ))
    .button("See the limits", page)
    .to(to)
}

/// Tells somebody that a key's own quota is nearly, or all, used.
pub fn key_quota_reached(
    to: &Email,
    (name, prefix): (&str, &str),
    tenant: &str,
    percent: i32,
    (used, limit): (i64, i64),
    page: &str,
) -> Mail {
    let then = if percent >= 100 {
        "Its calls are refused until the next month begins or its limit is raised."
    } else {
        "When they are used up, its calls are refused until the next month begins."
    };
    Letter::about(format!(
        "{percent} % of this month's units of the key \u{201c}{name}\u{201d} are used"
    ))
    .say(format!(
        "The key \u{201c}{name}\u{201d} ({prefix}\u{2026}) of the tenant {tenant} has used {} of its {} units this \
         month. {then}",
        count(used),
        count(limit)
    ))
    .say("Other keys are not concerned.")
    .button("See the limits", page)
    .to(to)
}
