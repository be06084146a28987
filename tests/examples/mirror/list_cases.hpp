// What both work lists promise, as functions of a place to make lists on: each call makes one as another
// process would.
#pragma once

#include <boost/test/unit_test.hpp>

#include <set>

#include "fixture.hpp"

namespace hfasync::tests {

/// Two processes and more on one list.
struct ListPlace {
    std::function<std::unique_ptr<mirror::WorkList>(asio::io_context&, std::string owner,
                                                    std::chrono::milliseconds lease)>
        make;
    asio::io_context context{1};

    std::unique_ptr<mirror::WorkList> list(const std::string& owner,
                                           std::chrono::milliseconds lease = long_lease)
    {
        return make(context, owner, lease);
    }
    template <class T>
    T wait(asio::awaitable<T> call)
    {
        return wait_for(context, std::move(call));
    }
    /// As somebody else would write it who has the same list.
    std::function<void(const std::string& subject, const std::string& payload)> spoil;
    static constexpr std::chrono::milliseconds long_lease{600'000}, short_lease{30};
};

inline const std::string commit_a(40, 'a'), commit_b(40, 'b');

inline mirror::Job job_of(const std::string& repo, const std::string& commit = commit_a)
{
    mirror::Job job;
    job.repo_id = repo;
    job.revision = "main";
    job.commit = commit;
    return job;
}

inline void a_job_goes_through(ListPlace& place)
{
    const auto list = place.list("one");
    auto job = job_of("acme/tiny");
    job.type = RepoType::dataset;
    job.files = {"*.json", "\"odd\"\n"};
    job.exclude = {"x"};
    BOOST_TEST(place.wait(list->claim(5)).empty());
    BOOST_TEST(place.wait(list->put(job)));
    BOOST_TEST(!place.wait(list->put(job)));
    BOOST_TEST((place.wait(list->counts()) == mirror::Counts{.waiting = 1}));
    const auto claimed = place.wait(list->claim(5));
    BOOST_REQUIRE(claimed.size() == 1u);
    BOOST_TEST(claimed[0].subject() == "dataset:acme/tiny@main");
    BOOST_TEST(claimed[0].version() == job.version());
    BOOST_TEST(claimed[0].files == job.files, boost::test_tools::per_element());
    BOOST_TEST(claimed[0].attempt == 1);
    BOOST_TEST((place.wait(list->counts()) == mirror::Counts{.active = 1}));
    BOOST_TEST(place.wait(list->claim(5)).empty());
    BOOST_TEST(!place.wait(list->put(job))); // it is being worked on
    BOOST_TEST(place.wait(list->complete(claimed[0])));
    BOOST_TEST(!place.wait(list->complete(claimed[0])));
    BOOST_TEST((place.wait(list->counts()) == mirror::Counts{.done = 1}));
    BOOST_TEST(!place.wait(list->put(job)));
    BOOST_TEST(place.wait(list->completed(job.subject())).value() == job.version());
    BOOST_TEST(!place.wait(list->completed("model:no/body@main")));
    // The same commit with other patterns is other work.
    job.files.clear();
    BOOST_TEST(place.wait(list->put(job)));
}

inline void each_job_goes_to_one_process(ListPlace& place)
{
    const auto one = place.list("one"), two = place.list("two");
    for (int i = 0; i < 20; ++i)
        place.wait(one->put(job_of("acme/r" + std::to_string(i))));
    std::set<std::string> seen;
    std::vector<mirror::Job> of_one, of_two;
    while (seen.size() < 20) {
        for (auto* list : {&one, &two})
            for (auto& job : place.wait((*list)->claim(3))) {
                BOOST_TEST(seen.insert(job.subject()).second, job.subject());
                (list == &one ? of_one : of_two).push_back(job);
            }
    }
    BOOST_TEST(of_one.size() >= 8u);
    BOOST_TEST(of_two.size() >= 8u);
    // Nobody else can end it.
    BOOST_TEST(!place.wait(two->complete(of_one[0])));
    BOOST_TEST(!place.wait(two->fail(of_one[0], "no", std::nullopt)));
    const auto lost = place.wait(two->extend({of_two[1], of_one[0], of_two[0]}));
    BOOST_REQUIRE(lost.size() == 1u);
    BOOST_TEST(lost[0].subject() == of_one[0].subject());
    BOOST_TEST(lost[0].claim == of_one[0].claim);
    BOOST_TEST(place.wait(one->complete(of_one[0])));
}

inline void a_lease_that_is_over_is_taken_over(ListPlace& place)
{
    const auto dead = place.list("dead", ListPlace::short_lease);
    place.wait(dead->put(job_of("acme/tiny")));
    const auto lost = place.wait(dead->claim(1));
    BOOST_REQUIRE(lost.size() == 1u);
    const auto heir = place.list("heir", ListPlace::short_lease);
    std::vector<mirror::Job> taken;
    BOOST_TEST(eventually([&] {
        taken = place.wait(heir->claim(1));
        return !taken.empty();
    }));
    BOOST_TEST(taken[0].subject() == lost[0].subject());
    BOOST_TEST(taken[0].attempt == 2);
    BOOST_TEST(place.wait(dead->extend(lost)).size() == 1u);
    BOOST_TEST(!place.wait(dead->complete(lost[0])));
    BOOST_TEST(place.wait(heir->complete(taken[0])));
    BOOST_TEST((place.wait(heir->counts()) == mirror::Counts{.done = 1}));
}

inline void an_extended_lease_holds(ListPlace& place)
{
    // Long enough for a loaded machine between two calls, short enough to be waited for.
    constexpr std::chrono::milliseconds lease{3'000};
    const auto owner = place.list("owner", lease), other = place.list("other", lease);
    place.wait(owner->put(job_of("acme/tiny")));
    const auto mine = place.wait(owner->claim(1));
    const auto end = std::chrono::steady_clock::now() + lease + lease / 3;
    while (std::chrono::steady_clock::now() < end) {
        if (!place.wait(owner->extend(mine)).empty())
            break; // this machine was away for longer than the lease
        BOOST_TEST(place.wait(other->claim(1)).empty());
    }
}

inline void a_newer_commit_waits_for_the_older(ListPlace& place)
{
    const auto list = place.list("one"), other = place.list("two");
    place.wait(list->put(job_of("acme/tiny", commit_a)));
    const auto first = place.wait(list->claim(1));
    BOOST_TEST(place.wait(list->put(job_of("acme/tiny", commit_b))));
    BOOST_TEST(place.wait(other->claim(1)).empty()); // one process a subject
    BOOST_TEST(place.wait(list->complete(first[0])));
    BOOST_TEST((place.wait(list->counts()) == mirror::Counts{.waiting = 1}));
    const auto second = place.wait(other->claim(1));
    BOOST_REQUIRE(second.size() == 1u);
    BOOST_TEST(second[0].commit == commit_b);
    BOOST_TEST(second[0].attempt == 1);
    BOOST_TEST(place.wait(other->complete(second[0])));
    BOOST_TEST(place.wait(list->completed("model:acme/tiny@main")).value() == commit_b);
    // A newer one that comes while the older still waits takes its place.
    place.wait(list->put(job_of("acme/tiny", commit_a)));
    place.wait(list->put(job_of("acme/tiny", std::string(40, 'c'))));
    const auto third = place.wait(list->claim(5));
    BOOST_REQUIRE(third.size() == 1u);
    BOOST_TEST(third[0].commit == std::string(40, 'c'));
    // It has failed, but a newer one is there: that has its own attempts.
    place.wait(list->put(job_of("acme/tiny", commit_b)));
    BOOST_TEST(place.wait(list->fail(third[0], "why", std::nullopt)));
    const auto fourth = place.wait(list->claim(5));
    BOOST_REQUIRE(fourth.size() == 1u);
    BOOST_TEST(fourth[0].commit == commit_b);
}

inline void failures(ListPlace& place)
{
    using std::chrono::milliseconds;
    const auto list = place.list("one");
    place.wait(list->put(job_of("acme/tiny")));
    auto claimed = place.wait(list->claim(1));
    BOOST_TEST(place.wait(list->fail(claimed[0], "later", milliseconds(3'600'000))));
    BOOST_TEST(place.wait(list->claim(1)).empty());
    BOOST_TEST((place.wait(list->counts()) == mirror::Counts{.waiting = 1}));
    // A commit that is new does not wait for the old one's time.
    BOOST_TEST(place.wait(list->put(job_of("acme/tiny", commit_b))));
    claimed = place.wait(list->claim(1));
    BOOST_REQUIRE(claimed.size() == 1u);
    BOOST_TEST(place.wait(list->fail(claimed[0], "soon", milliseconds(1))));
    BOOST_TEST(eventually([&] {
        claimed = place.wait(list->claim(1));
        return !claimed.empty();
    }));
    BOOST_TEST(claimed[0].attempt == 2);
    BOOST_TEST(place.wait(list->fail(claimed[0], "never", std::nullopt)));
    BOOST_TEST((place.wait(list->counts()) == mirror::Counts{.failed = 1}));
    BOOST_TEST(place.wait(list->claim(1)).empty());
    // The next round tries it again.
    BOOST_TEST(place.wait(list->put(job_of("acme/tiny", commit_b))));
    claimed = place.wait(list->claim(1));
    BOOST_REQUIRE(claimed.size() == 1u);
    BOOST_TEST(claimed[0].attempt == 1);
}

inline void what_ended_is_looked_at_again(ListPlace& place)
{
    const auto list = place.list("one"), other = place.list("two");
    const auto subject = job_of("acme/tiny").subject();
    BOOST_TEST(!place.wait(other->redo(subject))); // it knows of none
    const auto claim = [&] {
        const auto claimed = place.wait(list->claim(5));
        BOOST_REQUIRE(claimed.size() == 1u);
        BOOST_TEST(claimed[0].commit == commit_a);
        BOOST_TEST(claimed[0].attempt == 1);
        return claimed[0];
    };
    const auto is = [&](mirror::Counts counts) { return place.wait(list->counts()) == counts; };
    place.wait(list->put(job_of("acme/tiny")));
    BOOST_TEST(place.wait(list->complete(claim())));
    // It is done: it waits again, at the version that is wanted.
    BOOST_TEST(place.wait(other->redo(subject)));
    BOOST_TEST(is({.waiting = 1}));
    auto job = claim();
    // It is worked on: once more after that, but once only.
    BOOST_TEST(place.wait(other->redo(subject)));
    BOOST_TEST(is({.active = 1}));
    BOOST_TEST(place.wait(other->claim(5)).empty());
    BOOST_TEST(place.wait(list->complete(job)));
    BOOST_TEST(is({.waiting = 1}));
    BOOST_TEST(place.wait(list->complete(claim())));
    BOOST_TEST(is({.done = 1}));
    // What begins after it has seen what there is.
    place.wait(other->redo(subject));
    BOOST_TEST(place.wait(list->complete(claim())));
    BOOST_TEST(is({.done = 1}));
    // It has failed for good: not any more.
    place.wait(other->redo(subject));
    BOOST_TEST(place.wait(list->fail(claim(), "why", std::nullopt)));
    BOOST_TEST(place.wait(other->redo(subject)));
    BOOST_TEST(place.wait(list->complete(claim())));
    BOOST_TEST(is({.done = 1}));
}

inline void what_cannot_be_read_stops_no_other(ListPlace& place)
{
    const auto list = place.list("one");
    std::vector<mirror::Job> jobs;
    for (const auto* repo : {"acme/a", "acme/b", "acme/c", "acme/d", "acme/e"})
        place.wait(list->put(jobs.emplace_back(job_of(repo))));
    place.spoil(jobs[0].subject(), "no JSON");
    auto bad_name = jobs[1].payload();
    bad_name.replace(bad_name.find("acme/b"), 6, "../b--");
    place.spoil(jobs[1].subject(), bad_name);
    place.spoil(jobs[2].subject(), jobs[4].payload()); // nothing could be said of it: another one's
    place.spoil(jobs[3].subject(), job_of("acme/d", commit_b).payload()); // not what is wanted
    std::vector<mirror::Job> claimed;
    for (std::size_t i = 0; i < jobs.size(); ++i)
        for (auto& job : place.wait(list->claim(1)))
            claimed.push_back(std::move(job));
    BOOST_REQUIRE(claimed.size() == 1u);
    BOOST_TEST(claimed[0].subject() == jobs[4].subject());
    BOOST_TEST((place.wait(list->counts()) == mirror::Counts{.active = 1, .failed = 4}));
    BOOST_TEST(place.wait(list->complete(claimed[0])));
    // The next round writes them anew; and beside a bad one good ones are claimed.
    for (std::size_t i = 0; i < 4; ++i)
        BOOST_TEST(place.wait(list->put(jobs[i])), jobs[i].repo_id);
    place.spoil(jobs[0].subject(), "{}");
    BOOST_TEST(place.wait(list->claim(9)).size() == 3u);
    BOOST_TEST((place.wait(list->counts()) == mirror::Counts{.active = 3, .done = 1, .failed = 1}));
}

inline void claims_are_given_back(ListPlace& place)
{
    const auto one = place.list("one"), two = place.list("two");
    for (const auto* repo : {"acme/a", "acme/b", "acme/c"})
        place.wait(one->put(job_of(repo)));
    place.wait(one->claim(2));
    const auto kept = place.wait(two->claim(1));
    BOOST_TEST(place.wait(one->begin_round("r", mirror::WorkList::Round::when_due)).count() == 0);
    place.wait(one->give_back());
    BOOST_TEST((place.wait(two->counts()) == mirror::Counts{.waiting = 2, .active = 1}));
    for (const auto& job : place.wait(two->claim(5)))
        BOOST_TEST(job.attempt == 1);
    BOOST_TEST(place.wait(two->complete(kept[0])));
    BOOST_TEST(place.wait(two->begin_round("r", mirror::WorkList::Round::when_due)).count() == 0);
    // And the former owner can go on.
    place.wait(one->put(job_of("acme/d")));
    BOOST_TEST(place.wait(one->claim(1)).size() == 1u);
}

inline void one_process_makes_the_round(ListPlace& place)
{
    using Round = mirror::WorkList::Round;
    const auto one = place.list("one"), two = place.list("two");
    BOOST_TEST(place.wait(one->begin_round("r", Round::when_due)).count() == 0);
    BOOST_TEST(place.wait(one->begin_round("r", Round::when_due)).count() == 0); // goes on with it
    BOOST_TEST(place.wait(two->begin_round("r", Round::now)).count() > 0);
    BOOST_TEST(place.wait(two->begin_round("other rules", Round::when_due)).count() == 0);
    place.wait(two->end_round("r", std::chrono::hours(1))); // not its round
    BOOST_TEST(place.wait(one->begin_round("r", Round::when_due)).count() == 0);
    place.wait(one->end_round("r", std::chrono::hours(1)));
    const auto wait = place.wait(two->begin_round("r", Round::when_due));
    BOOST_TEST(wait.count() > 3'000'000);
    BOOST_TEST(wait.count() <= 3'600'000);
    BOOST_TEST(place.wait(two->begin_round("r", Round::now)).count() == 0);
    // Of a process that has died.
    const auto dead = place.list("dead", ListPlace::short_lease);
    BOOST_TEST(place.wait(dead->begin_round("s", Round::when_due)).count() == 0);
    BOOST_TEST(eventually([&] { return place.wait(one->begin_round("s", Round::when_due)).count() == 0; }));
}

} // namespace hfasync::tests

#define MIRROR_LIST_CASES(Fixture)                                                                           \
    BOOST_FIXTURE_TEST_CASE(goes_through, Fixture)                                                           \
    {                                                                                                        \
        hfasync::tests::a_job_goes_through(*this);                                                           \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(one_process_a_job, Fixture)                                                      \
    {                                                                                                        \
        hfasync::tests::each_job_goes_to_one_process(*this);                                                 \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(taken_over, Fixture)                                                             \
    {                                                                                                        \
        hfasync::tests::a_lease_that_is_over_is_taken_over(*this);                                           \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(extended, Fixture)                                                               \
    {                                                                                                        \
        hfasync::tests::an_extended_lease_holds(*this);                                                      \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(newer_commit, Fixture)                                                           \
    {                                                                                                        \
        hfasync::tests::a_newer_commit_waits_for_the_older(*this);                                           \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(failed_attempts, Fixture)                                                        \
    {                                                                                                        \
        hfasync::tests::failures(*this);                                                                     \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(again, Fixture)                                                                  \
    {                                                                                                        \
        hfasync::tests::what_ended_is_looked_at_again(*this);                                                \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(unreadable, Fixture)                                                             \
    {                                                                                                        \
        hfasync::tests::what_cannot_be_read_stops_no_other(*this);                                           \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(given_back, Fixture)                                                             \
    {                                                                                                        \
        hfasync::tests::claims_are_given_back(*this);                                                        \
    }                                                                                                        \
    BOOST_FIXTURE_TEST_CASE(rounds, Fixture)                                                                 \
    {                                                                                                        \
        hfasync::tests::one_process_makes_the_round(*this);                                                  \
    }
