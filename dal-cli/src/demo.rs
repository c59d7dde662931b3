//! `dal demo`: the online shop of `examples/shop` on both stores.

use std::process::ExitCode;

use dal_testkit::servers;
use shop::demo::{Options, Verdict};

use crate::exit;

/// Exit 0 when all answers were equal, 1 when some differed, 2 when it could not run or compared too
/// little.
pub fn run(options: &Options) -> ExitCode {
    match servers::runtime().block_on(shop::demo::run(options)) {
        Ok(Verdict::Equal) => ExitCode::SUCCESS,
        Ok(Verdict::Different) => exit::different(),
        Ok(Verdict::Inconclusive(why)) | Err(why) => exit::could_not(&why),
    }
}
