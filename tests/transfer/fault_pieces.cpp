// A large file over several ranged connections, one of which goes wrong.
// ctest: label=slow timeout=300
#include "transfer/fault_fixture.hpp"

#include <atomic>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

using namespace hfasync;
using namespace hfasync::test;
using emulator::FaultAction;
namespace fs = std::filesystem;
namespace asio = boost::asio;

namespace {

/// Every look at it takes 20 ms: to the client a loopback connection is slow, and further ones pay.
class SlowClock final : public Clock {
public:
    Steady::time_point now() const override
    {
        return Steady::time_point(std::chrono::hours(1) + std::chrono::milliseconds(20) * ++looks_);
    }
    asio::awaitable<void> sleep_until(Steady::time_point) override
    {
        co_await asio::post(asio::use_awaitable);
    }

private:
    mutable std::atomic<std::int64_t> looks_{0};
};

const FileKind large{"large.bin", "storage", 4};

struct PiecesFixture : FaultFixture {
    PiecesFixture()
    {
        files["large.bin"] = noise(24u << 20, 77);
        commit = hub.seed_repo("acme/large", {{"large.bin", files.at("large.bin")}});
        begin();
    }
    void begin()
    {
        begin_again();
        adjust = [](HubOptions& options) {
            options.clock = std::make_shared<SlowClock>();
            options.connections_per_file = large.connections;
        };
    }
    fs::path folder() const { return dir / "hub/models--acme--large"; }
    static auto call(DownloadsApi api) { return api.hf_hub_download("acme/large", "large.bin"); }
    /// The right bytes, or the error.
    std::optional<errc> fetch()
    {
        std::optional<errc> error;
        try {
            Hub client(options());
            const auto path = client.block_on(call(DownloadsApi(client)));
            BOOST_TEST((read_whole(path) == files.at("large.bin")));
            BOOST_TEST(leftovers() == 0u);
        } catch (const Error& failure) {
            error = failure.code();
            BOOST_TEST_MESSAGE(failure.message());
            BOOST_TEST(!fs::exists(folder() / "snapshots" / commit / "large.bin"));
        }
        for (const auto& problem : CacheCheck(folder()).problems())
            BOOST_ERROR(problem);
        for (const auto& seen : hub.requests())
            if (seen.origin == "storage")
                for (const auto& [name, value] : seen.headers)
                    BOOST_TEST(value.find(hub.token()) == std::string::npos, name);
        return error;
    }
    /// Names of partial files and their records.
    std::size_t leftovers() const
    {
        std::size_t count = 0;
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(folder() / "blobs", ignored))
            count += entry.path().filename().string().find(".incomplete") != std::string::npos ? 1u : 0u;
        return count;
    }
    void check_arrives()
    {
        const auto error = fetch();
        BOOST_TEST(!error.has_value());
    }
    std::size_t ranged() const
    {
        std::size_t count = 0;
        for (const auto& get : body_gets(large))
            count += get.status == 206 ? 1u : 0u;
        return count;
    }
};

struct Row {
    const char* name;
    emulator::FaultRule rule;
};

std::vector<Row> rows()
{
    const std::uint64_t half = 1u << 20;
    return {
        {"reset at once", {.action = FaultAction::reset, .at = 0}},
        {"reset on the way", {.action = FaultAction::reset, .at = half}},
        {"closed early", {.action = FaultAction::short_body, .at = half}},
        {"stalled", {.action = FaultAction::stall, .at = half}},
        {"flipped bit", {.action = FaultAction::flip_bit, .at = half}},
        {"another range", {.action = FaultAction::bad_range}},
        {"ranges ignored", {.action = FaultAction::ignore_range}},
        {"too long", {.action = FaultAction::long_body, .at = 5}},
        {"busy", {.action = FaultAction::status, .status = 503}},
        {"too many", {.action = FaultAction::status, .status = 429}},
        {"no such range", {.action = FaultAction::status, .status = 416}},
        {"expired",
         {.action = FaultAction::status,
          .status = 403,
          .body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"}},
        {"not http", {.action = FaultAction::garbage}},
        {"lost answer", {.action = FaultAction::lose_reply}},
    };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_fault_pieces, PiecesFixture)

BOOST_AUTO_TEST_CASE(several_connections_bring_one_file)
{
    check_arrives();
    BOOST_TEST(ranged() >= 2u);
}

BOOST_AUTO_TEST_CASE(one_connection_that_fails_once_is_made_up_for)
{
    for (const auto& row : rows())
        for (const int skip : {0, 1, 3})
            BOOST_TEST_CONTEXT(row.name << ", request " << skip)
            {
                begin();
                auto more = adjust;
                adjust = [more](HubOptions& options) {
                    more(options);
                    options.timeouts.idle = std::chrono::milliseconds(500);
                };
                auto rule = row.rule;
                rule.skip = skip;
                // To a request without a range these two are no accident of the network.
                if (skip == 0 && (rule.action == FaultAction::garbage || rule.status == 416)) continue;
                add_body_fault(large, rule);
                check_arrives();
            }
}

BOOST_AUTO_TEST_CASE(what_fails_for_ever_is_an_error_and_hampers_no_later_call)
{
    for (const auto& row : rows()) {
        if (row.rule.action == FaultAction::stall) continue; // each of them would wait for real
        BOOST_TEST_CONTEXT(row.name)
        {
            begin();
            auto rule = row.rule;
            rule.skip = 2;
            rule.times = -1;
            add_body_fault(large, rule);
            (void)fetch(); // some get through on the connections that are left
            BOOST_TEST(body_gets(large).size() <= 200u);
            hub.clear_faults();
            check_arrives();
        }
    }
}

BOOST_AUTO_TEST_CASE(a_cancel_leaves_pieces_that_are_not_fetched_again)
{
    bool ended = false;
    int interrupted = 0;
    for (std::size_t k = 20; !ended && k < 20'000; k += 61)
        BOOST_TEST_CONTEXT("after " << k << " handlers")
        {
            begin();
            asio::io_context context;
            std::exception_ptr failure;
            {
                Hub client(context, options());
                asio::cancellation_signal stop;
                asio::co_spawn(
                    context, call(DownloadsApi(client)),
                    asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, fs::path) {
                        failure = error;
                        ended = true;
                    }));
                for (std::size_t i = 0; i < k && !ended; ++i)
                    BOOST_REQUIRE(context.run_one_for(std::chrono::seconds(20)) == 1u);
                if (ended) break;
                stop.emit(asio::cancellation_type::terminal);
                for (int i = 0; i < 100'000 && !ended; ++i)
                    context.run_one_for(std::chrono::seconds(20));
                BOOST_REQUIRE(ended);
                if (failure) BOOST_CHECK_THROW(std::rethrow_exception(failure), CancelledError);
            }
            ended = false;
            ++interrupted;
            for (const auto& problem : CacheCheck(folder()).problems())
                BOOST_ERROR(problem);
            check_arrives();
        }
    BOOST_TEST(interrupted > 2);
}

BOOST_AUTO_TEST_SUITE_END()
