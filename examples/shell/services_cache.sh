# docs/services; run by ctest against an embedded Hub.
mkfifo said
#[serve
hfasync-cache --folder ./cache --max-size 500GB --port ${PORT:-0} >said &
#]
server=$!
read -r line <said
export MIRROR=$(sed 's/.*"endpoint": *"\([^"]*\)".*/\1/' <<<"$line")
#[use
HF_ENDPOINT=$MIRROR hfasync download acme/tiny     # or hf, Python, JavaScript, curl
curl --fail --silent --location "$MIRROR/acme/tiny/resolve/main/config.json"
curl --fail --silent "$MIRROR/metrics"
#]
kill "$server" && wait "$server"
