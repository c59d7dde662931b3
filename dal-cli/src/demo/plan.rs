//! The phase in which the workers call.

use dal_shadow::Phase;
use shop::defect::Defect;

/// Reads are answered by MySQL and compared with DynamoDB. Where a defect lets DynamoDB accept what it
/// should refuse, DynamoDB has to be asked first: MySQL would refuse, and nothing would reach DynamoDB.
pub(super) fn phase(planted: Option<Defect>) -> Phase {
    match planted {
        Some(
            Defect::MissingGuard
            | Defect::Overwrite
            | Defect::UpdateCreates
            | Defect::NegativeStock,
        ) => Phase::DynamoDbLeads,
        _ => Phase::ShadowRead,
    }
}
