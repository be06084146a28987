# docs/guides/download.md on the command line; run by ctest against an embedded Hub.
#[file
file=$(hfasync download acme/tiny config.json)
#]
[ "$(cat "$file")" = "$(cat "$HFASYNC_SEED/acme/tiny/config.json")" ]
#[snapshot
folder=$(hfasync download acme/tiny --include '*.json' --include '*.md')
hfasync download acme/tiny --local-dir tiny
HF_HUB_OFFLINE=1 hfasync download acme/tiny config.json
#]
[ -f "$folder/README.md" ] && [ -f tiny/config.json ]
