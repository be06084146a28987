# docs/guides/upload.md and large-folders.md on the command line; run by ctest against an embedded Hub.
mkdir -p run checkpoints
echo '{"lr": 0.1}' >run/config.json
echo step >checkpoints/1.txt
#[upload
hfasync upload acme/from-shell run/config.json config.json
hfasync upload acme/from-shell ./run runs/7 --exclude '*.tmp' --commit-message 'Run 7'
#]
#[large
hfasync upload-large-folder acme/from-shell ./checkpoints --repo-type model
#]
[ "$(cat "$(hfasync download acme/from-shell runs/7/config.json)")" = '{"lr": 0.1}' ]
[ "$(cat "$(hfasync download acme/from-shell 1.txt)")" = step ]
