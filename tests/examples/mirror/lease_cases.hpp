// What becomes of a process that stood still for longer than its lease, as functions of a place with a list
// of either kind.
#pragma once

#include <boost/test/unit_test.hpp>

#include <atomic>

#include "fixture.hpp"

namespace hfasync::tests {

/// A service on the test's thread: it runs while somebody waits for something, and stands still between, as a
/// process that is stopped.
class Stepped {
public:
    explicit Stepped(mirror::Config config) : service_(context_, std::move(config), {})
    {
        asio::co_spawn(context_, service_.run(),
                       asio::bind_cancellation_slot(stop_.slot(), [this](const std::exception_ptr& failed) {
                           is_over_ = true;
                           failure_ = failed;
                       }));
    }
    ~Stepped()
    {
        asio::post(context_, [this] { stop_.emit(asio::cancellation_type::terminal); });
        wait_until([this] { return is_over_; });
    }
    /// \throws what the service ends with
    bool run_until(const std::function<bool()>& holds)
    {
        const bool held = wait_until([&] { return is_over_ || holds(); });
        if (is_over_ && failure_) std::rethrow_exception(failure_);
        return held && holds();
    }
    /// Nothing is left to do.
    bool is_done()
    {
        const auto page = boost::json::parse(service_.status().json());
        return page.at("counts").at("done").as_int64() == 1 && page.at("here").at("active").as_int64() == 0;
    }
    /// How the jobs that have ended here ended, oldest first.
    std::vector<std::string> outcomes()
    {
        const auto page = boost::json::parse(service_.status().json());
        std::vector<std::string> out;
        for (const auto& job : page.at("ended").as_array())
            out.insert(out.begin(), std::string(job.at("outcome").as_string()));
        return out;
    }

private:
    bool wait_until(const std::function<bool()>& holds)
    {
        const auto end = std::chrono::steady_clock::now() + long_enough;
        while (!holds()) {
            if (std::chrono::steady_clock::now() > end) return false;
            context_.run_one_for(std::chrono::milliseconds(10));
        }
        return true;
    }

    asio::io_context context_{1};
    mirror::Service service_;
    asio::cancellation_signal stop_;
    bool is_over_ = false;
    std::exception_ptr failure_;
};

/// Two versions of a repo, and another Hub.
struct LeasePlace : MirrorFixture {
    LeasePlace()
        : MirrorFixture({.on_request =
                             [this](const emulator::SeenRequest& request) {
                                 downloads += request.method == "GET" &&
                                              request.target.find("/resolve/") != std::string::npos;
                             }}),
          other({.on_request = [this](const emulator::SeenRequest& request) {
              preuploads += request.target.find("/preupload/") != std::string::npos;
          }})
    {
        first = hub.seed_repo("acme/tiny", {{"a", "1"}, {"b", "1"}});
    }

