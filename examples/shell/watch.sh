# docs/commit-scheduler.md: a folder that is pushed; run by ctest.
mkdir logs
echo line >logs/app.log
#[watch
hfasync watch logs acme/logs --repo-type dataset --every 10 --include '*.log' --once
#]
[ "$(cat "$(hfasync download acme/logs app.log --repo-type dataset)")" = line ]
