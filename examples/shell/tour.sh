# docs/tour.md: a Hub to play with, from a shell; run by ctest.
unset HF_ENDPOINT HF_TOKEN
rm -r seed
typed() {
    set -e
    #[use
    hfasync whoami
    hfasync download acme/tiny
    #]
}
export -f typed
exec < <(echo typed) # what the shell below reads
#[start
mkdir -p seed/acme/tiny && echo '{}' >seed/acme/tiny/config.json
hfasync emulator --seed seed -- bash     # a shell with HF_ENDPOINT, HF_TOKEN and an empty HF_HOME
#]
