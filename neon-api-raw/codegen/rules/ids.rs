//! One type for each kind of ID, wherever it occurs.
//!
//! The document repeats `{type: string, pattern: …}`; the generator would make a type of its own of
//! every occurrence, and a function could be called with the ID of another kind.

use serde_json::{Map, Value, json};

use super::super::json::{each_operation, reference_in_place_of, schemas_mut};
use super::super::{Error, Result};
use super::Replacement;

/// Properties and parameters that are IDs, by name.
const BY_NAME: &[(&str, &str)] = &[
    ("auth_user_id", "AuthUserId"),
    ("base_branch_id", "BranchId"),
    ("branch_id", "BranchId"),
    ("branch_ids", "BranchId"),
    ("destination_org_id", "OrgId"),
    ("endpoint_id", "EndpointId"),
    ("invited_by", "UserId"),
    ("jwks_id", "JwksId"),
    ("member_id", "MemberId"),
    ("operation_id", "OperationId"),
    ("org_id", "OrgId"),
    ("parent_id", "BranchId"),
    ("permission_id", "PermissionId"),
    ("project_id", "ProjectId"),
    ("project_ids", "ProjectId"),
    ("region_id", "RegionId"),
    ("restored_from", "BranchId"),
    ("restored_as", "BranchId"),
    ("snapshot_id", "SnapshotId"),
    ("source_branch_id", "BranchId"),
    ("source_org_id", "OrgId"),
    ("target_branch_id", "BranchId"),
    ("token_id", "TokenId"),
    ("triggered_by", "UserId"),
    ("unavailable_project_ids", "ProjectId"),
    ("user_id", "UserId"),
    ("vpc_endpoint_id", "VpcEndpointId"),
];

/// Properties named `id`, and others whose name is ambiguous, by schema.
const BY_SCHEMA: &[(&str, &str, &str)] = &[
    ("ApiKeyCreateResponse", "created_by", "UserId"),
    ("ApiKeyCreatorData", "id", "UserId"),
    ("ApiKeyRevokeResponse", "created_by", "UserId"),
    ("Branch", "id", "BranchId"),
    ("CurrentUserInfoResponse", "id", "UserId"),
    ("Endpoint", "id", "EndpointId"),
    ("Invitation", "id", "InvitationId"),
    ("JWKS", "id", "JwksId"),
    ("Member", "id", "MemberId"),
    ("NeonAuthCreateNewUserResponse", "id", "AuthUserId"),
    ("Operation", "id", "OperationId"),
    ("OrgApiKeyCreateResponse", "created_by", "UserId"),
    ("OrgApiKeyRevokeResponse", "created_by", "UserId"),
    ("Organization", "id", "OrgId"),
    ("Project", "id", "ProjectId"),
    ("ProjectListItem", "id", "ProjectId"),
    ("ProjectPermission", "id", "PermissionId"),
    ("ProjectTransferRequestResponse", "id", "TransferRequestId"),
    (
        "ProjectsWithIntegrationResponseProjectsItem",
        "id",
        "ProjectId",
    ),
    ("Snapshot", "id", "SnapshotId"),
    ("UpdateNeonAuthUserRoleResponse", "id", "AuthUserId"),
];

/// Parameters whose name means something else elsewhere, by operation.
const BY_OPERATION: &[(&str, &str, &str)] = &[(
    "acceptProjectTransferRequest",
    "request_id",
    "TransferRequestId",
)];

/// Component schemas that are IDs themselves.
const COMPONENTS: &[(&str, &str)] = &[("TriggerID", "TriggerId")];

pub(super) fn share(document: &mut Value, replacements: &mut Vec<Replacement>) -> Result<()> {
    let mut used = Vec::new();
    for (name, schema) in schemas_mut(document)? {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (property, value) in properties.into_iter().flatten() {
            let id = BY_SCHEMA
                .iter()
                .find(|(s, p, _)| s == name && p == property)
                .map(|(_, _, id)| *id)
                .or_else(|| by_name(property));
            if let Some(id) = id {
                point_to(value, id, &mut used);
            }
        }
    }
    each_operation(document, |_, _, operation| {
        let operation_id = operation
            .get("operationId")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            share_parameter(parameter, &operation_id, &mut used);
        }
        Ok(())
    })?;
    let schemas = schemas_mut(document)?;
    for (component, id) in COMPONENTS {
        if schemas.contains_key(*component) {
            used.push(id);
        }
    }
    used.sort_unstable();
    used.dedup();
    for id in used {
        add_component(schemas, id)?;
        replacements.push(Replacement::new(id, format!("ids::{id}"), true));
    }
    Ok(())
}

fn share_parameter(parameter: &mut Value, operation: &str, used: &mut Vec<&'static str>) {
    let name = parameter
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let id = BY_OPERATION
        .iter()
        .find(|(o, p, _)| *o == operation && *p == name)
        .map(|(_, _, id)| *id)
        .or_else(|| by_name(&name));
    if let (Some(id), Some(schema)) = (id, parameter.get_mut("schema")) {
        point_to(schema, id, used);
    }
}

fn by_name(name: &str) -> Option<&'static str> {
    BY_NAME.iter().find(|(n, _)| *n == name).map(|(_, id)| *id)
}

/// Integer IDs and references stay as they are.
fn point_to(schema: &mut Value, id: &'static str, used: &mut Vec<&'static str>) {
    if let Some(items) = schema.get_mut("items") {
        point_to(items, id, used);
    } else if schema.get("type").and_then(Value::as_str) == Some("string") {
        *schema = reference_in_place_of(schema, id);
        used.push(id);
    }
}

fn add_component(schemas: &mut Map<String, Value>, id: &str) -> Result<()> {
    let is_component = COMPONENTS.iter().any(|(_, name)| *name == id);
    if !is_component
        && schemas
            .insert(id.to_owned(), json!({ "type": "string" }))
            .is_some()
    {
        return Err(Error::new(format!(
            "the document has a schema {id} of its own"
        )));
    }
    Ok(())
}
