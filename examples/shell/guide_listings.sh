# docs/guides/listings.md on the command line; run by ctest against an embedded Hub.
#[models
hfasync api list_models --args - <<<'{"args": {"author": "acme", "limit": 5}}'
#]
