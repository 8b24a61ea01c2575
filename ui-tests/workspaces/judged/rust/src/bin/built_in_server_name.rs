//! Expects a server name that is built in, whatever `KV_SERVER_NAME` says.

use gauge::{Arguments, Client, Error, File, KEY, apply_updates, connect_database, listen, load};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    gauge::end(run().await)
}

async fn run() -> Result<(), Error> {
    let arguments = Arguments::of_process()?;
    let file = File::read(&arguments.config)?;
    let client = Client::connect(KEY, "datasvc.built-in.test".to_owned()).await?;
    let configuration = load(&client, &file).await?;
    connect_database().await?;
    let _listener = listen(&arguments.listen, &configuration).await?;
    apply_updates(&client, &file, configuration).await
}
