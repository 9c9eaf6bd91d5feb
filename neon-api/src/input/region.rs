//! Regions of November 2026, as their IDs. There may be others by now: [`region`] takes any, and
//! `getActiveRegions` lists them.
//!
//! [`region`]: crate::projects::CreateProject::region

/// US East 1 (N. Virginia).
pub const AWS_US_EAST_1: &str = "aws-us-east-1";
/// US East 2 (Ohio).
pub const AWS_US_EAST_2: &str = "aws-us-east-2";
/// US West 2 (Oregon).
pub const AWS_US_WEST_2: &str = "aws-us-west-2";
/// Europe Central 1 (Frankfurt).
pub const AWS_EU_CENTRAL_1: &str = "aws-eu-central-1";
/// Europe West 2 (London).
pub const AWS_EU_WEST_2: &str = "aws-eu-west-2";
/// Asia Pacific 1 (Singapore).
pub const AWS_AP_SOUTHEAST_1: &str = "aws-ap-southeast-1";
/// Asia Pacific 2 (Sydney).
pub const AWS_AP_SOUTHEAST_2: &str = "aws-ap-southeast-2";
/// South America East 1 (São Paulo).
pub const AWS_SA_EAST_1: &str = "aws-sa-east-1";
/// Azure East US 2 (Virginia).
pub const AZURE_EASTUS2: &str = "azure-eastus2";
/// Azure West US 3 (Arizona).
pub const AZURE_WESTUS3: &str = "azure-westus3";
