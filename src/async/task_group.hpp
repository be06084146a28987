// Structured children: a group is joined before its parent returns.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace hfasync::detail {

/// Child coroutines of one parent. Each child runs on a strand of its own, so that a cancel from another
/// thread reaches it safely. The first failure cancels the rest (unless `keep_going`). The parent must
/// co_await join() on every path; use run_group() which does.
class TaskGroup {
public:
    TaskGroup(boost::asio::any_io_executor executor, bool keep_going = false);
    ~TaskGroup(); ///< asserts that it was joined
    TaskGroup(const TaskGroup&) = delete;

    void spawn(boost::asio::awaitable<void> child);
    /// Waits until fewer than `most` children run; for bounded fan-out.
    boost::asio::awaitable<void> wait_below(std::size_t most);
    void cancel();
    /// Waits for all children, passing a cancel of the parent on to them; rethrows the first failure
    /// (a cancel that the group itself sent is not one).
    boost::asio::awaitable<void> join();
    std::size_t running() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Calls body(group), then joins; when body throws, cancels, joins, and rethrows.
boost::asio::awaitable<void> run_group(std::function<boost::asio::awaitable<void>(TaskGroup&)> body,
                                       bool keep_going = false);

/// Runs item(i) for i in [0, count) with at most `at_once` in flight; the first failure cancels the others
/// and is rethrown after all ended.
boost::asio::awaitable<void> for_each_index(std::size_t count, std::size_t at_once,
                                            std::function<boost::asio::awaitable<void>(std::size_t)> item);

} // namespace hfasync::detail
