// `hfasync watch`
#include <CLI/CLI.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/hfasync.hpp>
#include <hfasync/transfer/commit_scheduler.hpp>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress_display.hpp"
#include "cli/run.hpp"

namespace hfasync::cli {

/// What --json prints, a line a push.
struct Push {
    CommitInfo commit;
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
};
HFASYNC_DESCRIBE(Push, commit, files, bytes)

namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds last_push_limit{10};

struct Arguments {
    std::string folder;
    std::string repo_id;
    double every = 5;
    std::optional<std::string> path_in_repo;
    std::optional<std::string> repo_type;
    std::optional<std::string> revision;
    std::vector<std::string> include;
    std::vector<std::string> exclude;
    bool is_private = false;
    bool squash_history = false;
    bool once = false;
    bool quiet = false;
    bool json = false;
};

void print_push(const PushReport& report, const Arguments& a)
{
    if (!report.commit) return;
    if (a.json) {
        print_described(Push{.commit = *report.commit, .files = report.files, .bytes = report.bytes}, {},
                        {.json = true});
        return;
    }
    if (a.quiet)
        fmt::print("{}\n", report.commit->commit_url);
    else
        fmt::print("{}: {} {}, {}\n", report.commit->commit_url, report.files,
                   report.files == 1 ? "file" : "files", format_bytes(static_cast<double>(report.bytes)));
    std::fflush(stdout);
}

CommitScheduler make_scheduler(const Hub& hub, const Arguments& a)
{
    const auto patterns = [](const std::vector<std::string>& texts) {
        return texts.empty() ? std::nullopt : std::optional<Strings>(texts);
    };
    return CommitScheduler(hub, a.repo_id, a.folder,
                           {.every = a.every,
                            .path_in_repo = a.path_in_repo,
                            .repo_type = a.repo_type,
                            .revision = a.revision,
                            .private_ = a.is_private ? std::optional(true) : std::nullopt,
                            .allow_patterns = patterns(a.include),
                            .ignore_patterns = patterns(a.exclude),
                            .squash_history = a.squash_history},
                           {.on_push = [a](const PushReport& report) { print_push(report, a); }});
}

/// Until the first SIGINT or SIGTERM; SIGUSR1 pushes.
asio::awaitable<void> until_stopped(CommitScheduler scheduler, asio::signal_set* signals)
{
    while (co_await signals->async_wait(asio::use_awaitable) == SIGUSR1)
        scheduler.push_soon();
}

/// The last push; a second signal gives it up. \returns the exit code
asio::awaitable<Exit> last_push(CommitScheduler scheduler, asio::signal_set* signals)
{
    using namespace asio::experimental::awaitable_operators;
    const auto stop = [](CommitScheduler of, std::exception_ptr* failure) -> asio::awaitable<void> {
        try {
            co_await of.stop(last_push_limit);
        } catch (...) {
            *failure = std::current_exception();
        }
    };
    fmt::print(stderr, "hfasync: one last push; interrupt again to leave without it\n");
    std::exception_ptr failure;
    const auto first = co_await (stop(scheduler, &failure) || until_stopped(scheduler, signals));
    if (first.index() == 1) co_return Exit::interrupted;
    if (failure) std::rethrow_exception(failure);
    co_return Exit::ok;
}

// The two parts of a watch. Neither throws: a failure of one must not turn into "several exceptions".
struct Outcome {
    Exit exit = Exit::ok;
    std::exception_ptr of_run;
    std::exception_ptr of_stop;
};

/// Ends by itself after the last push, and fails only when there is nothing to watch or to push to.
asio::awaitable<void> run_part(CommitScheduler scheduler, asio::signal_set* signals, Outcome* outcome)
{
    try {
        co_await scheduler.run();
    } catch (...) {
        outcome->of_run = std::current_exception();
    }
    if (outcome->of_run) signals->cancel(); // no signal is needed to end
}

asio::awaitable<void> stop_part(CommitScheduler scheduler, asio::signal_set* signals, Outcome* outcome)
{
    try {
        co_await until_stopped(scheduler, signals);
        outcome->exit = co_await last_push(scheduler, signals);
    } catch (...) {
        outcome->of_stop = std::current_exception();
    }
}

asio::awaitable<Exit> watch_until_signal(CommitScheduler scheduler, bool is_quiet)
{
    using namespace asio::experimental::awaitable_operators;
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM, SIGUSR1);
    if (!is_quiet)
        fmt::print(stderr, "hfasync: pushing {} to {} every {} min; SIGUSR1 pushes at once\n",
                   scheduler.folder_path().string(), scheduler.repo_id(), scheduler.options().every);
    Outcome outcome;
    co_await (run_part(scheduler, &signals, &outcome) && stop_part(scheduler, &signals, &outcome));
    if (outcome.of_run) std::rethrow_exception(outcome.of_run);
    if (outcome.of_stop) std::rethrow_exception(outcome.of_stop);
    co_return outcome.exit;
}

int watch(const Arguments& a)
{
    auto options = HubOptions::from_env();
    options.on_warning = [](const std::string& text) { fmt::print(stderr, "hfasync: {}\n", text); };
    Hub hub(std::move(options));
    const auto scheduler = make_scheduler(hub, a);
    if (a.once) {
        const auto pushed = run_interruptible(hub, scheduler.trigger());
        if (!pushed) return interrupted("Run the same command again (what the Hub has is not sent again).");
        return code(Exit::ok);
    }
    const auto exit = hub.block_on(watch_until_signal(scheduler, a.quiet));
    if (exit == Exit::interrupted)
        return interrupted("The last push was abandoned; the next `hfasync watch` pushes what is left.");
    return code(exit);
}

} // namespace

void add_watch(CLI::App& app, Command& chosen)
{
    auto* command = app.add_subcommand(
        "watch",
        "Push what is new in a folder every few minutes, until interrupted; prints one line per push");
    const auto a = std::make_shared<Arguments>();
    command->add_option("folder", a->folder, "Folder to push; created if it is missing")->required();
    command->add_option("repo_id", a->repo_id, "Repo, such as acme/logs; created if it is missing")
        ->required();
    command->add_option("--every", a->every, "Minutes between two pushes (default: 5)");
    command->add_option("--path-in-repo", a->path_in_repo, "Where in the repo (default: its root)");
    command->add_option("--repo-type", a->repo_type, "Default: model")->type_name("{model,dataset,space}");
    command->add_option("--revision", a->revision, "Branch, or refs/pr/N");
    command->add_option("--include", a->include, "Only files that match (glob; may be repeated)");
    command->add_option("--exclude", a->exclude, "Skip files that match (glob; may be repeated)");
    command->add_flag("--private", a->is_private, "Make the repo private if it is created");
    command->add_flag("--squash-history", a->squash_history, "One commit instead of many, after each push");
    command->add_flag("--once", a->once, "Push once and end");
    command->add_flag("--quiet", a->quiet, "Only the URL of each commit");
    command->add_flag("--json", a->json, "Each push as a line of JSON");
    command->callback([&chosen, a] { chosen = [a] { return watch(*a); }; });
}

} // namespace hfasync::cli
