//! Runs the checks one after another, each under a prefix of its own.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use kvguard_runtime::testing::conformance::{CASES, Capabilities, Case, Subject};

use crate::arguments::{Arguments, Stores};
use crate::outcome::{Outcome, Summary};
use crate::scope::Scope;
use crate::scoped::Scoped;

/// Runs all checks, and prints what becomes of each.
pub async fn run(arguments: &Arguments) -> Result<Summary, String> {
    let prefix = format!("{}/{}", arguments.prefix, this_run());
    let prefix_of = |number: usize| format!("{prefix}/{number}");
    Scope::new(prefix_of(CASES.len())).map_err(|error| {
        format!(
            "`--prefix {}` does not begin a key: {error}",
            arguments.prefix
        )
    })?;
    let stores = arguments.connect().await?;
    let mut capabilities = Capabilities::new();
    if let Some(bytes) = arguments.value_limit {
        capabilities = capabilities.value_limit(bytes);
    }
    println!("keys: {prefix}/…\n");
    let mut summary = Summary::default();
    let mut interruption = std::pin::pin!(tokio::signal::ctrl_c());
    for (number, case) in CASES.iter().enumerate() {
        let scope = Scope::new(prefix_of(number)).map_err(|error| error.to_string())?;
        let scope = Arc::new(scope);
        let outcome = tokio::select! {
            outcome = outcome(case, &stores, &scope, &capabilities) => Some(outcome),
            _ = &mut interruption => None,
        };
        // Also after an interruption, and after a failure.
        summary.add_left(scope.clean(&stores.writer).await);
        let Some(outcome) = outcome else {
            summary.interrupted(CASES.len() - number);
            break;
        };
        println!("{}: {outcome}", case.name);
        summary.add(case.name, &outcome);
    }
    Ok(summary)
}

/// What tells the keys of this run from those of another one at the same time.
fn this_run() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanoseconds = now.unwrap_or_default().as_nanos();
    format!("{nanoseconds:x}-{:x}", std::process::id())
}

async fn outcome(
    case: &Case,
    stores: &Stores,
    scope: &Arc<Scope>,
    capabilities: &Capabilities,
) -> Outcome {
    if let Some(outcome) = Outcome::of_others(case.needs) {
        return outcome;
    }
    let mut subject = Subject::new(Scoped::new(stores.writer.clone(), scope));
    if let Some(reader) = &stores.reader {
        subject = subject.with_reader(Scoped::new(reader.clone(), scope));
    }
    if let Some(nobody) = &stores.nobody {
        subject = subject.with_nobody(Scoped::new(nobody.clone(), scope));
    }
    match case.run(&subject, capabilities).await {
        Ok(true) => Outcome::Holds,
        Ok(false) => Outcome::without(case.needs),
        Err(why) => Outcome::Fails(why),
    }
}
