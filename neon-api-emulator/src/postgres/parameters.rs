//! The settings of the API with which a server is started.

use super::error::{PostgresError, Result};

/// Names and values, as the API has them.
pub(super) type Parameters = Vec<(String, String)>;

/// What keeps others out, or would let a server run programs or write files of its own.
const FIXED: [&str; 24] = [
    "allow_system_table_mods",
    "archive_cleanup_command",
    "archive_command",
    "archive_library",
    "archive_mode",
    "data_directory",
    "db_user_namespace",
    "dynamic_library_path",
    "event_source",
    "jit_provider",
    "listen_addresses",
    "log_destination",
    "log_directory",
    "log_filename",
    "logging_collector",
    "password_encryption",
    "port",
    "primary_conninfo",
    "primary_slot_name",
    "restore_command",
    "ssl",
    "stats_temp_directory",
    "extension_control_path",
    "extension_destdir",
];
const FIXED_BEGINNINGS: [&str; 5] = ["unix_socket_", "ssl_", "krb_", "recovery_", "syslog_"];
const FIXED_ENDS: [&str; 2] = ["_file", "_preload_libraries"];

/// As arguments of the server.
pub(super) fn arguments(parameters: &Parameters) -> Result<Vec<String>> {
    let argument = |(name, value): &(String, String)| {
        let refused = |why: &str| PostgresError::Failed(format!("the setting {name:?} {why}"));
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
        if !name.starts_with(begins) || !name.chars().all(fits) || value.contains('\0') {
            return Err(refused("is not valid"));
        }
        let lower = name.to_ascii_lowercase();
        let is_fixed = FIXED.contains(&lower.as_str())
            || FIXED_BEGINNINGS.iter().any(|part| lower.starts_with(part))
            || FIXED_ENDS.iter().any(|part| lower.ends_with(part));
        if is_fixed {
            return Err(refused("cannot be changed here"));
        }
        Ok(format!("{name}={value}"))
    };
    parameters.iter().map(argument).collect()
}

#[cfg(test)]
mod tests {
    use super::arguments;

    #[test]
    fn what_would_let_somebody_in_or_out_is_refused() {
        let one = |name: &str, value: &str| {
            let arguments = arguments(&vec![(name.to_owned(), value.to_owned())]);
            arguments.map(|all| all.concat()).map_err(|e| e.to_string())
        };
        assert_eq!(one("work_mem", "8 MB").unwrap(), "work_mem=8 MB");
        assert_eq!(one("neon.x_1", "").unwrap(), "neon.x_1=");
        for name in [
            "Listen_Addresses",
            "HBA_file",
            "unix_socket_permissions",
            "shared_preload_libraries",
            "restore_command",
            "ssl_ca_file",
        ] {
            let error = one(name, "x").unwrap_err();
            assert!(error.ends_with("cannot be changed here"), "{error}");
        }
        for (name, value) in [
            ("", ""),
            ("a=b", ""),
            ("-c", ""),
            ("1", ""),
            ("a b", ""),
            ("a", "\0"),
        ] {
            assert!(one(name, value).unwrap_err().ends_with("is not valid"));
        }
    }
}