    mirror::Config settings(const std::string& target = {}, const std::string& more = {})
    {
        auto made = config("[{model: acme/tiny}]", "every: 1h\nlease: 500ms\n" + more, target);
        if (auto* to = std::get_if<mirror::HubTargetConfig>(&made.target)) to->hub.token = other.token();
        if (redis) made.list = *redis;
        return made;
    }
    std::string to_hub() const
    {
        return fmt::format("{{endpoint: '{}', token_env: TOKEN, work: work}}", other.endpoint());
    }
    /// The newest first.
    std::vector<std::string> mirrored()
    {
        Hub client({.endpoint = other.endpoint(), .token = other.token()});
        std::vector<std::string> out;
        for (const auto& commit : client.block_on(HfApi(client).list_repo_commits("acme/tiny").collect())) {
            const auto text = commit.title + "\n" + commit.message;
            const auto at = text.find("Mirrored-From: ");
            if (at != std::string::npos) out.push_back(text.substr(text.find('@', at) + 1, 40));
        }
        return out;
    }
    std::string linked() const
    {
        const auto link = out() / "models/acme/tiny/main";
        return fs::is_symlink(link) ? fs::read_symlink(link).filename().string() : "nothing";
    }
    template <class T>
    T ask_list(const std::function<asio::awaitable<T>(mirror::WorkList&)>& question,
               const std::string& owner = "test",
               std::chrono::milliseconds lease = std::chrono::milliseconds(500))
    {
        asio::io_context context(1);
        auto how = settings();
        how.lease = lease;
        const auto list = mirror::make_list(context.get_executor(), how, owner);
        return wait_for(context, question(*list));
    }
    /// As another process would, once the lease of who has it is over.
    mirror::Job take_over(const std::string& owner, std::chrono::milliseconds lease)
    {
        std::vector<mirror::Job> jobs;
        BOOST_REQUIRE(eventually([&] {
            jobs = ask_list<std::vector<mirror::Job>>([](mirror::WorkList& list) { return list.claim(1); },
                                                      owner, lease);
            return !jobs.empty();
        }));
        return jobs[0];
    }
    mirror::Job job(const std::string& commit) const
    {
        mirror::Job out;
        out.repo_id = "acme/tiny";
        out.revision = "main";
        out.commit = commit;
        return out;
    }

    /// Moves the source on. The list knows at once: who takes over must not begin with the older commit,
    /// whose files the process that stands still has locked.
    std::string newer()
    {
        const auto made = commit("acme/tiny", "a", "2");
        BOOST_TEST(ask_list<bool>([&](mirror::WorkList& list) { return list.put(job(made)); }));
        return made;
    }

