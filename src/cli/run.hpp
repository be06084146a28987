// Runs one call for a command: progress, Ctrl-C, and errors as one line.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <hfasync/hub.hpp>
#include <hfasync/progress.hpp>

namespace hfasync::cli {

/// Exit codes of the program.
enum class Exit : int {
    ok = 0,
    failed = 1,
    usage = 2,
    interrupted = 130, ///< as a shell reports SIGINT
};
constexpr int code(Exit exit)
{
    return static_cast<int>(exit);
}

/// Awaits `call`; SIGINT and SIGTERM cancel it and wait until it has let go of everything.
/// `tick` is called a few times a second meanwhile, on the Hub's thread: a display is kept true by it.
/// \returns false when it was interrupted \throws what the call throws
bool run_interruptible(Hub& hub, boost::asio::awaitable<void> call, std::function<void()> tick = {});

/// The same for a result; nullopt when it was interrupted.
template <class T>
std::optional<T> run_interruptible(Hub& hub, boost::asio::awaitable<T> call, std::function<void()> tick = {})
{
    std::optional<T> result;
    const auto store = [](boost::asio::awaitable<T> inner,
                          std::optional<T>* into) -> boost::asio::awaitable<void> {
        *into = co_await std::move(inner);
    };
    if (!run_interruptible(hub, store(std::move(call), &result), std::move(tick))) return std::nullopt;
    return result;
}

/// Calls `command` and turns what it throws into a line on standard error and an exit code.
int report_errors(const std::function<int()>& command);

/// `hfasync: stopped. <how to go on>`; returns the exit code.
int interrupted(const std::string& how_to_go_on);

} // namespace hfasync::cli
