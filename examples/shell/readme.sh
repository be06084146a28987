# README.md: the first commands; run by ctest.
mkdir folder
echo '{}' >folder/config.json
#[commands
hfasync download acme/tiny                       # into the shared cache; prints the folder
hfasync upload acme/mine ./folder                # one commit
hfasync upload-large-folder acme/mine ./folder --repo-type model   # resumable, many commits
hfasync whoami
hfasync api model_info --args - <<<'{"args": {"repo_id": "acme/tiny"}}'
#]
[ "$(cat "$(hfasync download acme/mine config.json)")" = '{}' ]
