//! The error table of MySQL: every number that an application meets, and what it means.
//!
//! Numbers and symbols are those of the manual's "Server Error Message Reference" (8.0 to 9.x), of
//! its "Client Error Message Reference" (which proxies send as well), and of the proxies `ProxySQL`
//! and RDS Proxy. A number that is not here is read by its SQLSTATE.

#[cfg_attr(
    not(test),
    expect(
        clippy::enum_glob_use,
        reason = "a row names one of two dozen kinds, and nothing else"
    )
)]
use dal_traits::ErrorKind::{self, *};
use dal_traits::{Class, Effect};

/// One number that MySQL, or a proxy in front of it, refuses a statement with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorRow {
    /// The error number.
    pub number: u16,
    /// Its symbol in the manual.
    pub symbol: &'static str,
    /// What it means. Three numbers are read more finely by their text: 1062 and 1586 on the primary
    /// key are [`ErrorKind::AlreadyExists`], and 1290 for a read-only server is
    /// [`ErrorKind::Unavailable`].
    pub kind: ErrorKind,
    /// Whether the statement may have been applied all the same.
    pub effect: Effect,
}

impl ErrorRow {
    /// The class of an error with this number.
    pub const fn class(&self) -> Class {
        Class::new(self.kind).effect(self.effect)
    }
}

/// The server refused the statement: it had no effect.
const fn refused(number: u16, symbol: &'static str, kind: ErrorKind) -> ErrorRow {
    ErrorRow {
        number,
        symbol,
        kind,
        effect: Effect::None,
    }
}

/// The number says that the link, or the commit itself, failed: the statement may have been applied.
const fn uncertain(number: u16, symbol: &'static str, kind: ErrorKind) -> ErrorRow {
    ErrorRow {
        number,
        symbol,
        kind,
        effect: Effect::Unknown,
    }
}

