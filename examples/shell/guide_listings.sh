# docs/guides/listings.md on the command line; run by ctest against an embedded Hub.
#[models
hfasync models list --author acme --limit 5
hfasync models list --search tiny --quiet          # ids, one a line
hfasync api list_datasets --search tiny --limit 5  # all fields, as JSON
#]
