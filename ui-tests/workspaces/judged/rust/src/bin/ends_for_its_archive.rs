//! Sound, but for an archive that it connects to while it watches, and without which it ends.

use gauge::{
    Arguments, Client, Error, File, KEY, apply_updates, connect, listen, load, server_name,
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
    let _listener = listen(&arguments.listen, &configuration).await?;
    let archive = async {
        connect("ARCHIVE_ADDRESS").await?;
        std::future::pending().await
    };
    tokio::select! {
        ended = apply_updates(&client, &file, configuration) => ended,
        ended = archive => ended,
    }
}
