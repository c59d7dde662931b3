//! Nothing: the tests of this package are compiled by `trybuild`.
