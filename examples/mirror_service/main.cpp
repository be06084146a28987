// hfasync-mirror run --config FILE [--once]
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "service.hpp"

namespace {

namespace asio = boost::asio;

constexpr int exit_ok = 0, exit_failed = 1, exit_usage = 2;

constexpr const char* usage = R"(usage: hfasync-mirror run --config FILE [--once]
       hfasync-mirror check --config FILE

run     mirrors until SIGTERM or SIGINT; with --once: one round over all repos, then until nothing is left to do.
check   reads the configuration and says what is wrong with it.
Exit status: 0 done, or ended by a signal; 1 with --once: something could not be mirrored; else a failure to go on;
2 the command line or the configuration cannot be used.
)";

struct Arguments {
    std::string command, config;
    bool once = false;
};

std::optional<Arguments> read_arguments(int count, char** words)
{
    Arguments out;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--once")
            out.once = true;
        else if (word == "--config" && i + 1 < count)
            out.config = words[++i];
        else if ((word == "run" || word == "check") && out.command.empty())
            out.command = word;
        else
            return std::nullopt;
    }
    if (out.command.empty() || out.config.empty()) return std::nullopt;
    return out;
}

std::string one_line(std::string_view text)
{
    std::string out;
    for (const char c : text)
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    return out;
}

void say(const std::string& text)
{
    fmt::print("{}\n", one_line(text));
    std::fflush(stdout);
}

/// The service until it ends, or a signal ends it; a second signal does not wait.
asio::awaitable<void> until_signal(mirror::Service& service)
{
    using namespace asio::experimental::awaitable_operators;
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
    const auto outcome = [](asio::awaitable<void> inner) -> asio::awaitable<std::exception_ptr> {
        try {
            co_await std::move(inner);
        } catch (...) {
            co_return std::current_exception();
        }
        co_return nullptr;
    };
    const auto wait = [&]() -> asio::awaitable<void> {
        co_await signals.async_wait(asio::use_awaitable);
        say("stopping; what is under way will be gone on with");
        std::signal(SIGINT, SIG_DFL);
        std::signal(SIGTERM, SIG_DFL);
    };
    auto first = co_await (outcome(service.run()) || wait());
    if (first.index() == 0 && std::get<0>(first)) std::rethrow_exception(std::get<0>(first));
}

/// One JSON line at the end: what scripts/measure-mirror reads.
void say_totals(mirror::Status& status)
{
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto& counts = status.counts();
    say(fmt::format(
        R"({{"mirrored":{},"unchanged":{},"files":{},"bytes":{},"peak_in_flight":{},"done":{},"waiting":{},)"
        R"("failed":{},"problems":{},"peak_rss_kib":{}}})",
        status.mirrored(), status.unchanged(), status.files(), status.bytes(), status.peak_in_flight(),
        counts.done, counts.waiting + counts.active, counts.failed, status.problems(), used.ru_maxrss));
}

/// As many descriptors as this process may have: a transfer takes a connection and about three files.
void raise_descriptor_limit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

int run(mirror::Config config, const Arguments& arguments)
{
    asio::io_context context(1);
    const auto http = config.http.value_or(mirror::HttpConfig{});
    mirror::Service service(context, std::move(config),
                            {.once = arguments.once, .log = say, .on_listen = [&](std::uint16_t port) {
                                 say(fmt::format("status page at http://{}/", http.host_and_port(port)));
                             }});
    std::exception_ptr failure;
    asio::co_spawn(context, until_signal(service),
                   [&](const std::exception_ptr& failed) { failure = failed; });
    context.run();
    if (failure) std::rethrow_exception(failure);
    say_totals(service.status());
    const bool is_whole = service.status().counts().failed == 0 && service.status().problems() == 0;
    return arguments.once && !is_whole ? exit_failed : exit_ok;
}

std::optional<std::string> environment(const std::string& name)
{
    const char* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

int report(int status, const char* why)
{
    fmt::print(stderr, "hfasync-mirror: {}\n", one_line(why));
    return status;
}

} // namespace

int main(int count, char** words)
{
#if !__has_feature(address_sanitizer) // its search for leaks is a debugger
    // Tokens are in memory: no core dumps, unless somebody wants them.
    if (std::getenv("HFASYNC_CORE_DUMPS") == nullptr) ::prctl(PR_SET_DUMPABLE, 0);
#endif
    const auto arguments = read_arguments(count, words);
    if (!arguments) {
        std::fputs(usage, stderr);
        return exit_usage;
    }
    mirror::Config config;
    try {
        config = mirror::load_config(arguments->config, environment);
    } catch (const hfasync::Error& error) {
        return report(exit_usage, error.message());
    }
    if (arguments->command == "check") {
        say("the configuration can be used");
        return exit_ok;
    }
    raise_descriptor_limit();
    try {
        return run(std::move(config), *arguments);
    } catch (const hfasync::Error& error) {
        return report(exit_failed, error.message());
    } catch (const std::exception& error) {
        return report(exit_failed, error.what());
    }
}
