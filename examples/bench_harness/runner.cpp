#include "runner.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <hfasync/error.hpp>

namespace bench_harness {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

struct Ended {
    std::uint64_t gained = 0;
    std::string error; ///< empty on success
    bool cancelled = false;
};

std::string name_of(const hfasync::Error& error)
{
    const auto status = error.context().status;
    return std::string(error.detail_name()) + (status == 0 ? "" : " " + std::to_string(status));
}

asio::awaitable<Ended> outcome_of(const Call& call)
{
    Ended ended;
    try {
        ended.gained = co_await call();
    } catch (const hfasync::Error& error) {
        ended.cancelled = error.code() == hfasync::errc::cancelled;
        ended.error = name_of(error);
    } catch (const boost::system::system_error& error) {
        ended.cancelled = error.code() == asio::error::operation_aborted;
        ended.error = error.code().message();
    } catch (const std::exception& error) {
        ended.error = error.what();
    }
    co_return ended;
}

} // namespace

std::uint64_t Measured::failures() const noexcept
{
    std::uint64_t total = 0;
    for (const auto& [type, count] : errors)
        total += count;
    return total;
}

Runner::Runner(const asio::any_io_executor& executor, std::vector<Work> work, Plan plan)
    : executor_(executor), work_(std::move(work)), plan_(plan),
      ended_(executor, asio::steady_timer::time_point::max())
{
    if (work_.empty()) throw hfasync::ValueError("There is nothing to call.");
    if (plan_.concurrency == 0) throw hfasync::ValueError("With no call at once nothing happens.");
    if (!plan_.count && !plan_.time) throw hfasync::ValueError("The run has no end: give a count or a time.");
    if (plan_.rate && !(*plan_.rate > 0 && *plan_.rate <= 1e9))
        throw hfasync::ValueError("The rate must be above 0 calls a second.");
    for (const auto& one : work_) {
        outcome_.calls.emplace_back();
        outcome_.calls.back().name = one.name;
        outcome_.calls.back().unit = one.unit;
    }
}

/// How many calls were to begin until then.
std::uint64_t Runner::due_by(Steady::time_point time) const
{
    const std::chrono::duration<double> since = time - begun_;
    const auto due =
        since.count() < 0 ? 0 : static_cast<std::uint64_t>(std::floor(since.count() * *plan_.rate)) + 1;
    return plan_.count ? std::min(*plan_.count, due) : due;
}

std::optional<Runner::Turn> Runner::next_turn()
{
    const auto now = Steady::now();
    if (outcome_.stopped || (plan_.count && turns_ >= *plan_.count)) return std::nullopt;
    if (plan_.time && now >= begun_ + *plan_.time) return std::nullopt;
    Turn turn{static_cast<std::size_t>(turns_ % work_.size()), now};
    if (plan_.rate) {
        turn.due =
            begun_ + std::chrono::nanoseconds(std::llround(static_cast<double>(turns_) / *plan_.rate * 1e9));
        if (plan_.time && turn.due >= begun_ + *plan_.time) return std::nullopt;
    }
    ++turns_;
    return turn;
}

asio::awaitable<void> Runner::measure(Turn turn)
{
    const auto ended = co_await outcome_of(work_[turn.work].call);
    auto& measured = outcome_.calls[turn.work];
    if (ended.cancelled && outcome_.stopped) {
        ++outcome_.cancelled;
    } else if (!ended.error.empty()) {
        ++measured.errors[ended.error];
    } else {
        measured.gained += ended.gained;
        measured.latency.add(
            static_cast<std::uint64_t>(std::max<Steady::rep>(0, (Steady::now() - turn.due).count())));
    }
}

asio::awaitable<void> Runner::work_on()
{
    asio::steady_timer timer(executor_);
    while (auto turn = next_turn()) {
        if (turn->due > Steady::now()) {
            timer.expires_at(turn->due);
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
            if (outcome_.stopped) co_return; // not due yet: nothing was missed
        }
        co_await measure(*turn);
    }
}

asio::awaitable<Outcome> Runner::run()
{
    begun_ = Steady::now();
    workers_ = plan_.concurrency;
    for (std::size_t i = 0; i < plan_.concurrency; ++i) {
        auto& cancel = cancels_.emplace_back();
        asio::co_spawn(executor_, work_on(),
                       asio::bind_cancellation_slot(cancel.slot(), [this](const std::exception_ptr&) {
                           if (--workers_ == 0) ended_.cancel();
                       }));
    }
    while (workers_ > 0)
        co_await ended_.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto now = Steady::now();
    outcome_.elapsed = now - begun_;
    if (plan_.rate) {
        const auto end = plan_.time ? std::min(now, begun_ + *plan_.time - 1ns) : now;
        const auto due = due_by(end);
        outcome_.not_begun = due > turns_ ? due - turns_ : 0;
    }
    co_return std::move(outcome_);
}

void Runner::stop()
{
    if (std::exchange(outcome_.stopped, true)) return;
    for (auto& cancel : cancels_)
        cancel.emit(asio::cancellation_type::terminal);
}

} // namespace bench_harness
