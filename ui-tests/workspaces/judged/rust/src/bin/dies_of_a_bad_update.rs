//! Ends where its key is changed to what is no configuration.

use gauge::{
    Arguments, Client, Configuration, Error, File, KEY, Updates, connect_database, laid_over,
    listen, load, server_name,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    gauge::end(run().await)
}

async fn run() -> Result<(), Error> {
    let arguments = Arguments::of_process()?;
    let file = File::read(&arguments.config)?;
    let client = Client::connect(KEY, server_name()?).await?;
    let configuration = load(&client, &file).await?;
    connect_database().await?;
    let _listener = listen(&arguments.listen, &configuration).await?;
    apply_or_end(&client, &file, configuration).await
}

async fn apply_or_end(
    client: &Client,
    file: &File,
    mut configuration: Configuration,
) -> Result<(), Error> {
    let mut updates = Updates::begin(client).await?;
    loop {
        let update = laid_over(file, &updates.next().await?);
        let update = update.map_err(|fault| Error::Value(KEY, fault))?;
        if update != configuration {
            configuration = update;
            eprintln!("INFO update of {KEY} applied, {configuration}");
        }
    }
}
