//! Methods of `neon_api::auth` for e-mail, plugins and the webhook.

use std::time::Duration;

use neon_api::types::{
    NeonAuthMagicLinkConfig, NeonAuthOrganizationConfig, NeonAuthPhoneNumberConfig,
    NeonAuthPluginConfigs, NeonAuthWebhookConfig, SendNeonAuthTestEmailResponse, SharedEmailServer,
    StandardEmailServer,
};
use neon_api::unions::NeonAuthEmailServerConfigResponse;
use serde_json::json;

use crate::auth::auth;
use crate::row::{Row, row, shown_as_json};
use crate::support::from;

shown_as_json!(NeonAuthEmailServerConfigResponse NeonAuthMagicLinkConfig NeonAuthOrganizationConfig
    NeonAuthPhoneNumberConfig NeonAuthPluginConfigs NeonAuthWebhookConfig
    SendNeonAuthTestEmailResponse);

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = email();
    rows.extend(plugins());
    rows.extend(webhook());
    rows
}

#[allow(deprecated, reason = "deprecated methods are tested as well")]
fn email() -> Vec<Row> {
    let update = "updateNeonAuthEmailProvider";
    vec![
        row(
            "AuthEmailProvider::get",
            "getNeonAuthEmailProvider",
            |neon| auth(&neon).email_provider().get(),
        )
        .result(""),
        row(
            "AuthEmailProvider::get_opt",
            "getNeonAuthEmailProvider",
            |neon| auth(&neon).email_provider().get_opt(),
        )
        .result(""),
        row("AuthEmailProvider::update", update, |neon| {
            let shared = SharedEmailServer::default().with_sender_name("Example");
            auth(&neon).email_provider().update(shared)
        })
        .body(json!({"type": "shared", "sender_name": "Example"}))
        .result(""),
        row("AuthEmailProvider::update", update, |neon| {
            let own = StandardEmailServer::default().with_host("smtp.example.com");
            let own = own.with_port(587).with_password("hidden");
            auth(&neon).email_provider().update(own)
        })
        .body(json!({
            "type": "standard",
            "host": "smtp.example.com",
            "port": 587,
            "password": "hidden",
        })),
        row(
            "AuthEmailProvider::send_test",
            "sendNeonAuthEmailProviderTest",
            |neon| auth(&neon).email_provider().send_test("ada@example.com"),
        )
        .body(json!({"recipient_email": "ada@example.com"}))
        .result(""),
        row(
            "AuthHandle::send_test_email",
            "sendNeonAuthTestEmail",
            |neon| auth(&neon).send_test_email(from(test_email())),
        )
        .body(test_email())
        .result(""),
    ]
}

fn test_email() -> serde_json::Value {
    json!({
        "host": "smtp.example.com",
        "port": 587,
        "username": "mailer",
        "password": "hidden",
        "sender_email": "no-reply@example.com",
        "sender_name": "Example",
        "recipient_email": "ada@example.com",
    })
}

fn plugins() -> Vec<Row> {
    let magic_link = "updateNeonAuthMagicLinkPlugin";
    let phone_number = "updateNeonAuthPhoneNumberPlugin";
    vec![
        row("AuthPlugins::get", "getNeonAuthPluginConfigs", |neon| {
            auth(&neon).plugins().get()
        })
        .result(""),
        row("AuthPlugins::get_opt", "getNeonAuthPluginConfigs", |neon| {
            auth(&neon).plugins().get_opt()
        })
        .result(""),
        row("MagicLinkPlugin::update", magic_link, |neon| {
            auth(&neon).plugins().magic_link().update()
        })
        .body(json!({}))
        .result(""),
        row("MagicLinkPlugin::update", magic_link, |neon| {
            let update = auth(&neon).plugins().magic_link().update();
            let quarter = Duration::from_secs(15 * 60 + 59);
            update
                .enabled(true)
                .expires_in(quarter)
                .disable_sign_up(false)
        })
        .body(json!({"enabled": true, "expires_in": 15, "disable_sign_up": false})),
        row(
            "OrganizationPlugin::update",
            "updateNeonAuthOrganizationPlugin",
            |neon| {
                let change = from(json!({"enabled": true, "creator_role": "admin"}));
                auth(&neon).plugins().organization().update(change)
            },
        )
        .body(json!({"enabled": true, "creator_role": "admin"}))
        .result(""),
        row(
            "PhoneNumberPlugin::get",
            "getNeonAuthPhoneNumberPlugin",
            |neon| auth(&neon).plugins().phone_number().get(),
        )
        .result(""),
        row(
            "PhoneNumberPlugin::get_opt",
            "getNeonAuthPhoneNumberPlugin",
            |neon| auth(&neon).plugins().phone_number().get_opt(),
        )
        .result(""),
        row("PhoneNumberPlugin::update", phone_number, |neon| {
            auth(&neon).plugins().phone_number().update()
        })
        .body(json!({}))
        .result(""),
        row("PhoneNumberPlugin::update", phone_number, |neon| {
            let update = auth(&neon).plugins().phone_number().update();
            update
                .enabled(true)
                .otp_expires_in(Duration::from_secs(120))
        })
        .body(json!({"enabled": true, "otp_expires_in": 120})),
    ]
}

fn webhook() -> Vec<Row> {
    let settings = || {
        json!({
            "enabled": true,
            "webhook_url": "https://app.example.com/events",
            "enabled_events": ["user.created"],
            "timeout_seconds": 5,
        })
    };
    vec![
        row("AuthWebhook::get", "getNeonAuthWebhookConfig", |neon| {
            auth(&neon).webhook().get()
        })
        .result(""),
        row("AuthWebhook::get_opt", "getNeonAuthWebhookConfig", |neon| {
            auth(&neon).webhook().get_opt()
        })
        .result(""),
        row(
            "AuthWebhook::set",
            "updateNeonAuthWebhookConfig",
            move |neon| auth(&neon).webhook().set(from(settings())),
        )
        .body(settings())
        .result(""),
    ]
}
