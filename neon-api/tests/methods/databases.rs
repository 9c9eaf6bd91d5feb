//! Methods of `neon_api::databases` and `neon_api::data_api`.

use neon_api::Neon;
use neon_api::data_api::DataApi;
use neon_api::databases::DatabaseHandle;
use neon_api::types::{DataApiCreateRequest, DataApiReponse, DataApiSettings, Database};
use serde_json::json;

use crate::row::{Row, branch, row, shown_as_json};

shown_as_json!(Database DataApiReponse);

fn database(neon: &Neon) -> DatabaseHandle {
    branch(neon).database("app")
}

fn data_api(neon: &Neon) -> DataApi {
    database(neon).data_api()
}

pub(crate) fn rows() -> Vec<Row> {
    let named = handle().into_iter().chain(data_api_rows());
    let named = named.map(|row| row.path("database_name", "app"));
    collection().into_iter().chain(named).collect()
}

fn collection() -> Vec<Row> {
    vec![
        row("Databases::create", "createProjectBranchDatabase", |neon| {
            branch(&neon).databases().create("app", "owner")
        })
        .body(json!({"database": {"name": "app", "owner_name": "owner"}}))
        .result("/database"),
        row("Databases::create", "createProjectBranchDatabase", |neon| {
            let create = branch(&neon).databases().create("app", "owner");
            create.with(|database| "other".clone_into(&mut database.owner_name))
        })
        .body(json!({"database": {"name": "app", "owner_name": "other"}})),
        row("Databases::list", "listProjectBranchDatabases", |neon| {
            branch(&neon).databases().list()
        })
        .result("/databases"),
        row("Databases::find", "listProjectBranchDatabases", |neon| {
            branch(&neon).databases().find("app")
        })
        .response(|body| body["databases"][0]["name"] = json!("app"))
        .result("/databases/0"),
    ]
}

fn handle() -> Vec<Row> {
    vec![
        row("DatabaseHandle::get", "getProjectBranchDatabase", |neon| {
            database(&neon).get()
        })
        .result("/database"),
        row(
            "DatabaseHandle::get_opt",
            "getProjectBranchDatabase",
            |neon| database(&neon).get_opt(),
        )
        .result("/database"),
        row(
            "DatabaseHandle::update",
            "updateProjectBranchDatabase",
            |neon| database(&neon).update(),
        )
        .body(json!({"database": {}}))
        .result("/database"),
        row(
            "DatabaseHandle::update",
            "updateProjectBranchDatabase",
            |neon| database(&neon).update().name("shop").owner("shop_owner"),
        )
        .body(json!({"database": {"name": "shop", "owner_name": "shop_owner"}})),
        row(
            "DatabaseHandle::update",
            "updateProjectBranchDatabase",
            |neon| {
                let update = database(&neon).update();
                update.with(|database| database.name = Some("shop".to_owned()))
            },
        )
        .body(json!({"database": {"name": "shop"}})),
        row(
            "DatabaseHandle::delete",
            "deleteProjectBranchDatabase",
            |neon| database(&neon).delete(),
        ),
    ]
}

fn data_api_rows() -> Vec<Row> {
    vec![
        row("DataApi::create", "createProjectBranchDataAPI", |neon| {
            data_api(&neon).create(DataApiCreateRequest::default())
        })
        .body(json!({}))
        .result("/url"),
        row("DataApi::create", "createProjectBranchDataAPI", |neon| {
            let options = DataApiCreateRequest::default()
                .with_jwks_url("https://example.com/jwks.json")
                .with_skip_auth_schema(true);
            data_api(&neon).create(options)
        })
        .body(json!({
            "jwks_url": "https://example.com/jwks.json",
            "skip_auth_schema": true,
        })),
        row("DataApi::get", "getProjectBranchDataAPI", |neon| {
            data_api(&neon).get()
        })
        .result(""),
        row("DataApi::get_opt", "getProjectBranchDataAPI", |neon| {
            data_api(&neon).get_opt()
        })
        .result(""),
        row("DataApi::update", "updateProjectBranchDataAPI", |neon| {
            data_api(&neon).update(DataApiSettings::default().with_db_max_rows(1000))
        })
        .body(json!({"settings": {"db_max_rows": 1000}})),
        row("DataApi::delete", "deleteProjectBranchDataAPI", |neon| {
            data_api(&neon).delete()
        }),
    ]
}
