//! What the example programs share: `--help`, arguments, and failures in one line.

use std::error::Error;
use std::process::ExitCode;

/// What a program returns: its failure is printed.
pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Runs a program with as many arguments as its usage has: exit code 0, 1 for a failure, which is
/// printed with the advice that it has, and 2 for other arguments.
pub(crate) async fn main<const N: usize, F>(
    usage: &str,
    run: impl FnOnce([String; N]) -> F,
) -> ExitCode
where
    F: Future<Output = Result>,
{
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{usage}");
        return ExitCode::SUCCESS;
    }
    let Ok(arguments) = <[String; N]>::try_from(arguments) else {
        eprintln!("{usage}");
        return ExitCode::from(2);
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
