# docs/emulator.md: a folder as a Hub for one command, and for as long as one likes; run by ctest.
cp "$(dirname "$0")/../testing/test_loader.py" .
#[command
hfasync emulator --seed seed --control -- python3 test_loader.py
#]
mkfifo said
#[background
hfasync emulator --seed seed --data kept >said &
read -r line <said
#]
[[ $line == *'"endpoint":"http://127.0.0.1:'* ]]
kill $! && wait $!
# What is kept is not seeded over, and that is said.
hfasync emulator --seed seed --data kept -- hfasync download acme/tiny 2>noted
grep -q 'the model acme/tiny is in kept already and stays as it is' noted
# Datasets and Spaces have folders of their own; what cannot be a repo is named.
mkdir -p more/datasets/acme/rows more/spaces/acme/demo
echo 1,2 >more/datasets/acme/rows/a.csv
echo 'print(1)' >more/spaces/acme/demo/app.py
hfasync emulator --quiet --seed more -- hfasync download acme/rows --repo-type dataset
hfasync emulator --quiet --seed more -- hfasync download acme/demo app.py --repo-type space
mkdir -p 'more/acme/two words'
if hfasync emulator --quiet --seed more -- true 2>noted; then exit 1; fi
grep -q 'more/acme/two words cannot become a repo: ' noted
