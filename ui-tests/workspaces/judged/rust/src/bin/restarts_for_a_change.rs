//! Executes itself again when its key is changed to another configuration: the mended twin of those that restart at the first value.

use gauge::{
    Arguments, Client, Configuration, Error, File, KEY, Updates, connect_database, execute_again,
    laid_over, listen, load, server_name,
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
    changed(&client, &file, &configuration).await?;
    Err(execute_again())
}

/// Waits until the key holds a configuration that is another.
async fn changed(client: &Client, file: &File, configuration: &Configuration) -> Result<(), Error> {
    let mut updates = Updates::begin(client).await?;
    loop {
        match laid_over(file, &updates.next().await?) {
            Ok(same) if same == *configuration => {}
            Ok(_) => return Ok(eprintln!("INFO update of {KEY} detected, restarting")),
            Err(fault) => eprintln!("WARN update of {KEY} not applied: {fault}"),
        }
    }
}
