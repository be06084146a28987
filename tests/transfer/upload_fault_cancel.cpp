// A commit that is cancelled at every one of its awaits: contracts of faults, "cancel at every await".
// ctest: label=slow timeout=300
#include <boost/test/unit_test.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>

#include "transfer/upload_fault.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds most_wait{20};

/// Sockets, timers and the like, and files below `folder`. Not what the embedded Hub, which lives in this
/// process, keeps of uploads that were cut off.
std::size_t open_files(const std::filesystem::path& folder)
{
    std::size_t n = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code ec;
        const auto target = std::filesystem::read_symlink(entry.path(), ec).string();
        n += !target.starts_with("/") || target.starts_with(folder.string());
    }
    return n;
}

/// The embedded Hub needs a moment to see that its peer is gone.
bool settles_at(std::size_t wanted, const std::filesystem::path& folder)
{
    const auto end = std::chrono::steady_clock::now() + most_wait;
    while (open_files(folder) > wanted) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

bool is_cancelled(const std::exception_ptr& error)
{
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) { // CancelledError, or Asio's own before any await of ours
        return e.code() == boost::system::errc::operation_canceled;
    } catch (...) {
        return false;
    }
}

struct Outcome {
    bool ended = false;            ///< before it could be cancelled
    std::exception_ptr error = {}; ///< null: success
};

struct Fixture : UploadFaults {
    std::vector<CommitOperation> operations(std::size_t size, unsigned seed)
    {
        const auto name = std::to_string(seed);
        return {CommitOperationAdd(name + ".bin", write("w.bin", content(size, seed))),
                CommitOperationAdd(name + ".txt", write("a.txt", content(regular, seed)))};
    }

    /// Runs the call for `handlers` handlers of its io_context, cancels it, and waits for its end.
    Outcome cancel_after(std::size_t handlers, std::vector<CommitOperation> adds)
    {
        Outcome outcome;
        asio::io_context context;
        {
            Hub client(context, client_options());
            asio::cancellation_signal signal;
            bool done = false;
            asio::co_spawn(
                context, HfApi(client).create_commit(repo, std::move(adds), "Add"),
                asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr error, const CommitInfo&) {
                    outcome.error = error;
                    done = true;
                }));
            const auto step = [&] {
                if (context.run_one_for(most_wait) == 0) throw std::runtime_error("the call does not go on");
            };
            for (std::size_t i = 0; i < handlers && !done; ++i)
                step();
            outcome.ended = done;
            if (!done) signal.emit(asio::cancellation_type::terminal);
            while (!done)
                step();
        }
        context.poll(); // what closing the Hub has left
        return outcome;
    }

    /// For every number of handlers from the first to the one at which the call has ended.
    std::size_t cancel_everywhere(std::size_t size, unsigned seed)
    {
        std::size_t steps = 0;
        for (bool ended = false; !ended; ++steps)
            BOOST_TEST_CONTEXT(size << " bytes, after " << steps << " handlers")
            {
                const auto before = open_files(folder.path());
                const auto adds = operations(size, ++seed);
                const auto outcome = cancel_after(steps, adds);
                ended = outcome.ended;
                if (outcome.error) BOOST_TEST(is_cancelled(outcome.error));
                const auto& added = std::get<CommitOperationAdd>(adds[0]);
                BOOST_TEST(added.is_committed() == (outcome.error == nullptr));
                BOOST_TEST(settles_at(before, folder.path()));
                if (outcome.error && count("PUT", detail::sha256_hex(content(size, seed))) == 0) {
                    // So no commit was sent yet. What the call has left behind serves the next one.
                    commit(adds);
                    BOOST_TEST(added.is_committed());
                }
            }
        return steps;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_upload_fault_cancel, Fixture)

BOOST_AUTO_TEST_CASE(at_every_await_of_a_commit)
{
    const auto before = commits_of_repo();
    std::size_t steps = 0;
    for (const std::size_t size : {whole, in_parts})
        steps += cancel_everywhere(size, size == whole ? 10'000 : 20'000);
    BOOST_TEST(steps > 40u);
    BOOST_TEST_MESSAGE("cancelled at " << steps << " places");
    // Nothing is committed but by a request that was sent, and each once.
    std::size_t made = 0;
    for (const auto& request : seen("POST", "/commit/"))
        made += request.status == 200;
    BOOST_TEST(made >= 2u); // the calls that came to their end
    BOOST_TEST(commits_of_repo() == before + made);
}

BOOST_AUTO_TEST_SUITE_END()
