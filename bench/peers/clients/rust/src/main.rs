//! The hf-hub crate as a peer: `hf-hub-client file REPO NAME` or `hf-hub-client snapshot REPO`; prints the path.
use hf_hub::HFClient;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().collect();
    let (owner, name) = words[2].split_once('/').ok_or("REPO is OWNER/NAME")?;
    let repo = HFClient::new()?.model(owner, name);
    let path = match words[1].as_str() {
        "file" => repo.download_file().filename(words[3].as_str()).send().await?,
        "snapshot" => repo.snapshot_download().max_workers(8).send().await?,
        other => return Err(format!("no call {other}").into()),
    };
    println!("{}", path.display());
    Ok(())
}
