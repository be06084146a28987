// A download is given up after its first k handlers, for every k: by a cancel, and by the end of the context.
// ctest: label=slow timeout=300
#include "transfer/fault_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <future>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "api/common/hub_state.hpp"

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;
namespace asio = boost::asio;

namespace {

constexpr auto patience = std::chrono::seconds(20);

struct CancelFixture : FaultFixture {
    using Call = std::function<asio::awaitable<fs::path>(DownloadsApi)>;

    /// Descriptors of this process that lead below the test's folder.
    std::size_t open_files() const
    {
        std::size_t count = 0;
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
            const auto target = fs::read_symlink(entry.path(), ignored).string();
            count += target.starts_with((dir / "hub").string()) ? 1u : 0u;
        }
        return count;
    }
    void check_locks_are_free() const
    {
        std::error_code ignored;
        for (const auto& entry : fs::recursive_directory_iterator(dir / "hub/.locks", ignored)) {
            if (!entry.is_regular_file()) continue;
            const int fd = ::open(entry.path().c_str(), O_RDWR | O_CLOEXEC);
            BOOST_TEST(::flock(fd, LOCK_EX | LOCK_NB) == 0, entry.path());
            ::close(fd);
        }
    }
    HubOptions one_worker() const
    {
        auto out = options();
        out.worker_threads = 1;
        return out;
    }

    /// Runs the call for k handlers and cancels it. \returns whether it had ended before
    bool cancel_after(std::size_t k, const Call& call)
    {
        asio::io_context context;
        bool ended = false;
        std::exception_ptr failure;
        {
            Hub client(context, options());
            asio::cancellation_signal stop;
            asio::co_spawn(context, call(DownloadsApi(client)),
                           asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, fs::path) {
                               failure = error;
                               ended = true;
                           }));
            for (std::size_t i = 0; i < k && !ended; ++i)
                BOOST_REQUIRE(context.run_one_for(patience) == 1u);
            if (ended) {
                BOOST_TEST(!failure);
                return true;
            }
            stop.emit(asio::cancellation_type::terminal);
            const auto begin = std::chrono::steady_clock::now();
            while (!ended && std::chrono::steady_clock::now() - begin < patience)
                context.run_one_for(patience);
            BOOST_REQUIRE(ended);
            // No timer of the download had to run out for this: the shortest has 10 s.
            BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)));
            // The coroutine has ended, so nothing of it may still be open or write.
            BOOST_TEST(open_files() == 0u);
            check_locks_are_free();
            if (failure) BOOST_CHECK_THROW(std::rethrow_exception(failure), CancelledError);
        }
        return false;
    }

    /// Runs the call for k handlers and takes the context away under it.
    bool abandon_after(std::size_t k, const Call& call)
    {
        bool ended = false;
        auto context = std::make_unique<asio::io_context>();
        {
            Hub client(*context, one_worker());
            asio::co_spawn(*context, call(DownloadsApi(client)),
                           [&](std::exception_ptr, fs::path) { ended = true; });
            for (std::size_t i = 0; i < k && !ended; ++i)
                BOOST_REQUIRE(context->run_one_for(patience) == 1u);
            // What a worker has begun it ends, and tells the context: that must still be there.
            for (int i = 0; i < 4; ++i) {
                std::promise<void> idle;
                asio::post(client.state()->workers.executor(), [&] { idle.set_value(); });
                BOOST_REQUIRE((idle.get_future().wait_for(patience) == std::future_status::ready));
            }
        }
        context.reset();
        BOOST_TEST(open_files() == 0u);
        check_locks_are_free();
        return ended;
    }

    using Trial = bool (CancelFixture::*)(std::size_t, const Call&);
    /// Every k until the call ends by itself; `check` after each.
    void for_every_handler(Trial trial, const Call& call, const std::function<void()>& check)
    {
        constexpr std::size_t most = 5000;
        std::size_t k = 0;
        // Past some hundred the reads of the body repeat themselves.
        for (; k < most; k += k < 400 ? 1 : 7)
            BOOST_TEST_CONTEXT("after " << k << " handlers")
            {
                fs::remove_all(dir / "hub");
                if ((this->*trial)(k, call)) break;
                for (const auto& problem : CacheCheck(repo()).problems())
                    BOOST_ERROR(problem);
                check();
            }
        BOOST_TEST(k > 10u); // it was interrupted at all
        BOOST_TEST(k < most);
    }
    void for_every_handler(Trial trial, const std::string& path)
    {
        for_every_handler(
            trial, [path](DownloadsApi api) { return api.hf_hub_download("acme/tiny", path); },
            [&] {
                const auto had = left_over();
                hub.forget_requests();
                check_arrives(path);
                // What was there is not fetched again.
                std::uint64_t sent = 0;
                for (const auto& kind : file_kinds)
                    if (kind.path == path)
                        for (const auto& get : body_gets(kind))
                            sent += get.sent;
                BOOST_TEST(sent <= files.at(path).size() - had);
            });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_fault_cancel, CancelFixture)

