// Calls in flight on one thread: bench_transfer_calls REPO IN_FLIGHT SECONDS, against the Hub of HF_ENDPOINT.
// Each of IN_FLIGHT coroutines awaits model_info again and again. Prints one line of JSON: what was answered,
// in what time.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <hfasync/hfasync.hpp>

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

struct Tally {
    std::size_t answered = 0;
    std::size_t wrong = 0;
    std::exception_ptr failure;
};

asio::awaitable<void> ask(hfasync::HfApi api, std::string repo, Clock::time_point end, Tally* tally)
{
    // Once at least, so that every one of them is in flight at the start.
    do {
        const auto info = co_await api.model_info(repo);
        ++(info.id == repo ? tally->answered : tally->wrong);
    } while (Clock::now() < end && !tally->failure);
}

int measure(const std::string& repo, std::size_t in_flight, double seconds)
{
    asio::io_context context(1);
    const hfasync::Hub hub(context, hfasync::HubOptions::from_env());
    const hfasync::HfApi api(hub);
    Tally tally;
    const auto start = Clock::now();
    const auto end =
        start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (std::size_t i = 0; i < in_flight; ++i)
        asio::co_spawn(context, ask(api, repo, end, &tally), [&tally](std::exception_ptr failure) {
            if (failure) tally.failure = failure;
        });
    context.run();
    if (tally.failure) std::rethrow_exception(tally.failure);
    const std::chrono::duration<double> took = Clock::now() - start;
    fmt::print("{{\"requests\": {}, \"wrong\": {}, \"seconds\": {:.6f}}}\n", tally.answered, tally.wrong,
               took.count());
    return tally.wrong == 0 ? 0 : 1;
}

} // namespace

int main(int count, char** words)
try {
    if (count != 4) {
        fmt::print(stderr, "{} REPO IN_FLIGHT SECONDS\n", words[0]);
        return 2;
    }
    return measure(words[1], std::strtoul(words[2], nullptr, 10), std::strtod(words[3], nullptr));
} catch (const std::exception& error) {
    fmt::print(stderr, "bench_transfer_calls: {}\n", error.what());
    return 1;
}