/// Every number that is read on purpose, in ascending order.
#[rustfmt::skip]
pub const ERROR_TABLE: &[ErrorRow] = &[
    refused(1007, "ER_DB_CREATE_EXISTS", Config),
    refused(1008, "ER_DB_DROP_EXISTS", Config),
    refused(1020, "ER_CHECKREAD", Conflict),
    refused(1021, "ER_DISK_FULL", Limit),
    refused(1022, "ER_DUP_KEY", UniqueViolation),
    refused(1036, "ER_OPEN_AS_READONLY", Unavailable),
    refused(1037, "ER_OUTOFMEMORY", Unavailable),
    refused(1038, "ER_OUT_OF_SORTMEMORY", Limit),
    refused(1040, "ER_CON_COUNT_ERROR", Throttled),
    refused(1041, "ER_OUT_OF_RESOURCES", Unavailable),
    refused(1042, "ER_BAD_HOST_ERROR", Unavailable),
    refused(1043, "ER_HANDSHAKE_ERROR", Unavailable),
    refused(1044, "ER_DBACCESS_DENIED_ERROR", AccessDenied),
    refused(1045, "ER_ACCESS_DENIED_ERROR", Credentials),
    refused(1046, "ER_NO_DB_ERROR", Config),
    refused(1047, "ER_UNKNOWN_COM_ERROR", Unavailable),
    refused(1048, "ER_BAD_NULL_ERROR", InvalidValue),
    refused(1049, "ER_BAD_DB_ERROR", Config),
    refused(1050, "ER_TABLE_EXISTS_ERROR", Config),
    refused(1051, "ER_BAD_TABLE_ERROR", NoSuchTable),
    refused(1052, "ER_NON_UNIQ_ERROR", Config),
    refused(1053, "ER_SERVER_SHUTDOWN", Unavailable),
    refused(1054, "ER_BAD_FIELD_ERROR", Config),
    refused(1055, "ER_WRONG_FIELD_WITH_GROUP", Config),
    refused(1062, "ER_DUP_ENTRY", UniqueViolation),
    refused(1064, "ER_PARSE_ERROR", Unsupported),
    refused(1065, "ER_EMPTY_QUERY", Unsupported),
    refused(1070, "ER_TOO_MANY_KEY_PARTS", TooLarge),
    refused(1071, "ER_TOO_LONG_KEY", TooLarge),
    refused(1074, "ER_TOO_BIG_FIELDLENGTH", TooLarge),
    refused(1080, "ER_FORCING_CLOSE", Unavailable),
    refused(1081, "ER_IPSOCK_ERROR", Unavailable),
    refused(1093, "ER_UPDATE_TABLE_USED", Unsupported),
    refused(1095, "ER_KILL_DENIED_ERROR", AccessDenied),
    refused(1099, "ER_TABLE_NOT_LOCKED_FOR_WRITE", Unsupported),
    refused(1100, "ER_TABLE_NOT_LOCKED", Unsupported),
    refused(1104, "ER_TOO_BIG_SELECT", TooLarge),
    uncertain(1105, "ER_UNKNOWN_ERROR", Unexpected),
    refused(1106, "ER_UNKNOWN_PROCEDURE", Unsupported),
    refused(1109, "ER_UNKNOWN_TABLE", NoSuchTable),
    refused(1110, "ER_FIELD_SPECIFIED_TWICE", Unsupported),
    refused(1111, "ER_INVALID_GROUP_FUNC_USE", Unsupported),
    refused(1114, "ER_RECORD_FILE_FULL", Limit),
    refused(1115, "ER_UNKNOWN_CHARACTER_SET", Config),
    refused(1116, "ER_TOO_MANY_TABLES", TooLarge),
    refused(1117, "ER_TOO_MANY_FIELDS", TooLarge),
    refused(1118, "ER_TOO_BIG_ROWSIZE", TooLarge),
    refused(1119, "ER_STACK_OVERRUN", TooLarge),
    refused(1128, "ER_FUNCTION_NOT_DEFINED", Config),
    refused(1129, "ER_HOST_IS_BLOCKED", AccessDenied),
    refused(1130, "ER_HOST_NOT_PRIVILEGED", AccessDenied),
    refused(1135, "ER_CANT_CREATE_THREAD", Throttled),
    refused(1136, "ER_WRONG_VALUE_COUNT_ON_ROW", Unsupported),
    refused(1137, "ER_CANT_REOPEN_TABLE", Unsupported),
    refused(1138, "ER_INVALID_USE_OF_NULL", InvalidValue),
    refused(1140, "ER_MIX_OF_GROUP_FUNC_AND_FIELDS", Unsupported),
    refused(1142, "ER_TABLEACCESS_DENIED_ERROR", AccessDenied),
    refused(1143, "ER_COLUMNACCESS_DENIED_ERROR", AccessDenied),
    refused(1146, "ER_NO_SUCH_TABLE", NoSuchTable),
    refused(1149, "ER_SYNTAX_ERROR", Unsupported),
    uncertain(1152, "ER_ABORTING_CONNECTION", Unavailable),
    refused(1153, "ER_NET_PACKET_TOO_LARGE", TooLarge),
    uncertain(1154, "ER_NET_READ_ERROR_FROM_PIPE", Unavailable),
    uncertain(1155, "ER_NET_FCNTL_ERROR", Unavailable),
    uncertain(1156, "ER_NET_PACKETS_OUT_OF_ORDER", Unavailable),
    uncertain(1157, "ER_NET_UNCOMPRESS_ERROR", Unavailable),
    uncertain(1158, "ER_NET_READ_ERROR", Unavailable),
    uncertain(1159, "ER_NET_READ_INTERRUPTED", Unavailable),
    uncertain(1160, "ER_NET_ERROR_ON_WRITE", Unavailable),
    uncertain(1161, "ER_NET_WRITE_INTERRUPTED", Unavailable),
    refused(1162, "ER_TOO_LONG_STRING", TooLarge),
    refused(1169, "ER_DUP_UNIQUE", UniqueViolation),
    refused(1172, "ER_TOO_MANY_ROWS", InvalidValue),
    refused(1175, "ER_UPDATE_WITHOUT_KEY_IN_SAFE_MODE", Unsupported),
    refused(1176, "ER_KEY_DOES_NOT_EXITS", NoSuchTable),
    refused(1178, "ER_CHECK_NOT_IMPLEMENTED", Unsupported),
    refused(1179, "ER_CANT_DO_THIS_DURING_AN_TRANSACTION", Unsupported),
    uncertain(1180, "ER_ERROR_DURING_COMMIT", Unavailable),
    refused(1181, "ER_ERROR_DURING_ROLLBACK", Unavailable),
    uncertain(1184, "ER_NEW_ABORTING_CONNECTION", Unavailable),
    refused(1191, "ER_FT_MATCHING_KEY_NOT_FOUND", NoPath),
    refused(1192, "ER_LOCK_OR_ACTIVE_TRANSACTION", Unsupported),
    refused(1193, "ER_UNKNOWN_SYSTEM_VARIABLE", Config),
    refused(1197, "ER_TRANS_CACHE_FULL", TooLarge),
    refused(1203, "ER_TOO_MANY_USER_CONNECTIONS", Throttled),
    refused(1205, "ER_LOCK_WAIT_TIMEOUT", Conflict),
    refused(1206, "ER_LOCK_TABLE_FULL", Limit),
    refused(1207, "ER_READ_ONLY_TRANSACTION", Unavailable),
    refused(1210, "ER_WRONG_ARGUMENTS", InvalidValue),
    refused(1213, "ER_LOCK_DEADLOCK", Conflict),
    refused(1216, "ER_NO_REFERENCED_ROW", ReferenceViolation),
    refused(1217, "ER_ROW_IS_REFERENCED", ReferenceViolation),
    refused(1221, "ER_WRONG_USAGE", Unsupported),
    refused(1222, "ER_WRONG_NUMBER_OF_COLUMNS_IN_SELECT", Unsupported),
    refused(1223, "ER_CANT_UPDATE_WITH_READLOCK", Unsupported),
    refused(1226, "ER_USER_LIMIT_REACHED", Throttled),
    refused(1227, "ER_SPECIFIC_ACCESS_DENIED_ERROR", AccessDenied),
    refused(1231, "ER_WRONG_VALUE_FOR_VAR", Config),
    refused(1235, "ER_NOT_SUPPORTED_YET", Unsupported),
    refused(1241, "ER_OPERAND_COLUMNS", Unsupported),
    refused(1242, "ER_SUBQUERY_NO_1_ROW", InvalidValue),
    refused(1243, "ER_UNKNOWN_STMT_HANDLER", Unavailable),
    refused(1251, "ER_NOT_SUPPORTED_AUTH_MODE", Credentials),
    refused(1253, "ER_COLLATION_CHARSET_MISMATCH", Config),
    refused(1263, "ER_WARN_NULL_TO_NOTNULL", InvalidValue),
    refused(1264, "ER_WARN_DATA_OUT_OF_RANGE", InvalidValue),
    refused(1265, "WARN_DATA_TRUNCATED", InvalidValue),
    refused(1267, "ER_CANT_AGGREGATE_2COLLATIONS", Config),
    refused(1270, "ER_CANT_AGGREGATE_3COLLATIONS", Config),
    refused(1271, "ER_CANT_AGGREGATE_NCOLLATIONS", Config),
    refused(1273, "ER_UNKNOWN_COLLATION", Config),
    refused(1275, "ER_SERVER_IS_IN_SECURE_AUTH_MODE", Credentials),
    refused(1288, "ER_NON_UPDATABLE_TABLE", Unsupported),
    refused(1289, "ER_FEATURE_DISABLED", Unsupported),
    refused(1290, "ER_OPTION_PREVENTS_STATEMENT", Unsupported),
    refused(1292, "ER_TRUNCATED_WRONG_VALUE", InvalidValue),
    refused(1294, "ER_INVALID_ON_UPDATE", Unsupported),
    refused(1295, "ER_UNSUPPORTED_PS", Unsupported),
    refused(1298, "ER_UNKNOWN_TIME_ZONE", Config),
    refused(1300, "ER_INVALID_CHARACTER_STRING", InvalidValue),
    refused(1301, "ER_WARN_ALLOWED_PACKET_OVERFLOWED", TooLarge),
    refused(1305, "ER_SP_DOES_NOT_EXIST", Config),
    refused(1317, "ER_QUERY_INTERRUPTED", Unavailable),
    refused(1318, "ER_SP_WRONG_NO_OF_ARGS", Unsupported),
    refused(1348, "ER_NONUPDATEABLE_COLUMN", Unsupported),
    refused(1356, "ER_VIEW_INVALID", Config),
    refused(1364, "ER_NO_DEFAULT_FOR_FIELD", InvalidValue),
    refused(1365, "ER_DIVISION_BY_ZERO", InvalidValue),
    refused(1366, "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD", InvalidValue),
    refused(1367, "ER_ILLEGAL_VALUE_FOR_TYPE", InvalidValue),
    refused(1369, "ER_VIEW_CHECK_FAILED", ConstraintViolation),
    refused(1370, "ER_PROCACCESS_DENIED_ERROR", AccessDenied),
    refused(1390, "ER_PS_MANY_PARAM", TooLarge),
    refused(1402, "ER_XA_RBROLLBACK", Conflict),
    refused(1406, "ER_DATA_TOO_LONG", InvalidValue),
    refused(1410, "ER_CANT_CREATE_USER_WITH_GRANT", AccessDenied),
    refused(1411, "ER_WRONG_VALUE_FOR_TYPE", InvalidValue),
    refused(1412, "ER_TABLE_DEF_CHANGED", Conflict),
    refused(1416, "ER_CANT_CREATE_GEOMETRY_OBJECT", InvalidValue),
    refused(1419, "ER_BINLOG_CREATE_ROUTINE_NEED_SUPER", AccessDenied),
    refused(1436, "ER_STACK_OVERRUN_NEED_MORE", TooLarge),
    refused(1441, "ER_DATETIME_FUNCTION_OVERFLOW", InvalidValue),
    refused(1442, "ER_CANT_UPDATE_USED_TABLE_IN_SF_OR_TRG", Unsupported),
    refused(1449, "ER_NO_SUCH_USER", Config),
    refused(1451, "ER_ROW_IS_REFERENCED_2", ReferenceViolation),
    refused(1452, "ER_NO_REFERENCED_ROW_2", ReferenceViolation),
    refused(1456, "ER_SP_RECURSION_LIMIT", TooLarge),
    refused(1461, "ER_MAX_PREPARED_STMT_COUNT_REACHED", Throttled),
    refused(1467, "ER_AUTOINC_READ_FAILED", Limit),
    refused(1471, "ER_NON_INSERTABLE_TABLE", Unsupported),
    refused(1524, "ER_PLUGIN_IS_NOT_LOADED", Config),
    refused(1525, "ER_WRONG_VALUE", InvalidValue),
    refused(1526, "ER_NO_PARTITION_FOR_GIVEN_VALUE", InvalidValue),
    refused(1557, "ER_FOREIGN_DUPLICATE_KEY_OLD_UNUSED", UniqueViolation),
    refused(1568, "ER_CANT_CHANGE_TX_CHARACTERISTICS", Unsupported),
    refused(1582, "ER_WRONG_PARAMCOUNT_TO_NATIVE_FCT", Unsupported),
    refused(1586, "ER_DUP_ENTRY_WITH_KEY_NAME", UniqueViolation),
    refused(1613, "ER_XA_RBTIMEOUT", Conflict),
    refused(1614, "ER_XA_RBDEADLOCK", Conflict),
    refused(1615, "ER_NEED_REPREPARE", Conflict),
    refused(1630, "ER_FUNC_INEXISTENT_NAME_COLLISION", Config),
    refused(1637, "ER_TOO_MANY_CONCURRENT_TRXS", Throttled),
    refused(1644, "ER_SIGNAL_EXCEPTION", ConstraintViolation),
    refused(1645, "ER_RESIGNAL_WITHOUT_ACTIVE_HANDLER", ConstraintViolation),
    refused(1689, "ER_LOCK_ABORTED", Conflict),
    refused(1690, "ER_DATA_OUT_OF_RANGE", InvalidValue),
    refused(1698, "ER_ACCESS_DENIED_NO_PASSWORD_ERROR", Credentials),
    refused(1705, "ER_STMT_CACHE_FULL", TooLarge),
    refused(1706, "ER_MULTI_UPDATE_KEY_CONFLICT", Unsupported),
    refused(1713, "ER_UNDO_RECORD_TOO_BIG", TooLarge),
    refused(1748, "ER_ROW_DOES_NOT_MATCH_GIVEN_PARTITION_SET", InvalidValue),
    refused(1761, "ER_FOREIGN_DUPLICATE_KEY_WITH_CHILD_INFO", UniqueViolation),
    refused(1762, "ER_FOREIGN_DUPLICATE_KEY_WITHOUT_CHILD_INFO", UniqueViolation),
    refused(1792, "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION", Unavailable),
    refused(1820, "ER_MUST_CHANGE_PASSWORD", Credentials),
    refused(1830, "ER_FK_COLUMN_NOT_NULL", ReferenceViolation),
    refused(1834, "ER_FK_CANNOT_DELETE_PARENT", ReferenceViolation),
    refused(1836, "ER_READ_ONLY_MODE", Unavailable),
    refused(1859, "ER_DUP_UNKNOWN_IN_INDEX", UniqueViolation),
    refused(1862, "ER_MUST_CHANGE_PASSWORD_LOGIN", Credentials),
    refused(1873, "ER_ACCESS_DENIED_CHANGE_USER_ERROR", Credentials),
    refused(1874, "ER_INNODB_READ_ONLY", Unavailable),
    refused(1881, "ER_INNODB_FORCED_RECOVERY", Unavailable),
    refused(1969, "MariaDB ER_STATEMENT_TIMEOUT", Timeout),
    refused(2002, "CR_CONNECTION_ERROR", Unavailable),
    refused(2003, "CR_CONN_HOST_ERROR", Unavailable),
    refused(2005, "CR_UNKNOWN_HOST", Unavailable),
    uncertain(2006, "CR_SERVER_GONE_ERROR", Unavailable),
    uncertain(2013, "CR_SERVER_LOST", Unavailable),
    refused(2026, "CR_SSL_CONNECTION_ERROR", Config),
    refused(3008, "ER_FK_DEPTH_EXCEEDED", TooLarge),
    refused(3015, "ER_ENGINE_OUT_OF_MEMORY", Unavailable),
    refused(3024, "ER_QUERY_TIMEOUT", Timeout),
    refused(3032, "ER_SERVER_OFFLINE_MODE", Unavailable),
    refused(3037, "ER_GIS_INVALID_DATA", InvalidValue),
    refused(3058, "ER_USER_LOCK_DEADLOCK", Conflict),
    refused(3065, "ER_FIELD_IN_ORDER_NOT_SELECT", Unsupported),
    refused(3098, "ER_BEFORE_DML_VALIDATION_ERROR", Unsupported),
    refused(3100, "ER_RUN_HOOK_ERROR", Unavailable),
    refused(3101, "ER_TRANSACTION_ROLLBACK_DURING_COMMIT", Conflict),
    refused(3105, "ER_NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN", InvalidValue),
    refused(3118, "ER_ACCOUNT_HAS_BEEN_LOCKED", Credentials),
    refused(3132, "ER_LOCKING_SERVICE_DEADLOCK", Conflict),
    refused(3133, "ER_LOCKING_SERVICE_TIMEOUT", Conflict),
    refused(3140, "ER_INVALID_JSON_TEXT", InvalidValue),
    refused(3141, "ER_INVALID_JSON_TEXT_IN_PARAM", InvalidValue),
    refused(3143, "ER_INVALID_JSON_PATH", InvalidValue),
    refused(3144, "ER_INVALID_JSON_CHARSET", InvalidValue),
    refused(3146, "ER_INVALID_TYPE_FOR_JSON", InvalidValue),
    refused(3147, "ER_INVALID_CAST_TO_JSON", InvalidValue),
    refused(3149, "ER_INVALID_JSON_PATH_WILDCARD", InvalidValue),
    refused(3150, "ER_JSON_VALUE_TOO_BIG", TooLarge),
    refused(3151, "ER_JSON_KEY_TOO_BIG", TooLarge),
    refused(3156, "ER_INVALID_JSON_VALUE_FOR_CAST", InvalidValue),
    refused(3157, "ER_JSON_DOCUMENT_TOO_DEEP", InvalidValue),
    refused(3158, "ER_JSON_DOCUMENT_NULL_KEY", InvalidValue),
    refused(3159, "ER_SECURE_TRANSPORT_REQUIRED", Config),
    refused(3168, "ER_SERVER_ISNT_AVAILABLE", Unavailable),
    refused(3169, "ER_SESSION_WAS_KILLED", Unavailable),
    refused(3170, "ER_CAPACITY_EXCEEDED", TooLarge),
    refused(3171, "ER_CAPACITY_EXCEEDED_IN_RANGE_OPTIMIZER", TooLarge),
    refused(3186, "ER_CAPACITY_EXCEEDED_IN_PARSER", TooLarge),
    refused(3231, "ER_WRITE_SET_EXCEEDS_LIMIT", TooLarge),
    refused(3572, "ER_LOCK_NOWAIT", Conflict),
    refused(3636, "ER_CTE_MAX_RECURSION_DEPTH", TooLarge),
    refused(3675, "ER_DISK_FULL_NOWAIT", Limit),
    refused(3685, "ER_REGEXP_ILLEGAL_ARGUMENT", InvalidValue),
    refused(3688, "ER_REGEXP_RULE_SYNTAX", InvalidValue),
    refused(3689, "ER_REGEXP_BAD_ESCAPE_SEQUENCE", InvalidValue),
    refused(3691, "ER_REGEXP_MISMATCHED_PAREN", InvalidValue),
    refused(3692, "ER_REGEXP_BAD_INTERVAL", InvalidValue),
    refused(3693, "ER_REGEXP_MAX_LT_MIN", InvalidValue),
    refused(3694, "ER_REGEXP_INVALID_BACK_REF", InvalidValue),
    refused(3695, "ER_REGEXP_LOOK_BEHIND_LIMIT", InvalidValue),
    refused(3696, "ER_REGEXP_MISSING_CLOSE_BRACKET", InvalidValue),
    refused(3697, "ER_REGEXP_INVALID_RANGE", InvalidValue),
    refused(3698, "ER_REGEXP_STACK_OVERFLOW", InvalidValue),
    refused(3699, "ER_REGEXP_TIME_OUT", InvalidValue),
    refused(3700, "ER_REGEXP_PATTERN_TOO_BIG", TooLarge),
    refused(3730, "ER_FK_CANNOT_DROP_PARENT", ReferenceViolation),
    refused(3750, "ER_TABLE_WITHOUT_PK", Unsupported),
    refused(3781, "ER_GR_HOLD_WAIT_TIMEOUT", Unavailable),
    refused(3782, "ER_GR_HOLD_KILLED", Unavailable),
    refused(3783, "ER_GR_HOLD_MEMBER_STATUS_ERROR", Unavailable),
    refused(3797, "ER_GRP_TRX_CONSISTENCY_BEFORE", Unavailable),
    refused(3798, "ER_GRP_TRX_CONSISTENCY_AFTER_ON_TRX_BEGIN", Unavailable),
    refused(3819, "ER_CHECK_CONSTRAINT_VIOLATED", ConstraintViolation),
    refused(3854, "ER_CANNOT_CONVERT_STRING", InvalidValue),
    refused(3879, "ER_DB_ACCESS_DENIED", AccessDenied),
    refused(3955, "ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK", Credentials),
    refused(3988, "ER_IMPOSSIBLE_STRING_CONVERSION", InvalidValue),
    refused(4031, "ER_CLIENT_INTERACTION_TIMEOUT", Unavailable),
    refused(4074, "ER_VALUE_OUT_OF_RANGE", InvalidValue),
    refused(6038, "ER_SPECIFIC_ACCESS_DENIED", AccessDenied),
    refused(6110, "ER_RESULT_SIZE_LIMIT_EXCEEDED", TooLarge),
    refused(6400, "ER_SERVER_OFFLINE_MODE_REASON", Unavailable),
    refused(6411, "ER_EXCEEDED_MAX_REGULAR_STATEMENT_HANDLE_LIMIT", Throttled),
    refused(9001, "ProxySQL connect timeout", Unavailable),
    refused(9501, "RDS Proxy borrow timeout", Throttled),
];

