// An embedded Hub and a client that share one clock: waiting moves it, and nothing else does.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>

namespace hfasync::test {

using namespace std::chrono_literals;

/// Sleeping moves the time and returns at once; the pauses are kept.
class MovingClock final : public Clock {
public:
    Steady::time_point now() const override { return Steady::time_point(since_start()); }
    Timestamp wall() const override
    {
        return start + std::chrono::floor<std::chrono::microseconds>(since_start());
    }
    boost::asio::awaitable<void> sleep_until(Steady::time_point when) override
    {
        const auto pause = when - now();
        pauses.push_back(std::chrono::round<std::chrono::milliseconds>(pause));
        if (pause > Steady::duration::zero()) advance(pause);
        co_return;
    }
    void advance(Steady::duration by) { passed_ += by.count(); }

    static constexpr Timestamp start{std::chrono::seconds(1'700'000'000)};
    std::vector<std::chrono::milliseconds> pauses; ///< of the client's one thread

private:
    Steady::duration since_start() const { return Steady::duration(passed_.load()); }
    std::atomic<Steady::duration::rep> passed_{0};
};

struct MovingHub {
    explicit MovingHub(emulator::Options options = accounts()) : emulator(with_clock(std::move(options))) {}

    /// ann, admin of acme and reader of globex; bob; acme has a token of its own.
    static emulator::Options accounts()
    {
        emulator::Options options;
        emulator::Account ann{.name = "ann", .full_name = "Ann Example"};
        ann.tokens = {{.token = "hf_ann"}, {.token = "hf_ann_read", .role = "read"}};
        ann.memberships = {{.organization = "acme"}, {.organization = "globex", .role = "read"}};
        emulator::Account bob{.name = "bob"};
        bob.tokens = {{.token = "hf_bob"}};
        emulator::Account acme{.name = "acme", .is_organization = true};
        acme.tokens = {{.token = "hf_acme"}};
        options.accounts = {ann, bob, acme};
        return options;
    }
    HubOptions client_options() const
    {
        HubOptions options;
        options.endpoint = emulator.endpoint();
        options.inference_endpoints_url = emulator.inference_endpoints_url();
        options.token = Token("hf_ann");
        options.retry.max_retries = 0;
        options.clock = clock;
        return options;
    }
    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        return hub.block_on(std::move(call));
    }
    /// The Authorization of the last request; empty for none.
    std::string last_authorization() const
    {
        const auto seen = emulator.requests();
        if (!seen.empty())
            for (const auto& [name, value] : seen.back().headers)
                if (name == "Authorization" || name == "authorization") return value;
        return {};
    }

    std::shared_ptr<MovingClock> clock = std::make_shared<MovingClock>();
    emulator::Emulator emulator;
    Hub hub{client_options()};
    HfApi api{hub};

private:
    emulator::Options with_clock(emulator::Options options) const
    {
        options.clock = [clock = clock] {
            return std::chrono::system_clock::time_point(clock->wall().time_since_epoch());
        };
        return options;
    }
};

} // namespace hfasync::test
