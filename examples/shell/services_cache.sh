# docs/services; run by ctest against an embedded Hub.
# The pages name the default port; here it is any free one.
mkfifo said
hfasync-cache() { exec hfasync-cache "$@" --port 0 >said; } # in the background
here() { printf '%s\n' "${1/http:\/\/127.0.0.1:8090/$MIRROR}"; }
hfasync() { HF_ENDPOINT=$(here "$HF_ENDPOINT") command hfasync "$@"; }
curl() {
    local word words=()
    for word; do words+=("$(here "$word")"); done
    command curl --fail --silent "${words[@]}"
}
#[serve
hfasync-cache --folder ./cache --max-size 500GB &
#]
server=$!
read -r line <said
MIRROR=$(sed 's/.*"endpoint": *"\([^"]*\)".*/\1/' <<<"$line")
#[use
HF_ENDPOINT=http://127.0.0.1:8090 hfasync download acme/tiny     # or hf, Python, JavaScript, curl
curl --location http://127.0.0.1:8090/acme/tiny/resolve/main/config.json
curl http://127.0.0.1:8090/metrics
#]
kill "$server" && wait "$server"
