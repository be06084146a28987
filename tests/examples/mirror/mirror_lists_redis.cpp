// The work list in Redis: the same promises, on a real server.

// ctest: label=services
#include "list_cases.hpp"

#include "redis_connection.hpp"
#include "redis_server.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_lists_redis)

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct RedisFixture : ListPlace {
    RedisFixture()
    {
        make = [this](asio::io_context& where, std::string owner, std::chrono::milliseconds lease) {
            return mirror::make_redis_list(where.get_executor(), server.config(), std::move(owner), lease);
        };
        spoil = [this](const std::string& subject, const std::string& payload) {
            redis({"HSET", "{mirror}:job:" + subject, "payload", payload});
        };
    }
    void redis(std::vector<std::string> words)
    {
        mirror::RedisConnection connection(context.get_executor(), server.config());
        wait(connection.command(std::move(words)));
    }
    RedisServer server;
};

} // namespace

MIRROR_LIST_CASES(RedisFixture)

BOOST_FIXTURE_TEST_CASE(lists_of_other_names_are_apart, RedisFixture)
{
    auto config = server.config();
    config.name = "other";
    const auto mine = list("one");
    const auto other = mirror::make_redis_list(context.get_executor(), config, "two", long_lease);
    wait(mine->put(job_of("acme/tiny")));
    BOOST_TEST((wait(other->counts()) == mirror::Counts{}));
    BOOST_TEST(wait(other->claim(1)).empty());
}

BOOST_FIXTURE_TEST_CASE(entries_of_others_in_the_stream, RedisFixture)
{
    const auto mine = list("one");
    wait(mine->put(job_of("acme/a")));
    redis({"XADD", "{mirror}:jobs", "*", "what", "ever"});
    redis({"XADD", "{mirror}:jobs", "*", "s", "no such subject"});
    wait(mine->put(job_of("acme/b")));
    BOOST_TEST(wait(mine->claim(9)).size() == 2u);
    BOOST_TEST((wait(mine->counts()) == mirror::Counts{.active = 2}));
}

BOOST_AUTO_TEST_CASE(a_server_that_comes_back)
{
    asio::io_context context(1);
    const TempFolder folder;
    auto server = std::make_unique<RedisServer>(std::vector<std::string>{}, folder.path());
    const auto list =
        mirror::make_redis_list(context.get_executor(), server->config(), "one", std::chrono::seconds(600));
    BOOST_TEST(wait_for(context, list->put(job_of("acme/tiny"))));
    const auto claimed = wait_for(context, list->claim(1));
    server.reset(); // killed
    BOOST_CHECK_THROW(wait_for(context, list->counts()), OSError);
    BOOST_CHECK_THROW(wait_for(context, list->counts()), OSError);
    server = std::make_unique<RedisServer>(std::vector<std::string>{}, folder.path());
    mirror::Counts counts;
    BOOST_TEST(eventually([&] { // it reads what it had kept
        try {
            counts = wait_for(context, list->counts());
            return true;
        } catch (const OSError&) {
            return false;
        }
    }));
    BOOST_TEST((counts == mirror::Counts{.active = 1}));
    BOOST_TEST(wait_for(context, list->complete(claimed.at(0))));
}

BOOST_AUTO_TEST_CASE(by_tcp)
{
    // The port may be taken between the two: then another one.
    for (int attempt = 0;; ++attempt) {
        asio::io_context context(1);
        const auto port =
            asio::ip::tcp::acceptor(context, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
        std::unique_ptr<RedisServer> server;
        try {
            server = std::make_unique<RedisServer>(std::vector<std::string>{"--port", std::to_string(port)});
        } catch (const std::runtime_error&) {
            BOOST_REQUIRE(attempt < 5);
            continue;
        }
        mirror::RedisConfig config;
        config.host = "localhost";
        config.port = port;
        const auto list =
            mirror::make_redis_list(context.get_executor(), config, "one", std::chrono::seconds(10));
        BOOST_TEST(wait_for(context, list->put(job_of("acme/tiny"))));
        config.host = "no.such.host.invalid";
        const auto lost =
            mirror::make_redis_list(context.get_executor(), config, "two", std::chrono::seconds(10));
        BOOST_CHECK_THROW(wait_for(context, lost->counts()), OSError);
        return;
    }
}

BOOST_AUTO_TEST_CASE(passwords)
{
    asio::io_context context(1);
    const RedisServer server({"--requirepass", "open"});
    auto config = server.config();
    const auto counts = [&] {
        const auto list =
            mirror::make_redis_list(context.get_executor(), config, "one", std::chrono::seconds(10));
        return wait_for(context, list->counts());
    };
    BOOST_CHECK_THROW(counts(), OSError);
    config.password = "wrong";
    try {
        counts();
        BOOST_ERROR("it takes any password");
    } catch (const OSError& error) {
        BOOST_TEST(std::string(error.message()).find("NOAUTH") != std::string::npos, error.message());
        BOOST_TEST(std::string(error.message()).find("wrong") == std::string::npos);
    }
    config.password = "open";
    config.database = 3;
    BOOST_TEST((counts() == mirror::Counts{}));
}

BOOST_AUTO_TEST_CASE(many_commands_at_once_and_a_cancel)
{
    asio::io_context context(1);
    const RedisServer server;
    const auto list =
        mirror::make_redis_list(context.get_executor(), server.config(), "one", std::chrono::seconds(10));
    std::vector<std::future<bool>> put;
    for (int i = 0; i < 500; ++i)
        put.push_back(
            asio::co_spawn(context, list->put(job_of("acme/r" + std::to_string(i))), asio::use_future));
    asio::cancellation_signal signal;
    std::exception_ptr cancelled;
    asio::co_spawn(context, list->claim(1),
                   asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr& failed,
                                                                   const auto&) { cancelled = failed; }));
    asio::post(context, [&] { signal.emit(asio::cancellation_type::terminal); });
    const auto counts = wait_for(context, list->counts()); // answered after all of them
    for (auto& one : put)
        BOOST_TEST(one.get());
    BOOST_TEST((cancelled && mirror::is_cancel(cancelled)));
    BOOST_TEST(counts.waiting + counts.active == 500u);
}

BOOST_AUTO_TEST_SUITE_END()
