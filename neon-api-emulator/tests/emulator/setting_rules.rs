//! Rules of settings, names and sizes that the specification does not state.

use serde_json::{Value, json};

use crate::support::{Answer, Api, each, text};

async fn create(api: &Api, project: Value) -> Answer {
    api.post("/projects", json!({ "project": project })).await
}

#[tokio::test]
async fn maintenance_windows() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let window = |days: Value, start: &str, end: &str| {
        json!({ "settings": { "maintenance_window": {
            "weekdays": days, "start_time": start, "end_time": end,
        }}})
    };
    for valid in [
        window(json!([1, 7]), "00:00", "23:59"),
        window(json!([]), "07:00", "08:00"),
    ] {
        create(&api, valid.clone()).await.expect(201);
        let update = json!({ "project": valid });
        api.patch(&path, update).await.expect(200);
    }
    for (wrong, message) in [
        (window(json!([0]), "07:00", "08:00"), "weekdays: must be 1"),
        (window(json!([8]), "07:00", "08:00"), "weekdays: must be 1"),
        (window(json!([1]), "24:00", "08:00"), "start_time: must be"),
        (window(json!([1]), "07:00", "8:00"), "end_time: must be"),
        (window(json!([1]), "07:60", "08:00"), "start_time: must be"),
        (window(json!([1]), "+7:00", "08:00"), "start_time: must be"),
    ] {
        create(&api, wrong.clone()).await.refused(400, message);
        let update = json!({ "project": wrong });
        api.patch(&path, update).await.refused(400, message);
    }
}

#[tokio::test]
async fn allowed_addresses() {
    let api = Api::instant();
    let ips = |ip: &str| json!({ "settings": { "allowed_ips": { "ips": [ip] } } });
    for ip in [
        "192.0.2.1",
        "192.0.2.0/24",
        "192.0.2.1-192.0.2.9",
        "2001:db8::/32",
        "::1",
    ] {
        create(&api, ips(ip)).await.expect(201);
    }
    for ip in [
        "",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.0/33",
        "192.0.2.9-192.0.2.1",
        "192.0.2.1-::1",
        "example.com",
        "2001:db8::/129",
    ] {
        let refused = create(&api, ips(ip)).await;
        refused.refused(400, "allowed_ips.ips: ");
    }
}

#[tokio::test]
async fn logical_replication_stays() {
    let api = Api::instant();
    let (_, path) = api.project_path().await;
    let set = async |on: bool| {
        let settings = json!({ "settings": { "enable_logical_replication": on } });
        api.patch(&path, json!({ "project": settings })).await
    };
    set(false).await.expect(200);
    set(true).await.expect(200);
    set(true).await.expect(200);
    set(false).await.refused(400, "cannot be disabled");
    let shown = api.get(&path).await.expect(200);
    assert_eq!(
        shown["project"]["settings"]["enable_logical_replication"],
        true
    );
}

#[tokio::test]
async fn sizes_of_computes() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let endpoint = format!("{path}/endpoints/{}", text(&project, "/endpoints/0/id"));
    for (low, high, refusal) in [
        (0.25, 0.25, None),
        (0.25, 8.0, None),
        (8.0, 16.0, None),
        (56.0, 56.0, None),
        (2.0, 1.0, Some("min_cu: must not be above")),
        (0.25, 8.5, Some("max_cu: must be at most 8 above")),
        (7.0, 16.0, Some("max_cu: must be at most 8 above")),
        (16.0, 17.0, Some("max_cu: must be at most 16 unless")),
        (57.0, 57.0, Some("max_cu: must be at most 56")),
    ] {
        let sizes = json!({ "autoscaling_limit_min_cu": low, "autoscaling_limit_max_cu": high });
        let in_project = json!({ "default_endpoint_settings": sizes });
        for answer in [
            create(&api, in_project.clone()).await,
            api.patch(&path, json!({ "project": in_project })).await,
            api.patch(&endpoint, json!({ "endpoint": sizes })).await,
        ] {
            match refusal {
                None => assert!([200, 201].contains(&answer.status), "{}", answer.body),
                Some(message) => answer.refused(400, message),
            }
        }
    }
}

