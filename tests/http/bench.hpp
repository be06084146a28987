// What the tests of the HTTP engine share: a client, its loop, a clock that does not wait.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "http/client.hpp"
#include "support/scripted_server.hpp"

namespace hfasync::test {

/// Sleeping moves the clock and returns at once; the waits are kept.
class FakeClock final : public Clock {
public:
    Steady::time_point now() const override
    {
        const std::lock_guard lock(mutex_);
        return now_;
    }
    Timestamp wall() const override { return Timestamp(std::chrono::seconds(1'700'000'000)); }
    boost::asio::awaitable<void> sleep_until(Steady::time_point when) override
    {
        const std::lock_guard lock(mutex_);
        waits.push_back(std::chrono::round<std::chrono::milliseconds>(when - now_));
        now_ = std::max(now_, when);
        co_return;
    }
    void advance(std::chrono::milliseconds by)
    {
        const std::lock_guard lock(mutex_);
        now_ += by;
    }
    std::vector<std::chrono::milliseconds> waits;

private:
    mutable std::mutex mutex_;
    Steady::time_point now_{std::chrono::hours(1000)};
};

struct Bench {
    explicit Bench(const std::string& endpoint) { options.endpoint = endpoint; }

    http::Client& client()
    {
        if (!client_) {
            options.clock = clock;
            options.seed = 1;
            client_ = std::make_unique<http::Client>(context.get_executor(), options);
        }
        return *client_;
    }

    /// Runs the call to its end, or throws after most_wait_ms.
    template <class T>
    T run(boost::asio::awaitable<T> call)
    {
        auto result = boost::asio::co_spawn(context, std::move(call), boost::asio::use_future);
        drive(result);
        return result.get();
    }
    template <class Future>
    void drive(Future& result)
    {
        context.restart();
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(most_wait_ms);
        while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
            if (context.run_one_until(end) == 0) throw std::runtime_error("the call did not end");
        }
    }

    http::Request request(std::string_view path = "/", http::Method method = http::Method::get)
    {
        http::Request out;
        out.method = method;
        out.url = http::Url::parse(path.starts_with("http") ? std::string(path)
                                                            : options.endpoint + std::string(path));
        return out;
    }
    http::Response send(http::Request request, http::Statuses statuses = http::Statuses::ok_only)
    {
        return run(client().send(std::move(request), {}, statuses));
    }
    std::string body(http::Response& response) { return run(response.read_all()); }
    std::string get(std::string_view path = "/")
    {
        auto response = send(request(path));
        return body(response);
    }

    boost::asio::io_context context;
    HubOptions options;
    std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();

private:
    std::unique_ptr<http::Client> client_;
};

/// The error of a call that must fail, as its base; the test fails when it does not.
template <class Expected, class Call>
Expected failure_of(Call&& call)
{
    try {
        call();
    } catch (const Expected& error) {
        return error;
    }
    throw std::runtime_error("the call did not fail");
}

inline bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

} // namespace hfasync::test
