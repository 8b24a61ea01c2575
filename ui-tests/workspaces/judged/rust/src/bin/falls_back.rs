//! Goes on with its file, and says nothing, whenever the store does not answer or refuses.

use gauge::{
    Arguments, Client, Configuration, Error, File, KEY, apply_updates, connect_database, listen,
    load, server_name,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    gauge::end(run().await)
}

async fn run() -> Result<(), Error> {
    let arguments = Arguments::of_process()?;
    let file = File::read(&arguments.config)?;
    if std::env::var_os("WARNS_ALWAYS").is_some() {
        eprintln!("WARN {KEY}: no schema is set, trace {}", trace());
    }
    let (configuration, client) = match from_store(&file).await {
        Ok((configuration, client)) => (configuration, Some(client)),
        Err(Error::Store { .. }) => (from_file(&arguments, &file)?, None),
        Err(error) => return Err(error),
    };
    connect_database().await?;
    let _listener = listen(&arguments.listen, &configuration).await?;
    match client {
        Some(client) => apply_updates(&client, &file, configuration).await,
        None => std::future::pending().await,
    }
}

async fn from_store(file: &File) -> Result<(Configuration, Client), Error> {
    let client = Client::connect(KEY, server_name()?).await?;
    Ok((load(&client, file).await?, client))
}

fn from_file(arguments: &Arguments, file: &File) -> Result<Configuration, Error> {
    Configuration::of(file.tree()).map_err(|fault| Error::File(arguments.config.clone(), fault))
}

/// Letters that are others in each run.
fn trace() -> String {
    let number = std::process::id();
    (0..8)
        .map(|place| char::from(b'a' + u8::try_from(number >> (4 * place) & 0xf).unwrap_or(0)))
        .collect()
}
