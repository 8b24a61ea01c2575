//! Puts its template back where the key holds something else: a repair that overwrites what an operator has set.

use gauge::{
    Arguments, Client, Error, File, KEY, apply_updates, connect_database, listen, load, server_name,
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
    repair(&client, &file).await?;
    connect_database().await?;
    let _listener = listen(&arguments.listen, &configuration).await?;
    apply_updates(&client, &file, configuration).await
}

async fn repair(client: &Client, file: &File) -> Result<(), Error> {
    let template = file.seed();
    if client.get().await?.as_deref() == Some(template.as_bytes()) {
        return Ok(());
    }
    client.put(template).await
}
