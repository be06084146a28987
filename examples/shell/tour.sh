# docs/tour.md: a Hub to play with, from a shell; run by ctest.
unset HF_ENDPOINT HF_TOKEN
mkfifo said
#[start
hfasync emulator --seed seed >said &
#]
hub=$!
read -r line <said
value() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/" <<<"$line"; }
ENDPOINT=$(value endpoint) TOKEN=$(value token)
#[use
export HF_ENDPOINT=$ENDPOINT HF_TOKEN=$TOKEN HF_HOME=$(mktemp -d)
hfasync whoami
hfasync download acme/tiny
#]
rm -r "$HF_HOME"
kill "$hub" && wait "$hub"
