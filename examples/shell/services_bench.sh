# docs/services; run by ctest against an embedded Hub.
#[commands
hfasync-bench model_info --repo acme/tiny --concurrency 64 --count 2000
hfasync-bench list_repo_tree file_exists --repo acme/tiny --file config.json --rate 500 --seconds 0.5 --json
hfasync-bench --list
#]