BOOST_AUTO_TEST_CASE(cancel_of_a_small_file)
{
    for_every_handler(&CancelFixture::cancel_after, "small.txt");
}

BOOST_AUTO_TEST_CASE(cancel_of_a_regular_file)
{
    for_every_handler(&CancelFixture::cancel_after, "regular.txt");
}

BOOST_AUTO_TEST_CASE(cancel_of_an_lfs_file)
{
    for_every_handler(&CancelFixture::cancel_after, "lfs.bin");
}

BOOST_AUTO_TEST_CASE(cancel_of_a_file_that_is_resumed)
{
    const auto text = files.at("lfs.bin").substr(0, 2u << 20);
    for_every_handler(
        &CancelFixture::cancel_after,
        [&](DownloadsApi api) {
            write_file(partial("lfs.bin"), text);
            return api.hf_hub_download("acme/tiny", "lfs.bin");
        },
        [&] {
            BOOST_TEST((left_over() >= text.size() || fs::exists(pointer("lfs.bin"))));
            check_arrives("lfs.bin");
        });
}

BOOST_AUTO_TEST_CASE(cancel_of_a_snapshot)
{
    for_every_handler(
        &CancelFixture::cancel_after, [](DownloadsApi api) { return api.snapshot_download("acme/tiny"); },
        [&] {
            for (const auto& [path, text] : files)
                check_arrives(path);
        });
}

BOOST_AUTO_TEST_CASE(cancel_of_a_download_into_a_folder)
{
    // Below dir/hub, so that its descriptors are counted too.
    const auto folder = dir / "hub" / "plain";
    for_every_handler(
        &CancelFixture::cancel_after,
        [&](DownloadsApi api) { return api.hf_hub_download("acme/tiny", "lfs.bin", {.local_dir = folder}); },
        [&] {
            if (fs::exists(folder / "lfs.bin"))
                BOOST_TEST((read_whole(folder / "lfs.bin") == files.at("lfs.bin")));
            (void)get_path("lfs.bin", {.local_dir = folder});
            BOOST_TEST((read_whole(folder / "lfs.bin") == files.at("lfs.bin")));
        });
}

BOOST_AUTO_TEST_CASE(the_context_ends_in_a_small_file)
{
    for_every_handler(&CancelFixture::abandon_after, "small.txt");
}

BOOST_AUTO_TEST_CASE(the_context_ends_in_an_lfs_file)
{
    for_every_handler(&CancelFixture::abandon_after, "lfs.bin");
}

BOOST_AUTO_TEST_CASE(the_context_ends_in_a_snapshot)
{
    for_every_handler(
        &CancelFixture::abandon_after, [](DownloadsApi api) { return api.snapshot_download("acme/tiny"); },
        [&] {
            for (const auto& [path, text] : files)
                check_arrives(path);
        });
}

BOOST_AUTO_TEST_SUITE_END()
