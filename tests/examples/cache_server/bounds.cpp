// What strangers can make the server remember and keep has an end.
#include "store_fixture.hpp"

using namespace cache_server;
using namespace cache_server::test;

namespace {

struct IndexFixture {
    hfasync::tests::TempFolder dir;
    const Repo repo{hfasync::RepoType::model, "acme/tiny"};
    const std::string commit = std::string(40, 'a');
    const Clock::time_point now = Clock::now();

    /// What `use` does to an index of few places; everything is written when it returns.
    template <class Use>
    void with_index(Use use, IndexLimits limits = {.files = 3, .absent = 2})
    {
        boost::asio::thread_pool disk(1);
        Index index(dir.path(), disk, [](const Repo&, const std::string&) { return true; }, limits);
        use(index);
        disk.join();
    }
    FileFacts facts(std::uint64_t size) const { return {commit, std::string(64, 'b'), size}; }
    std::size_t lines() const
    {
        std::ifstream in(dir.path() / (repo.key() + ".ndjson"));
        return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(in), {}, '\n'));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(cache_server_bounds)

BOOST_FIXTURE_TEST_CASE(names_that_are_not_there_take_no_files_place, IndexFixture)
{
    with_index([&](Index& index) {
        for (int i = 0; i < 10; ++i)
            index.set_absent(repo, commit, "none" + std::to_string(i), now);
        BOOST_TEST(!index.file(repo, commit, "none7"));
        BOOST_TEST(index.file(repo, commit, "none8")->absent());
        index.set_absent(repo, commit, "none", now); // 9 is what was not used longest
        BOOST_TEST(index.file(repo, commit, "none8")->absent());
        BOOST_TEST(!index.file(repo, commit, "none9"));
        for (std::uint64_t i = 1; i <= 3; ++i)
            index.set_file(repo, std::to_string(i), facts(i));
        for (std::uint64_t i = 1; i <= 3; ++i)
            BOOST_TEST((index.file(repo, commit, std::to_string(i)) == facts(i)));
        BOOST_TEST(index.file(repo, commit, "none")->absent());
    });
    BOOST_TEST(lines() == 3U);
}

BOOST_FIXTURE_TEST_CASE(an_absence_has_an_end, IndexFixture)
{
    with_index([&](Index& index) {
        index.set_absent(repo, commit, "a", now + std::chrono::hours(1));
        BOOST_TEST(!index.is_due(repo, commit, "a", now));
        BOOST_TEST(index.is_due(repo, commit, "a", now + std::chrono::hours(1)));
        BOOST_TEST(!index.is_due(repo, commit, "b", now));
        index.set_file(repo, "a", facts(1)); // there after all
        BOOST_TEST(!index.is_due(repo, commit, "a", now + std::chrono::hours(1)));
        BOOST_TEST((index.file(repo, commit, "a") == facts(1)));
    });
}

BOOST_FIXTURE_TEST_CASE(a_new_file_takes_the_place_of_the_one_not_used_longest, IndexFixture)
{
    const Repo other{hfasync::RepoType::dataset, "acme/data"};
    with_index([&](Index& index) {
        index.set_file(repo, "1", facts(1));
        index.set_file(other, "2", facts(2));
        index.set_file(repo, "3", facts(3));
        index.file(repo, commit, "1");
        index.set_file(repo, "4", facts(4));
        BOOST_TEST(!index.file(other, commit, "2"));
        for (const std::uint64_t i : {1, 3, 4})
            BOOST_TEST((index.file(repo, commit, std::to_string(i)) == facts(i)));
        index.set_file(other, "2", facts(2)); // seen again
        BOOST_TEST((index.file(other, commit, "2") == facts(2)));
        BOOST_TEST(!index.file(repo, commit, "1"));
    });
    // The journals say more than there is place for; the newest lines count.
    const auto kept = [&](Index& index) {
        std::size_t count = 0;
        for (const auto* path : {"1", "2", "3", "4"})
            count += index.file(repo, commit, path) ? 1 : 0;
        return count + (index.file(other, commit, "2") ? 1 : 0);
    };
    with_index([&](Index& index) { BOOST_TEST(kept(index) == 3U); });
    with_index([&](Index& index) { BOOST_TEST(kept(index) == 4U); }, {.files = 10, .absent = 2});
}

BOOST_FIXTURE_TEST_CASE(a_journal_does_not_grow_for_ever, IndexFixture)
{
    with_index([&](Index& index) {
        index.set_public(repo, {true, now});
        for (std::uint64_t i = 1; i <= 5000; ++i)
            index.set_file(repo, std::to_string(i), facts(i));
        index.set_ref(repo, "main", {commit, now});
    });
    BOOST_TEST(lines() < 1100U);
    with_index([&](Index& index) {
        for (const std::uint64_t i : {4998, 4999, 5000})
            BOOST_TEST((index.file(repo, commit, std::to_string(i)) == facts(i)));
        BOOST_TEST(index.seen_public(repo)->is_public);
        BOOST_TEST(index.ref(repo, "main")->commit == commit);
    });
    BOOST_TEST(lines() == 5U); // written anew when it was read
}

BOOST_FIXTURE_TEST_CASE(a_branch_that_moves_often_does_not_fill_the_journal, IndexFixture)
{
    const std::string other(40, 'c');
    with_index([&](Index& index) {
        index.set_file(repo, "1", facts(1));
        for (int i = 0; i < 3000; ++i)
            index.set_ref(repo, "main", {i % 2 ? commit : other, now});
    });
    BOOST_TEST(lines() < 1100U);
    with_index([&](Index& index) {
        BOOST_TEST(index.ref(repo, "main")->commit == commit);
        BOOST_TEST((index.file(repo, commit, "1") == facts(1)));
    });
}

BOOST_FIXTURE_TEST_CASE(the_journal_of_a_repo_that_lost_its_files_shrinks, IndexFixture)
{
    const Repo other{hfasync::RepoType::dataset, "acme/data"};
    with_index(
        [&](Index& index) {
            for (std::uint64_t i = 1; i <= 1500; ++i)
                index.set_file(repo, std::to_string(i), facts(i));
            for (std::uint64_t i = 1; i <= 1500; ++i)
                index.set_file(other, std::to_string(i), facts(i));
        },
        {.files = 1500, .absent = 2});
    BOOST_TEST(lines() < 300U);
}

BOOST_AUTO_TEST_CASE(the_last_used_are_remembered)
{
    const auto now = Clock::now();
    Remembered names(2);
    names.set("a", now + std::chrono::seconds(1));
    names.set("b", now + std::chrono::seconds(2));
    BOOST_TEST(names.has("a", now));
    names.set("c", now + std::chrono::seconds(3)); // b goes
    BOOST_TEST(names.has("a", now));
    BOOST_TEST(!names.has("b", now));
    BOOST_TEST(!names.has("a", now + std::chrono::seconds(1)));
    BOOST_TEST((names.end_of("a") == now + std::chrono::seconds(1)));
    names.forget("a");
    BOOST_TEST(!names.end_of("a"));
    BOOST_TEST(names.has("c", now));
    names.set("c", now); // anew
    BOOST_TEST(!names.has("c", now));
}

BOOST_FIXTURE_TEST_CASE(a_path_that_is_too_long_is_not_asked_for, CacheFixture)
{
    const auto target = [&](std::size_t size) {
        std::string path(size, 'a');
        for (std::size_t i = 100; i < size; i += 100) // no Hub takes a name of thousands
            path[i] = '/';
        return "/acme/tiny/resolve/" + commit + "/" + path;
    };
    for (const auto* method : {"GET", "HEAD"})
        BOOST_TEST(ask(method, target(4097)).status == 400);
    BOOST_TEST(get(target(30'000)).status == 400);
    BOOST_TEST(seen_all() == 0U);
    BOOST_TEST(get(target(4096)).status == 404);
}

BOOST_FIXTURE_TEST_CASE(what_was_not_there_is_asked_for_again_after_a_while, CacheFixture)
{
    const auto target = "/acme/tiny/resolve/" + commit + "/none.txt";
    const auto missing = [&](std::size_t questions) {
        const auto got = get(target);
        BOOST_TEST(got.status == 404);
        BOOST_TEST(got.header("X-Error-Code") == "EntryNotFound");
        BOOST_TEST(seen("HEAD") == questions);
    };
    missing(1);
    later = 3500;
    missing(1);
    later = 3700;
    missing(2);
    missing(2);
    unplug(); // the last that was known counts
    later = 10'000;
    BOOST_TEST(get(target).status == 404);
}

BOOST_FIXTURE_TEST_CASE(small_files_take_whole_blocks, StoreFixture)
{
    put("objects/r/a", "a");
    BOOST_TEST(metrics.stored_bytes == block);
    put("answers/b", std::string(block + 1, 'b'));
    BOOST_TEST(metrics.stored_bytes == 3 * block);
    store.reset();
    store = std::make_unique<Store>(options, disk, metrics); // looks at them
    BOOST_TEST(metrics.stored_bytes == 3 * block);
    for (int i = 0; i < 200; ++i)
        put("answers/" + std::to_string(i), "x");
    BOOST_TEST(metrics.stored_files == 100U);
    BOOST_TEST(metrics.stored_bytes == 100 * block);
    BOOST_TEST(metrics.evictions == 102U);
    BOOST_TEST(metrics.evicted_bytes == 1 + block + 1 + 100);
    BOOST_TEST(run(store->reserve(1)));
    BOOST_TEST(run(store->reserve(99 * block)));
    BOOST_TEST(!run(store->reserve(1)));
    store->release(1);
    BOOST_TEST(run(store->reserve(block)));
}

BOOST_FIXTURE_TEST_CASE(the_last_used_answers_stay, StoreFixture)
{
    store.reset();
    store = std::make_unique<Store>(options, disk, metrics, 3);
    put("objects/r/old", "file");
    for (const auto* name : {"a", "b", "c"})
        put(std::string("answers/") + name, name);
    run(store->open("answers/a"));
    auto b = run(store->open("answers/b"));
    run(store->open("answers/a"));
    run(store->open("answers/c"));
    put("answers/d", "d"); // b was not used longest, but is in use
    BOOST_TEST(!on_disk("answers/a"));
    b.reset();
    put("answers/e", "e");
    BOOST_TEST(!store->has("answers/b"));
    BOOST_TEST(!on_disk("answers/b"));
    put("answers/e", "e again");
    for (const std::string key : {"answers/c", "answers/d", "answers/e", "objects/r/old"})
        BOOST_TEST((store->has(key) && on_disk(key)), key);
    store.reset();
    store = std::make_unique<Store>(options, disk, metrics, 1); // a folder may have more
    BOOST_TEST(metrics.stored_files == 2U);
    BOOST_TEST(store->has("objects/r/old"));
    BOOST_TEST(std::distance(std::filesystem::directory_iterator(options.folder / "answers"), {}) == 1);
}

BOOST_FIXTURE_TEST_CASE(space_is_made_by_what_was_not_used_longest_of_either_kind, StoreFixture)
{
    put("objects/r/a", "a");
    put("answers/b", "b");
    put("objects/r/c", "c");
    run(store->open("objects/r/a"));
    BOOST_TEST(run(store->reserve(98 * block)));
    BOOST_TEST(!store->has("answers/b"));
    BOOST_TEST(run(store->reserve(1)));
    BOOST_TEST(!store->has("objects/r/c"));
    BOOST_TEST(store->has("objects/r/a"));
}

BOOST_AUTO_TEST_CASE(questions_that_the_hub_knows_are_kept)
{
    const std::string repo = "/api/models/acme/tiny", tree = repo + "/tree/main";
    for (const auto& target :
         {repo, repo + "?blobs=true&securityStatus=true", repo + "?expand=sha&expand[]=likes",
          repo + "/revision/main?expand%5B%5D=sha", tree + "/docs?recursive=True&expand=False",
          tree + "?limit=10&cursor=YQ%3D%3D", repo + "/refs?include_prs=1",
          repo + "/commits/main?p=1&limit=5&expand[]=formatted", std::string("/api/datasets/d/refs")})
        BOOST_TEST(is_kept("GET", target), target);
    for (const auto& target : {repo + "?1", repo + "?=1", repo + "?blobs=true&x=2", repo + "?blobs=true&&",
                               repo + "?recursive=1", repo + "?%zz=1", tree + "?p=1", tree + "?Recursive=1",
                               repo + "/refs?limit=1", repo + "/commits/main?q=1", repo + "/likers",
                               std::string("/api/models?search=x"), std::string("/api/whoami-v2")})
        BOOST_TEST(!is_kept("GET", target), target);
    BOOST_TEST(!is_kept("HEAD", repo));
    BOOST_TEST(is_kept("POST", repo + "/paths-info/main"));
    BOOST_TEST(!is_kept("POST", repo + "/paths-info/main?1"));
    BOOST_TEST(!is_kept("POST", tree));
}

BOOST_FIXTURE_TEST_CASE(a_made_up_question_leaves_nothing, CacheFixture)
{
    // An upstream that does not mind it.
    hub->add_fault({.method = "GET",
                    .path = "/api/models/acme/tiny",
                    .times = -1,
                    .action = emulator::FaultAction::status,
                    .status = 200,
                    .headers = {{"Content-Type", "application/json"}},
                    .body = R"({"id": "acme/tiny", "private": false, "gated": false, "disabled": false})"});
    const auto kept = [this] {
        return std::distance(std::filesystem::directory_iterator(options.folder / "answers"), {});
    };
    for (int i = 0; i < 5; ++i) {
        const auto got = get("/api/models/acme/tiny?" + std::to_string(i));
        BOOST_TEST(got.status == 200);
        BOOST_TEST(got.header("X-Cache") == "BYPASS");
    }
    BOOST_TEST(kept() == 0);
    BOOST_TEST(get("/api/models/acme/tiny?blobs=true").header("X-Cache") == "MISS");
    BOOST_TEST(kept() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
