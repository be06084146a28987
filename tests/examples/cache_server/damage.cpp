// What a crash or a power cut leaves of kept files and answers: nobody is given a part for the whole.
#include "store_fixture.hpp"

#include <boost/json.hpp>

#include <mutex>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace cache_server;
using namespace cache_server::test;

namespace {

struct Synced {
    ino_t inode;
    off_t size;
    bool named; ///< the watched name was there by then
};

/// What this program has the disk write down, while somebody wants to know.
struct Watch {
    std::mutex mutex;
    std::string name;
    std::vector<Synced> seen;
    void note(int descriptor)
    {
        const std::lock_guard lock(mutex);
        struct stat facts{};
        if (!name.empty() && ::fstat(descriptor, &facts) == 0)
            seen.push_back({facts.st_ino, facts.st_size, ::access(name.c_str(), F_OK) == 0});
    }
    const Synced* of(const std::filesystem::path& path) const
    {
        struct stat facts{};
        BOOST_REQUIRE(::stat(path.c_str(), &facts) == 0);
        const auto at = std::find_if(seen.begin(), seen.end(),
                                     [&](const auto& one) { return one.inode == facts.st_ino; });
        return at == seen.end() ? nullptr : &*at;
    }
};
Watch watch;

} // namespace

// In place of the C library's, for the whole of this program.
extern "C" int fdatasync(int descriptor)
{
    watch.note(descriptor);
    return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}
extern "C" int fsync(int descriptor)
{
    watch.note(descriptor);
    return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace {

struct DamageFixture : CacheFixture {
    std::vector<std::filesystem::path> answers() const
    {
        std::vector<std::filesystem::path> out;
        for (const auto& entry : std::filesystem::directory_iterator(options.folder / "answers"))
            out.push_back(entry.path());
        return out;
    }
    static std::string content(const std::filesystem::path& path)
    {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cache_server_damage, DamageFixture)

BOOST_AUTO_TEST_CASE(a_cut_file_is_fetched_again)
{
    const auto target = "/acme/tiny/resolve/" + commit + "/big.bin";
    BOOST_TEST(get(target).header("X-Cache") == "MISS");
    for (const bool whole : {true, false}) { // what is asked for
        server.reset();
        BOOST_REQUIRE_EQUAL(stored().size(), 1U);
        std::filesystem::resize_file(stored().front(), 1'000'000);
        restart();
        const auto first = whole ? get(target) : get(target, {{"Range", "bytes=1500000-1500099"}});
        BOOST_TEST(first.status == (whole ? 200 : 206));
        BOOST_TEST(first.header("X-Cache") == "MISS");
        BOOST_TEST((first.body == (whole ? big : big.substr(1'500'000, 100))));
        BOOST_TEST((get(target).body == big)); // it may still be on its way
        const auto second = get(target);
        BOOST_TEST(second.header("X-Cache") == "HIT");
        BOOST_TEST((second.body == big));
        BOOST_REQUIRE_EQUAL(stored().size(), 1U);
        BOOST_TEST((content(stored().front()) == big));
        BOOST_TEST(server->metrics().stored_bytes == big.size());
    }
}

BOOST_AUTO_TEST_CASE(a_cut_file_of_an_upstream_that_has_gone_is_not_there)
{
    const auto target = "/acme/tiny/resolve/" + commit + "/big.bin";
    get(target);
    server.reset();
    std::filesystem::resize_file(stored().front(), 1'000'000);
    restart();
    unplug();
    BOOST_TEST(get(target).status == 504);
    BOOST_TEST(stored().empty());
    BOOST_TEST(server->metrics().stored_bytes == 0U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_under_the_server_is_fetched_again)
{
    const auto target = "/acme/tiny/resolve/" + commit + "/big.bin";
    get(target);
    get("/metrics"); // now nobody reads the file any more
    std::filesystem::resize_file(stored().front(), 1'000'000);
    const auto again = get(target);
    BOOST_TEST(again.header("X-Cache") == "MISS");
    BOOST_TEST((again.body == big));
    BOOST_TEST(get(target).header("X-Cache") == "HIT");
    BOOST_TEST(server->metrics().stored_bytes == big.size());
}

BOOST_AUTO_TEST_CASE(a_cut_answer_is_asked_for_again)
{
    const auto target = "/api/models/acme/tiny/tree/" + commit;
    const auto fresh = get(target);
    BOOST_TEST(fresh.header("X-Cache") == "MISS");
    server.reset();
    BOOST_REQUIRE_EQUAL(answers().size(), 1U);
    const auto size = std::filesystem::file_size(answers().front());
    for (const auto left : {size - 1, size / 2, std::uintmax_t{10}, std::uintmax_t{0}}) {
        std::filesystem::resize_file(answers().front(), left);
        restart();
        for (const auto* from : {"MISS", "HIT"}) {
            const auto got = get(target);
            BOOST_TEST(got.status == 200);
            BOOST_TEST(got.header("X-Cache") == from, left);
            BOOST_TEST(got.body == fresh.body);
        }
        server.reset();
    }
    std::filesystem::resize_file(answers().front(), size - 1);
    restart();
    unplug();
    BOOST_TEST(get(target).status == 504);
}

BOOST_AUTO_TEST_CASE(an_answer_whose_length_was_not_noted_is_asked_for_again)
{
    const auto target = "/api/models/acme/tiny/tree/" + commit;
    const auto fresh = get(target);
    server.reset();
    auto text = content(answers().front());
    const auto line = text.find('\n');
    auto head = boost::json::parse(text.substr(0, line)).as_object();
    BOOST_TEST(head.erase("size") == 1U);
    std::ofstream(answers().front(), std::ios::binary | std::ios::trunc)
        << boost::json::serialize(head) << text.substr(line);
    restart();
    for (const auto* from : {"MISS", "HIT"}) {
        const auto got = get(target);
        BOOST_TEST(got.header("X-Cache") == from);
        BOOST_TEST(got.body == fresh.body);
    }
}

BOOST_FIXTURE_TEST_CASE(bytes_are_on_the_disk_before_their_name_is, StoreFixture)
{
    for (const std::string key : {"objects/r/a", "objects/r/b", "answers/c"}) {
        const auto path = options.folder / key;
        watch.name = path.string();
        watch.seen.clear();
        put(key, "content of " + key);
        watch.name.clear();
        const auto* bytes = watch.of(path);
        BOOST_REQUIRE(bytes != nullptr);
        BOOST_TEST(static_cast<std::size_t>(bytes->size) == std::string("content of " + key).size());
        BOOST_TEST(!bytes->named);
        const auto* folder = watch.of(path.parent_path());
        BOOST_REQUIRE(folder != nullptr);
        BOOST_TEST(folder->named);
        if (key == "objects/r/a") BOOST_TEST(watch.of(options.folder / "objects") != nullptr); // r is new
    }
}

BOOST_FIXTURE_TEST_CASE(what_was_replaced_is_not_dropped, StoreFixture)
{
    put("objects/r/a", "old");
    auto old = run(store->open("objects/r/a"));
    put("objects/r/a", "newer");
    run(store->drop("objects/r/a", old));
    BOOST_TEST(store->has("objects/r/a"));
    const auto now = run(store->open("objects/r/a"));
    BOOST_TEST(now->read(0, 10) == "newer");
    run(store->drop("objects/r/a", now));
    BOOST_TEST(!store->has("objects/r/a"));
    BOOST_TEST(!on_disk("objects/r/a"));
    BOOST_TEST(metrics.stored_bytes == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
