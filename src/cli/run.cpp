#include "cli/run.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>

#include <hfasync/error.hpp>

namespace hfasync::cli {
namespace {

namespace asio = boost::asio;

std::string one_line(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '\n')
            out += "; ";
        else
            out += (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) ? '?' : c;
    }
    return out;
}

asio::awaitable<void> tick_for_ever(std::function<void()> tick)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        timer.expires_after(tick ? std::chrono::milliseconds(200) : std::chrono::hours(24));
        co_await timer.async_wait(asio::use_awaitable);
        if (tick) tick();
    }
}

asio::awaitable<bool> until_signal(asio::awaitable<void> call, std::function<void()> tick)
{
    using namespace asio::experimental::awaitable_operators;
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
    // Not (call || signal): when a signal comes, the call ends with CancelledError, which is no failure here.
    const auto outcome = [](asio::awaitable<void> inner) -> asio::awaitable<std::exception_ptr> {
        try {
            co_await std::move(inner);
        } catch (...) {
            co_return std::current_exception();
        }
        co_return nullptr;
    };
    auto first =
        co_await (outcome(std::move(call)) || signals.async_wait(asio::as_tuple(asio::use_awaitable)) ||
                  tick_for_ever(std::move(tick)));
    if (first.index() == 1) co_return false;
    if (std::get<0>(first)) std::rethrow_exception(std::get<0>(first));
    co_return true;
}

} // namespace

bool run_interruptible(Hub& hub, asio::awaitable<void> call, std::function<void()> tick)
{
    return hub.block_on(until_signal(std::move(call), std::move(tick)));
}

int report_errors(const std::function<int()>& command)
{
    try {
        return command();
    } catch (const Error& e) {
        fmt::print(stderr, "hfasync: {}: {}{}\n", e.detail_name(), one_line(e.message()),
                   e.code() == errc::local_token_not_found ? ". Run `hfasync auth login`" : "");
    } catch (const std::exception& e) {
        fmt::print(stderr, "hfasync: {}\n", one_line(e.what()));
    }
    return code(Exit::failed);
}

int interrupted(const std::string& how_to_go_on)
{
    fmt::print(stderr, "hfasync: stopped. {}\n", how_to_go_on);
    return code(Exit::interrupted);
}

} // namespace hfasync::cli
