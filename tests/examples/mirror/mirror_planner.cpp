// A round over all repos: a list that is away for a moment, ids that no row may have, heads that are old.
#include <boost/test/unit_test.hpp>

#include "fixture.hpp"
#include "planner.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_planner)

using namespace hfasync;
using namespace hfasync::tests;

namespace {

/// What the planner needs of a list, as the test says.
class ScriptedList final : public mirror::WorkList {
public:
    std::function<asio::awaitable<void>(const mirror::Job&)> before_put;
    bool is_away = false;
    std::map<std::string, std::string> wanted; ///< commit, by repo

    asio::awaitable<bool> put(mirror::Job job) override
    {
        if (before_put) co_await before_put(job);
        co_return std::exchange(wanted[job.repo_id], job.commit) != job.commit;
    }
    asio::awaitable<mirror::Counts> counts() override
    {
        if (is_away) fail();
        co_return mirror::Counts();
    }
    [[noreturn]] static void fail()
    {
        throw OSError(std::make_error_code(std::errc::timed_out), "the list does not answer");
    }

    asio::awaitable<std::vector<mirror::Job>> claim(std::size_t) override { throw unused(); }
    asio::awaitable<std::vector<mirror::Job>> extend(std::vector<mirror::Job>) override { throw unused(); }
    asio::awaitable<bool> complete(mirror::Job) override { throw unused(); }
    asio::awaitable<bool> fail(mirror::Job, std::string, std::optional<std::chrono::milliseconds>) override
    {
        throw unused();
    }
    asio::awaitable<bool> redo(std::string) override { throw unused(); }
    asio::awaitable<void> give_back() override { throw unused(); }
    asio::awaitable<std::optional<std::string>> completed(std::string) override { throw unused(); }
    asio::awaitable<std::chrono::milliseconds> begin_round(std::string, Round) override { throw unused(); }
    asio::awaitable<void> end_round(std::string, std::chrono::milliseconds) override { throw unused(); }

private:
    static std::logic_error unused() { return std::logic_error("not of this test"); }
};

struct PlannerFixture : MirrorFixture {
    asio::io_context context{1};
    mirror::Config settings = config("[{model: acme/*}]", "retry: 1ms\n");
    ScriptedList list;
    mirror::Status status{"test"};
    mirror::Planner planner{Hub(context, {.endpoint = hub.endpoint(), .token = hub.token()}), settings, list,
                            status};
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_list_that_is_away_is_waited_for, PlannerFixture)
{
    for (const auto* repo : {"acme/a", "acme/b", "acme/c"})
        hub.seed_repo(repo, {{"x", "1"}});
    int failures = 0;
    list.before_put = [&](const mirror::Job&) -> asio::awaitable<void> {
        list.is_away = ++failures < 30; // longer than one that refuses one repo is asked
        if (list.is_away) ScriptedList::fail();
        co_return;
    };
    wait_for(context, planner.round());
    BOOST_TEST(list.wanted.size() == 3u);
    BOOST_TEST(status.problems() > 0u);
}

BOOST_FIXTURE_TEST_CASE(a_repo_that_the_list_refuses_stops_no_other, PlannerFixture)
{
    for (const auto* repo : {"acme/a", "acme/b", "acme/c"})
        hub.seed_repo(repo, {{"x", "1"}});
    int asked = 0;
    list.before_put = [&](const mirror::Job& job) -> asio::awaitable<void> {
        if (job.repo_id == "acme/b" && ++asked > 0) ScriptedList::fail();
        co_return;
    };
    wait_for(context, planner.round());
    BOOST_TEST(asked > 1);
    BOOST_TEST(list.wanted.size() == 2u);
    BOOST_TEST(status.json().find("acme/b: ") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(ids_of_a_listing_are_not_trusted, PlannerFixture)
{
    const std::string commit(40, 'a');
    boost::json::array listing;
    for (const auto* id : {"acme/a--b", "acme/..", "acme/good", "acme/x.git", "acme/-"})
        listing.push_back(boost::json::object{{"id", id}, {"sha", commit}});
    listing.push_back(boost::json::object{{"id", "acme/" + std::string(97, 'n')}, {"sha", commit}});
    hub.add_fault({.method = "GET",
                   .path = "/api/models",
                   .action = emulator::FaultAction::status,
                   .status = 200,
                   .headers = {{"Content-Type", "application/json"}},
                   .body = boost::json::serialize(listing)});
    wait_for(context, planner.round());
    BOOST_TEST((list.wanted == std::map<std::string, std::string>{{"acme/good", commit}}));
    BOOST_TEST(status.problems() == 5u);
}

BOOST_FIXTURE_TEST_CASE(what_a_webhook_has_said_is_newer_than_the_listing, PlannerFixture)
{
    // More repos than are looked at at once, so that the last ones wait.
    for (int i = 0; i < 40; ++i)
        hub.seed_repo(fmt::format("acme/r{}", i), {{"x", "1"}});
    Hub client({.endpoint = hub.endpoint(), .token = hub.token()});
    const auto listing = client.block_on(HfApi(client).list_models({.author = "acme"}).collect());
    const auto early = listing.at(1).id, late = listing.at(39).id; // under way, and not begun
    std::map<std::string, std::string> newer;
    bool is_told = false;
    asio::steady_timer told(context, std::chrono::steady_clock::time_point::max());
    list.before_put = [&](const mirror::Job& job) -> asio::awaitable<void> {
        const auto known = newer.find(job.repo_id);
        if (is_told || (known != newer.end() && known->second == job.commit)) co_return;
        if (newer.empty()) {
            for (const auto& repo : {early, late})
                newer[repo] = commit(repo, "x", "2");
            for (const auto& repo : {early, late})
                co_await planner.look_at(RepoType::model, repo);
            is_told = true;
            told.cancel();
        }
        if (is_told) co_return;
        boost::system::error_code ignored;
        co_await told.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    };
    wait_for(context, planner.round());
    BOOST_TEST(list.wanted.size() == 40u);
    BOOST_TEST(list.wanted[early] == newer[early]);
    BOOST_TEST(list.wanted[late] == newer[late]);
}

BOOST_FIXTURE_TEST_CASE(one_rule_that_fails_does_not_hide_another, PlannerFixture)
{
    const auto commit = hub.seed_repo("acme/a", {{"x", "1"}});
    settings = config("[{model: acme/a, follow: gone}, {model: acme/a}]");
    try {
        wait_for(context, planner.look_at(RepoType::model, "acme/a"));
        BOOST_ERROR("a branch that is gone is not missed");
    } catch (const RevisionNotFoundError&) {
    }
    BOOST_TEST(list.wanted["acme/a"] == commit);
}

BOOST_AUTO_TEST_SUITE_END()