/// What a number that is not in [`ERROR_TABLE`] means, by the beginning of its SQLSTATE; the first
/// match counts. Any other is [`ErrorKind::Unexpected`]. None of them had an effect.
pub const SQLSTATES: &[(&str, ErrorKind)] = &[
    ("02", NotFound),
    ("08", Unavailable),
    ("0A", Unsupported),
    ("21", Unsupported),
    ("22", InvalidValue),
    ("23", ConstraintViolation),
    ("25", Unsupported),
    ("28", Credentials),
    ("3D", Config),
    ("40", Conflict),
    ("42S02", NoSuchTable),
    ("42S22", Config),
    ("42", Unsupported),
    ("44", ConstraintViolation),
    ("45", ConstraintViolation),
    ("70", Unavailable),
];

/// The row of `number`.
pub(crate) fn row(number: u16) -> Option<&'static ErrorRow> {
    let index = ERROR_TABLE.binary_search_by_key(&number, |row| row.number);
    index.ok().and_then(|index| ERROR_TABLE.get(index))
}

/// The class of an error packet: by its number, else by its SQLSTATE.
pub(crate) fn packet(number: u16, state: Option<&str>) -> Class {
    row(number).map_or_else(|| by_state(state.unwrap_or_default()), ErrorRow::class)
}

fn by_state(state: &str) -> Class {
    let kind = SQLSTATES
        .iter()
        .find(|(start, _)| state.starts_with(start))
        .map_or(Unexpected, |(_, kind)| *kind);
    Class::new(kind).effect(Effect::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_no_number_twice() {
        assert!(ERROR_TABLE.is_sorted_by(|one, next| one.number < next.number));
    }

    #[test]
    fn a_number_that_is_not_listed_is_read_by_its_state() {
        for (state, kind) in [
            (Some("22S03"), InvalidValue),
            (Some("42S02"), NoSuchTable),
            (Some("42000"), Unsupported),
            (Some("45000"), ConstraintViolation),
            (Some("HY000"), Unexpected),
            (None, Unexpected),
        ] {
            let class = packet(65000, state);
            assert_eq!(
                (class.kind, class.effect),
                (kind, Effect::None),
                "{state:?}"
            );
        }
    }
}
