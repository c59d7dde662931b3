//! Every code, with what it means. `docs/diagnostics.md` has the same list; a test compares them.

/// A stable name for one kind of finding: `E-…` refuses, `W-…` warns, `I-…` informs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// The name.
    pub name: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($constant:ident $name:literal $meaning:literal;)+) => {
        $(pub(crate) const $constant: Code = Code { name: $name, meaning: $meaning };)+

        /// Every code, in the order of `docs/diagnostics.md`.
        pub const CODES: &[Code] = &[$($constant),+];
    };
}

codes! {
    JSON "E-JSON" "The file is not JSON; comments and trailing commas are not part of JSON.";
    SHAPE "E-SHAPE" "The file is JSON, but not a migration contract.";
    SHAPE_B "E-SHAPE-B" "A table in the legacy form, with attributes as an object, which is not read yet.";
    SHAPE_C "E-SHAPE-C" "A contract in the successor form, with `table_definitions`, which is not read yet.";
    MISSING "E-MISSING" "A member is missing that nothing can replace.";
    MEMBER_TYPE "E-MEMBER-TYPE" "A member has another JSON type than it must have.";
    MEMBER_VALUE "E-MEMBER-VALUE" "A member has a value that is not one of those it can have.";
    DUPLICATE "E-DUPLICATE" "A name occurs twice where it must be unique.";
    TABLE_NAME "E-TABLE-NAME" "The name is none that DynamoDB accepts for a table or an index.";
    BODY "E-BODY" "A table has neither `attributes` nor `entities`, or both.";
    LIMIT "E-LIMIT" "A limit of DynamoDB is passed.";
    PROJECTION "E-PROJECTION" "`projected_attributes` without INCLUDE, INCLUDE without them, or one that no entity has.";
    NO_TABLE "E-NO-TABLE" "MySQL has no such table.";
    NO_COLUMN "E-NO-COLUMN" "The table of MySQL has no such column.";
    COLUMN_TYPE "E-COLUMN-TYPE" "The type of the column cannot be stored on DynamoDB.";
    ATTR_TABLE "E-ATTR-TABLE" "An attribute names another source table than its entity has.";
    TYPE "E-TYPE" "The type of the attribute cannot hold the value.";
    KEY_UNRESOLVED "E-KEY-UNRESOLVED" "A key names neither an attribute nor a column.";
    KEY_TYPE "E-KEY-TYPE" "A key has a type that no key can have, or several types.";
    COMPOSITE_SEGMENT "E-COMPOSITE-SEGMENT" "A segment of a composite key name is neither an attribute nor a column.";
    TEMPLATE_SYNTAX "E-TEMPLATE-SYNTAX" "The braces of a template do not pair, or enclose no name.";
    TEMPLATE_TOKEN "E-TEMPLATE-TOKEN" "A token of a template names nothing that the entity has.";
    TEMPLATE_MISMATCH "E-TEMPLATE-MISMATCH" "An attribute with the name of the key has another value than the template.";
    ENTITY_OVERLAP "E-ENTITY-OVERLAP" "The keys of two entities of one table can be equal.";
    SQL "E-SQL" "A fragment of SQL cannot be read.";
    JOIN_CONDITION "E-JOIN-CONDITION" "A join condition is not an equality of a column on each side of the join.";
    JOIN_NOT_UNIQUE "E-JOIN-NOT-UNIQUE" "The columns of a join can find several rows.";
    SELF_COMPARE "E-SELF-COMPARE" "A condition compares a table with itself, and nothing says which side is which row.";
    JOIN_AND_CALC "E-JOIN-AND-CALC" "An attribute has a join and a calculation.";
    CALC_UNDEFINED "E-CALC-UNDEFINED" "A kind of calculation whose members the format does not define.";
    FORMAT "E-FORMAT" "The format of a date or a number is none that is known, or does not fit the value.";
    NOT_BUILT "E-NOT-BUILT" "A construct that is understood, but that dal does not carry out yet.";
    UNIQUE_CONSTRAINT "E-UNIQUE-CONSTRAINT" "`x-dal` declares a unique constraint that MySQL does not have.";
    ACCESS_PATTERN "E-ACCESS-PATTERN" "`x-dal` declares an access pattern that no path serves.";
    COLLATION_UNKNOWN "E-COLLATION" "A unique key compares by a collation that dal cannot fold.";
    UNKNOWN_MEMBER "W-UNKNOWN-MEMBER" "A member that the format does not have; it is not read.";
    TABLE_TYPE "W-TABLE-TYPE" "`type` says something else than the members of the table do.";
    ITEM_SIZE "W-ITEM-SIZE" "The estimated item is larger than the 400 KB that DynamoDB holds.";
    KEY_COLUMN "W-KEY-COLUMN" "A key names no attribute, but a column of the source table, which is used.";
    KEY_CONVENTION "W-KEY-CONVENTION" "A name such as `product_id` is taken for the primary key of `products`.";
    TEMPLATE_CONVENTION "W-TEMPLATE-CONVENTION" "A token such as `user_email` is taken for `users.email` of a join.";
    TEMPLATE_TRANSFORMATION "W-TEMPLATE" "A transformation of type `template` is read as `string-format`.";
    SOURCE_FORMAT "W-SOURCE-FORMAT" "`source_format` is not read; the type of the column decides.";
    SELF_COMPARED "W-SELF-COMPARE" "A condition compares a table with itself; the side of `source_column` is the base row.";
    SELF_JOIN_OTHER "W-SELF-JOIN-OTHER-TABLE" "A self-join over a foreign key to another table; that table is used.";
    KEY_NOT_UNIQUE "W-KEY-NOT-UNIQUE" "The key contains no unique key of the source table: two rows could become one item.";
    KEY_NULLABLE "W-KEY-NULLABLE" "A column that can be NULL is part of the table's key.";
    KEY_EMPTY "W-KEY-EMPTY" "A key is one text, which may be empty; DynamoDB refuses that.";
    KEY_MUTABLE "W-KEY-MUTABLE" "A column that can change is part of the table's key: a change moves the item.";
    COLLATION "W-COLLATION" "MySQL compares this key without case or accents, DynamoDB by bytes.";
    NUMERIC_STRING_SORT "W-NUMERIC-STRING-SORT" "A number sorts as text: 10 before 9.";
    COMPOSITE_TEXT "W-COMPOSITE-TEXT" "Free text stands before the separator of a key, which it may not contain.";
    ORDER "W-ORDER" "MySQL and DynamoDB order this path differently, unless MySQL sorts by the encoded text.";
    MYSQL_INDEX "W-MYSQL-INDEX" "MySQL has no index that serves this path.";
    RESOLVE_SCAN "W-RESOLVE-SCAN" "A join that no table of DynamoDB serves.";
    STALE "W-STALE" "A value of another row, as it was when the record was written.";
    REFERENCE "W-REFERENCE" "A foreign key that is not enforced on DynamoDB.";
    COLUMN_UNMAPPED "W-COLUMN-UNMAPPED" "No attribute carries this column.";
    COLUMN_REQUIRED "W-COLUMN-REQUIRED" "No attribute carries this column, which has no default: nothing can be inserted.";
    IDENTITY_UNMAPPED "W-IDENTITY-UNMAPPED" "No attribute carries the primary key: the entity is read-only.";
    NO_PRIMARY_KEY "W-NO-PRIMARY-KEY" "The source table has no primary key: the entity is read-only.";
    SHARED_SOURCE "W-SHARED-SOURCE" "Two entities are rows of one table: both are read-only.";
    CHILD_ID "W-CHILD-ID" "The generated key of a child is not part of the array.";
    GENERATED "W-GENERATED" "A generated column is read-only.";
    TRIGGER "W-TRIGGER" "The source table has triggers, which DynamoDB has not.";
    PREFIX_KEY "W-PREFIX-KEY" "A unique key compares only the beginning of a column, and is not kept on DynamoDB.";
    EXPRESSION_DEFAULT "W-EXPRESSION-DEFAULT" "A default is an expression that dal does not compute.";
    DELETE "W-DELETE" "Deleting a record is not possible, or not exact, on DynamoDB: other rows refer to it.";
    CHECK "W-CHECK" "A CHECK constraint is not kept on DynamoDB.";
    KEY_SIZE "W-KEY-SIZE" "A key can become longer than DynamoDB's 2,048 bytes, or 1,024 of a sort key.";
    PATTERN_ENTITY "W-PATTERN-ENTITY" "An access pattern of `x-dal` does not say which entity of the contract it is about.";
    ORDER_PATH "W-ORDER-PATH" "`order` of `x-dal` names a path that no entity has.";
    SIDECAR "W-SIDECAR" "The sidecar names something that the contract does not have.";
    SAME_EXPRESSION "I-SAME-EXPRESSION" "Two attributes always have the same value.";
    GUARD "I-GUARD" "A unique key needs guard items on DynamoDB.";
}
