# docs/program.md: the commands that it shows; run by ctest.
export MY_TOKEN=$HF_TOKEN
echo hello >notes.txt
exec 3<&0 <<<"$MY_TOKEN" # what somebody types
#[login
hfasync auth login                       # asks, and shows nothing of what is typed
#]
exec <&3
#[login_elsewhere
echo "$MY_TOKEN" | hfasync auth login
hfasync auth login --env MY_TOKEN --name work
hfasync auth list
hfasync auth switch work
hfasync auth logout work                 # without a name: all of them
#]
#[repos
hfasync repo create acme/new --repo-type dataset --private
hfasync repo settings acme/new --repo-type dataset --no-private --gated manual
hfasync repo tag create acme/tiny v1 --tag-message "first of its kind"
hfasync repo tree acme/tiny --recursive
hfasync repo list acme
hfasync repo delete acme/new --repo-type dataset --yes
hfasync models list --search tiny --sort downloads --limit 5
hfasync models info acme/tiny
#]
#[discussions
n=$(hfasync discussions create acme/tiny "Notes" --pull-request --quiet)
hfasync upload acme/tiny notes.txt --revision "refs/pr/$n"
hfasync discussions reopen acme/tiny "$n"          # a draft becomes open
hfasync discussions merge acme/tiny "$n"
hfasync discussions list acme/tiny --columns num,status,title
#]
#[output
hfasync models list --columns id,likes,sha
hfasync models list | cut -f1,3
hfasync models list --quiet
hfasync repo tree acme/tiny --json
#]
#[api_flags
hfasync api model_info acme/tiny --files-metadata
hfasync api list_models --search tiny --limit 5
hfasync api model_info --help
#]
#[api_json
echo '{"args": {"repo_id": "acme/tiny", "revision": "main"}}' | hfasync api model_info --args -
#]
#[api_future
hfasync api run_as_future --args '{"method": "repo_exists", "args": {"repo_id": "acme/tiny"}}'
#]
