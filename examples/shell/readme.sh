# README.md: the first commands; run by ctest.
mkdir folder
echo '{}' >folder/config.json
exec 3<&0 <<<"$HF_TOKEN" # what somebody types
#[commands
hfasync download acme/tiny                       # into the shared cache; prints the folder
hfasync upload acme/mine ./folder                # one commit
hfasync upload-large-folder acme/mine ./folder --repo-type model   # resumable, many commits
hfasync models list --search tiny --limit 5
hfasync auth login                               # the token files are Python's
hfasync api model_info acme/tiny                 # any method of HfApi; --help explains it
#]
exec <&3
[ "$(cat "$(hfasync download acme/mine config.json)")" = '{}' ]
