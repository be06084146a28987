#include "cache/file_lock.hpp"

#include <boost/asio.hpp>
#include <boost/test/unit_test.hpp>

#include "async/worker_pool.hpp"
#include "unit/cache/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(cache_file_lock)

namespace asio = boost::asio;
namespace fs = std::filesystem;
using namespace hfasync::detail;
using hfasync::test::TempDir;

BOOST_AUTO_TEST_CASE(excludes_and_stays_on_disk)
{
    TempDir dir;
    const auto path = dir / ".locks/models--a/x.lock";
    {
        const auto first = FileLock::try_lock(path);
        BOOST_REQUIRE(first);
        BOOST_TEST(first->effective());
        BOOST_TEST(!FileLock::try_lock(path));
    }
    BOOST_TEST(fs::file_size(path) == 0u); // never unlinked: others may wait on this very file
    BOOST_TEST(FileLock::try_lock(path).has_value());
}

namespace {
/// Time passes only when somebody waits.
class StepClock final : public hfasync::Clock {
public:
    int waits = 0;
    std::function<void(int)> on_wait;
    asio::awaitable<void> sleep_until(Steady::time_point) override
    {
        on_wait(++waits);
        co_await asio::post(asio::use_awaitable);
    }
};
} // namespace

BOOST_AUTO_TEST_CASE(waits_on_the_clock_until_the_other_lets_go)
{
    TempDir dir;
    const auto path = dir / "x.lock";
    auto other = FileLock::try_lock(path);
    WorkerPool workers(1);
    asio::io_context context;
    const auto clock = std::make_shared<StepClock>();
    clock->on_wait = [&](int wait) {
        if (wait == 3) other.reset();
    };
    std::optional<FileLock> mine;
    asio::co_spawn(context,
                   poll_lock(&workers, clock,
                             [&] {
                                 mine = FileLock::try_lock(path);
                                 return mine.has_value();
                             }),
                   asio::detached);
    context.run_for(std::chrono::seconds(10));
    BOOST_TEST(mine.has_value());
    BOOST_TEST(clock->waits == 3);
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_the_wait)
{
    TempDir dir;
    const auto path = dir / "x.lock";
    const auto other = FileLock::try_lock(path);
    WorkerPool workers(1);
    asio::io_context context;
    asio::cancellation_signal signal;
    const auto clock = std::make_shared<StepClock>();
    clock->on_wait = [&](int wait) {
        if (wait == 2) signal.emit(asio::cancellation_type::terminal);
    };
    bool ended = false;
    std::exception_ptr outcome;
    asio::co_spawn(context, poll_lock(&workers, clock, [&] { return FileLock::try_lock(path).has_value(); }),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr error) {
                       ended = true;
                       outcome = error;
                   }));
    context.run_for(std::chrono::seconds(10));
    BOOST_TEST(ended);
    BOOST_TEST((outcome != nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
