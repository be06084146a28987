// Pushes of CommitScheduler that wait until a test lets them go on.
#pragma once

#include <boost/test/unit_test.hpp>

#include "transfer/commit_scheduler_fixture.hpp"

namespace hfasync::tests {

struct GatedFixture : SchedulerFixture {
    /// Pushes that wait until the test lets them go on, and never run twice at once.
    CommitSchedulerHooks gated()
    {
        CommitSchedulerHooks hooks;
        hooks.push_to_hub =
            [this](CommitScheduler scheduler) -> boost::asio::awaitable<std::optional<CommitInfo>> {
            struct Count {
                explicit Count(GatedFixture* of) : fixture(of) { BOOST_TEST(++fixture->inside == 1); }
                Count(const Count&) = delete;
                ~Count() { --fixture->inside; }
                GatedFixture* fixture;
            };
            const Count count(this);
            auto info = co_await scheduler.push_folder();
            ++begun;
            while (closed)
                co_await poll();
            co_return info;
        };
        return hooks;
    }
    /// One round of the loop.
    static boost::asio::awaitable<void> poll()
    {
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                        std::chrono::milliseconds(1));
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
    void rounds(int n)
    {
        for (int i = 0; i < n; ++i)
            wait(poll());
    }
    boost::asio::awaitable<void> wait_for(const bool* flag)
    {
        while (!*flag)
            co_await poll();
    }
    bool closed = true;
    int begun = 0; ///< pushes that have listed the folder
    int inside = 0;
};

} // namespace hfasync::tests