    std::atomic<int> downloads = 0, preuploads = 0;
    emulator::Emulator other;
    std::optional<mirror::RedisConfig> redis;
    std::string first;
};

const std::vector<std::string> lost{"lost"}, lost_and_checked{"lost", "unchanged"},
    lost_and_mirrored{"lost", "mirrored"}, only_mirrored{"mirrored"};

inline void an_older_commit_stays_away_from_a_folder(LeasePlace& place)
{
    Stepped stopped(place.settings());
    BOOST_REQUIRE(stopped.run_until([&] { return place.downloads > 0; }));
    const auto second = place.newer();
    BOOST_TEST((place.once(place.settings()) == mirror::Counts{.done = 1}));
    BOOST_REQUIRE(place.linked() == second);
    BOOST_REQUIRE(stopped.run_until([&] { return !stopped.outcomes().empty(); }));
    BOOST_TEST(stopped.outcomes() == lost, boost::test_tools::per_element());
    BOOST_TEST(place.linked() == second);
    BOOST_TEST(content_of(place.out() / "models/acme/tiny/main/a") == "2");
    BOOST_TEST(content_of(place.out() / "models/acme/tiny/main/b") == "1");
}

inline void an_older_commit_stays_away_from_a_hub(LeasePlace& place)
{
    Stepped stopped(place.settings(place.to_hub()));
    BOOST_REQUIRE(stopped.run_until([&] { return place.downloads > 0; }));
    const auto second = place.newer();
    BOOST_TEST((place.once(place.settings(place.to_hub())) == mirror::Counts{.done = 1}));
    BOOST_REQUIRE(stopped.run_until([&] { return !stopped.outcomes().empty(); }));
    BOOST_TEST(stopped.outcomes() == lost, boost::test_tools::per_element());
    BOOST_TEST(place.mirrored() == std::vector{second}, boost::test_tools::per_element());
}

/// It had asked, and was about to publish.
inline void what_may_have_been_published_is_looked_at_again(LeasePlace& place)
{
    Stepped stopped(place.settings(place.to_hub()));
    BOOST_REQUIRE(stopped.run_until([&] { return place.preuploads > 0; }));
    const auto second = place.newer();
    BOOST_TEST((place.once(place.settings(place.to_hub())) == mirror::Counts{.done = 1}));
    BOOST_REQUIRE(stopped.run_until([&] { return stopped.outcomes().size() == 2; }));
    BOOST_TEST(stopped.outcomes() == lost_and_checked, boost::test_tools::per_element());
    BOOST_TEST(place.mirrored() == std::vector{second}, boost::test_tools::per_element());
}

/// Nobody else wanted its jobs: it goes on with them, and does not begin them a second time beside.
inline void leases_are_not_taken_from_oneself(LeasePlace& place)
{
    Stepped stopped(place.settings());
    BOOST_REQUIRE(stopped.run_until([&] { return place.downloads > 0; }));
    const auto over = std::chrono::steady_clock::now() + std::chrono::milliseconds(600);
    BOOST_REQUIRE(eventually([&] { return std::chrono::steady_clock::now() > over; }));
    BOOST_REQUIRE(stopped.run_until([&] { return stopped.is_done(); }));
    BOOST_TEST(stopped.outcomes() == only_mirrored, boost::test_tools::per_element());
    BOOST_TEST(place.linked() == place.first);
}

/// Another one had it in between, and there is something newer to do.
inline void a_subject_that_comes_back(LeasePlace& place)
{
    Stepped stopped(place.settings());
    BOOST_REQUIRE(stopped.run_until([&] { return place.downloads > 0; }));
    const auto taken = place.take_over("another", std::chrono::milliseconds(500));
    BOOST_TEST(place.ask_list<bool>([&](mirror::WorkList& list) { return list.complete(taken); }, "another"));
    const auto second = place.newer();
    BOOST_REQUIRE(stopped.run_until([&] { return stopped.outcomes().size() == 2; }));
    BOOST_TEST(stopped.outcomes() == lost_and_mirrored, boost::test_tools::per_element());
    BOOST_TEST(place.linked() == second);
}

inline void a_job_that_ends_its_processes(LeasePlace& place)
{
    BOOST_TEST(
        place.ask_list<bool>([&](mirror::WorkList& list) { return list.put(place.job(place.first)); }));
    // The second lease is long enough for the round below to find the job under way: a round that finds it
    // failed begins it anew.
    BOOST_TEST(place.take_over("dead1", std::chrono::milliseconds(30)).attempt == 1);
    BOOST_TEST(place.take_over("dead2", std::chrono::seconds(3)).attempt == 2);
    const auto settings = place.settings({}, "attempts: 2\n");
    std::string page;
    BOOST_TEST((place.once(settings, &page) == mirror::Counts{.failed = 1}));
    BOOST_TEST(page.find("given up after 2 attempts") != std::string::npos, page);
    BOOST_TEST(place.downloads == 0);
    // The next round tries again.
    BOOST_TEST((place.once(settings) == mirror::Counts{.done = 1}));
}

} // namespace hfasync::tests

#define MIRROR_LEASE_CASES(Fixture)                                                                          \
    BOOST_FIXTURE_TEST_CASE(a_folder, Fixture)                                                               \
    {                                                                                                        \
        hfasync::tests::an_older_commit_stays_away_from_a_folder(*this);                                     \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(another_hub, Fixture)                                                            \
    {                                                                                                        \
        hfasync::tests::an_older_commit_stays_away_from_a_hub(*this);                                        \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(in_the_middle_of_a_commit, Fixture)                                              \
    {                                                                                                        \
        hfasync::tests::what_may_have_been_published_is_looked_at_again(*this);                              \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(nobody_else, Fixture)                                                            \
    {                                                                                                        \
        hfasync::tests::leases_are_not_taken_from_oneself(*this);                                            \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(the_same_again, Fixture)                                                         \
    {                                                                                                        \
        hfasync::tests::a_subject_that_comes_back(*this);                                                    \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(given_up, Fixture)                                                               \
    {                                                                                                        \
        hfasync::tests::a_job_that_ends_its_processes(*this);                                                \
    }
