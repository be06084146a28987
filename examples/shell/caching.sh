# docs/caching.md: what the cache commands do; run by ctest.
commit=$(basename "$(hfasync download acme/tiny)")
#[scan
hfasync cache scan
hfasync cache scan -v --json
#]
#[delete
hfasync cache delete --repo acme/tiny --dry-run    # all of it; says what would go
hfasync cache delete --repo acme/tiny main --yes   # what a ref of this repo points to
hfasync cache delete --detached --yes              # what no ref points to
#]
folder=$(hfasync download acme/tiny)
#[delete_commit
hfasync cache delete ${commit:0:7} --yes           # a commit, or the first 7 digits or more of one
#]
[ ! -e "$folder" ]
hfasync download acme/tiny
#[verify
hfasync cache verify acme/tiny --delete-bad
#]
[ -e "$folder" ]
