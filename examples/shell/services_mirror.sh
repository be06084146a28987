# docs/services; run by ctest against an embedded Hub.
export WEBHOOK_SECRET=secret HUB_TOKEN=none PASSWORD=none
sed "s#https://huggingface.co#$HF_ENDPOINT#; s#/srv/mirror#$PWD/mirrored#; s#127.0.0.1:8091#127.0.0.1:0#; /revision: v1.0/d; /acme.data/d" \
    "$HFASYNC_EXAMPLES/mirror_service/mirror.yaml" >mirror.yaml
#[run
hfasync mirror check --config mirror.yaml
hfasync mirror run --config mirror.yaml --once     # without --once: until SIGTERM
#]
[ "$(cat mirrored/models/acme/tiny/main/config.json)" = "$(cat "$HFASYNC_SEED/acme/tiny/config.json")" ]