/// Postgres counts bytes, not characters.
#[tokio::test]
async fn names_are_counted_in_bytes() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let (fits, long) = ("ä".repeat(31), "ä".repeat(32));
    for (name, status) in [(&fits, 201), (&long, 400)] {
        let role = json!({ "role": { "name": name } });
        let role = api.post(&format!("{branch}/roles"), role).await;
        assert_eq!(role.status, status);
        let database = json!({ "database": { "name": name, "owner_name": "neondb_owner" } });
        let database = api.post(&format!("{branch}/databases"), database).await;
        assert_eq!(database.status, status);
        for field in ["role_name", "database_name"] {
            let made = create(&api, json!({ "branch": { field: name } })).await;
            assert_eq!(made.status, status, "{field}");
        }
    }
    let renamed = json!({ "database": { "name": long } });
    let message = "database.name: must have at most 63 bytes";
    let path = format!("{branch}/databases/neondb");
    api.patch(&path, renamed).await.refused(400, message);
}

#[tokio::test]
async fn the_first_role_is_called_after_the_database() {
    let api = Api::instant();
    let branch = json!({ "branch": { "database_name": "shop" } });
    let made = create(&api, branch).await.expect(201);
    assert_eq!(each(&made["roles"], "name"), ["shop_owner"]);
    assert_eq!(text(&made, "/databases/0/owner_name"), "shop_owner");
    let stated = "/components/schemas/PgVersion/default";
    let stated = neon_api_emulator::spec::Spec::get().pointer(stated);
    assert_eq!(Some(&made["project"]["pg_version"]), stated);
}

#[tokio::test]
async fn schedules_say_when() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = text(&project, "/branch/id");
    let schedule = format!("{path}/branches/{branch}/backup_schedule");
    let set = async |line: Value| {
        let body = json!({ "schedule": [line] });
        api.put(&schedule, body).await
    };
    for line in [
        json!({ "frequency": "hourly" }),
        json!({ "frequency": "daily", "hour": 0 }),
        json!({ "frequency": "weekly", "hour": 1, "day": 7 }),
        json!({ "frequency": "monthly", "hour": 1, "day": 31 }),
        json!({ "frequency": "yearly", "hour": 1, "day": 31, "month": 12 }),
    ] {
        set(line).await.expect(200);
    }
    for (line, message) in [
        (json!({ "frequency": "daily" }), "[0].hour: is required"),
        (
            json!({ "frequency": "weekly", "hour": 1 }),
            "[0].day: is required",
        ),
        (
            json!({ "frequency": "weekly", "day": 1 }),
            "[0].hour: is required",
        ),
        (
            json!({ "frequency": "monthly", "hour": 1 }),
            "[0].day: is required",
        ),
        (
            json!({ "frequency": "yearly", "hour": 1, "day": 1 }),
            "[0].month: is required",
        ),
        (
            json!({ "frequency": "weekly", "hour": 1, "day": 8 }),
            "[0].day: must be 1",
        ),
        (
            json!({ "frequency": "weekly", "hour": 1, "day": 0 }),
            "[0].day: must be",
        ),
        (
            json!({ "frequency": "daily", "hour": 1, "retention_seconds": 3_024_001 }),
            "retention_seconds: must be at most 3024000",
        ),
    ] {
        set(line).await.refused(400, message);
    }
}

#[tokio::test]
async fn names_of_snapshots_are_unique() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let take = async |name: &str| {
        let path = format!("{branch}/snapshot?name={name}");
        api.post(&path, Value::Null).await
    };
    let first = take("a").await.expect(200);
    take("a").await.refused(409, "already exists");
    take("b").await.expect(200);
    let snapshot = format!("{path}/snapshots/{}", text(&first, "/snapshot/id"));
    let rename = async |name: &str| {
        let body = json!({ "snapshot": { "name": name } });
        api.patch(&snapshot, body).await
    };
    rename("a").await.expect(200);
    rename("b").await.refused(409, "already exists");
    rename("c").await.expect(200);
    take("a").await.expect(200);
}
