#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <hfasync/hub.hpp>

#include "report.hpp"

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace bench_harness;

struct Arguments {
    std::vector<std::string> calls;
    CallArguments with;
    Plan plan;
    std::uint64_t warm_up = 0;
    hfasync::HubOptions hub;
    bool json = false;
};

/// A cache that goes away with the run.
class Scratch {
public:
    Scratch()
    {
        auto pattern = (fs::temp_directory_path() / "hfasync-bench-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), pattern);
        path_ = pattern;
    }
    ~Scratch()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

std::vector<Work> work_of(const Arguments& arguments, const hfasync::Hub& hub)
{
    std::vector<Work> work;
    for (const auto& name : arguments.calls) {
        const auto& found = find_call(name, arguments.with);
        work.push_back({std::string(found.name), std::string(found.unit),
                        [hub, make = found.make, with = arguments.with] { return make(hub, with); }});
    }
    return work;
}

/// Ctrl-C ends the run, and what was measured is still told.
Outcome run(asio::io_context& context, Runner& runner)
{
    asio::signal_set signals(context, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code failed, int) {
        if (!failed) runner.stop();
    });
    Outcome outcome;
    std::exception_ptr failure;
    asio::co_spawn(context, runner.run(), [&](std::exception_ptr broken, Outcome measured) {
        failure = broken;
        outcome = std::move(measured);
        signals.cancel();
    });
    context.restart();
    context.run();
    if (failure) std::rethrow_exception(failure);
    return outcome;
}

int bench(Arguments arguments)
{
    const Scratch scratch;
    arguments.hub.cache.hub_cache = scratch.path();
    asio::io_context context(1);
    const hfasync::Hub hub(context, arguments.hub);
    const auto work = work_of(arguments, hub);
    bool stopped = false;
    if (arguments.warm_up > 0) {
        auto first = arguments.plan;
        first.count = arguments.warm_up;
        first.time.reset();
        first.rate.reset();
        Runner runner(context.get_executor(), work, first);
        stopped = run(context, runner).stopped;
    }
    Runner runner(context.get_executor(), work, arguments.plan);
    if (stopped) return 130;
    const auto outcome = run(context, runner);
    const RunFacts facts{arguments.hub.endpoint, arguments.plan};
    if (arguments.json)
        fmt::print("{}\n", boost::json::serialize(json_report(outcome, facts)));
    else
        fmt::print("{}", text_report(outcome, facts));
    std::uint64_t succeeded = 0;
    for (const auto& one : outcome.calls)
        succeeded += one.latency.count();
    return outcome.stopped ? 130 : succeeded == 0 ? 1 : 0;
}

void list_calls()
{
    for (const auto& call : call_table())
        fmt::print("{:<18} {}{}\n", call.name, call.help,
                   call.needs_file   ? " (--repo, --file)"
                   : call.needs_repo ? " (--repo)"
                                     : "");
}

} // namespace

int main(int argc, char** argv)
{
    Arguments a;
    double seconds = 0, rate = 0;
    std::uint64_t count = 0;
    std::string endpoint, token;
    int retries = 0;
    bool list = false;
    CLI::App app{"hfasync-bench: drives calls of a Hub, many at once, and says how long they took"};
    app.add_option("call", a.calls, "Calls by name; several take turns");
    app.add_flag("--list", list, "Name the calls and end");
    app.add_option("--repo", a.with.repo_id, "Repo, as OWNER/NAME");
    app.add_option("--repo-type", a.with.repo_type, "model (default), dataset or space");
    app.add_option("--revision", a.with.revision, "Branch, tag or commit");
    app.add_option("--file", a.with.filename, "Path of a file in the repo");
    app.add_option("--limit", a.with.limit, "Most items of a list_ call")->capture_default_str();
    app.add_option("--concurrency,-n", a.plan.concurrency, "Calls at once")->capture_default_str();
    app.add_option("--seconds,-t", seconds, "How long calls begin; 10 when there is no --count")
        ->check(CLI::PositiveNumber);
    app.add_option("--count,-c", count, "Calls in all")->check(CLI::PositiveNumber);
    app.add_option("--rate,-r", rate, "Calls a second, begun at fixed times; default: as fast as it goes")
        ->check(CLI::PositiveNumber);
    app.add_option("--warm-up", a.warm_up, "Calls that go first and are not counted")->capture_default_str();
    app.add_option("--retries", retries, "How often the library may try again what failed")
        ->capture_default_str();
    app.add_option("--endpoint", endpoint, "The Hub (default: HF_ENDPOINT, else https://huggingface.co)");
    app.add_flag("--json", a.json, "Print JSON");
    CLI11_PARSE(app, argc, argv);
    try {
        if (list) {
            list_calls();
            return 0;
        }
        if (a.calls.empty()) throw hfasync::ValueError("Name a call, such as model_info; --list names all.");
        a.hub = hfasync::HubOptions::from_env();
        if (!endpoint.empty()) a.hub.endpoint = endpoint;
        a.hub.retry.max_retries = retries;
        a.hub.connections.per_origin = std::max(a.hub.connections.per_origin, a.plan.concurrency);
        a.hub.connections.idle_per_origin = a.hub.connections.per_origin;
        if (count > 0) a.plan.count = count;
        if (rate > 0) a.plan.rate = rate;
        if (seconds > 0 || count == 0)
            a.plan.time = std::chrono::duration_cast<std::chrono::nanoseconds>(
                std::chrono::duration<double>(seconds > 0 ? seconds : 10));
        return bench(std::move(a));
    } catch (const std::exception& error) {
        fmt::print(stderr, "hfasync-bench: {}\n", error.what());
        return 1;
    }
}
