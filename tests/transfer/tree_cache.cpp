// trees/<commit>.json: the requests that it saves, and how little it is trusted.
// ctest: label=slow timeout=300
#include "transfer/download_fixture.hpp"

#include "cache/trees.hpp"

BOOST_AUTO_TEST_SUITE(transfer_tree_cache)

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;

namespace {

struct TreeFixture : DownloadFixture {
    TreeFixture()
    {
        use_repo("acme/listed", {{".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n"},
                                 {"config.json", "{\"n_layer\": 2}\n"},
                                 {"data/train.csv", "id,text\n1,a\n"},
                                 {"empty.txt", ""},
                                 {"big.bin", noise(100'000)}});
    }
    fs::path tree() const { return repo() / "trees" / (commit + ".json"); }
    std::size_t asked(const std::string& part) const
    {
        std::size_t count = 0;
        for (const auto& seen : hub.requests())
            if (seen.target.find(part) != std::string::npos) ++count;
        return count;
    }
    void check_files(const fs::path& folder)
    {
        for (const auto& [path, text] : files)
            BOOST_TEST((read_file(folder / path) == text), path);
    }
    void replace_in_tree(const std::string& from, const std::string& to)
    {
        auto text = read_file(tree());
        const auto at = text.find(from);
        BOOST_REQUIRE(at != std::string::npos);
        write_file(tree(), text.replace(at, from.size(), to));
    }
    /// Leaves nothing but the listing.
    void forget_files()
    {
        fs::remove_all(repo() / "snapshots");
        fs::remove_all(repo() / "blobs");
        hub.forget_requests();
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(a_cold_snapshot_costs_a_revision_a_tree_and_a_get_a_file, TreeFixture)
{
    snapshot();
    BOOST_TEST(asked("/revision/main") == 1u);
    BOOST_TEST(asked("/tree/") == 1u);
    BOOST_TEST(requests("HEAD") == 0u);
    BOOST_TEST(asked("/resolve/") == files.size() - 1); // the empty file needs none
    const auto kept = detail::read_tree(detail::Place::at(tree()));
    BOOST_REQUIRE(kept);
    BOOST_TEST(kept->size() == files.size());
    for (const auto& entry : fs::directory_iterator(repo()))
        BOOST_TEST((entry.path().filename() == "trees" || entry.path().filename() == "blobs" ||
                    entry.path().filename() == "refs" || entry.path().filename() == "snapshots"),
                   entry.path());
    check_blobs();
}

BOOST_FIXTURE_TEST_CASE(a_commit_whose_tree_is_kept_costs_no_request, TreeFixture)
{
    snapshot();
    hub.forget_requests();
    check_files(snapshot({.revision = commit}));
    BOOST_TEST(hub.requests().size() == 0u);
    fs::remove(pointer("config.json"));
    fs::remove(pointer("data/train.csv"));
    check_files(snapshot({.revision = commit})); // their blobs are here
    BOOST_TEST(hub.requests().size() == 0u);
    snapshot({.revision = commit, .force_download = true});
    BOOST_TEST(asked("/revision/") == 1u);
    BOOST_TEST(asked("/resolve/") == files.size() - 1); // the empty file needs none
}

BOOST_FIXTURE_TEST_CASE(a_kept_tree_saves_the_listing, TreeFixture)
{
    snapshot();
    forget_files();
    check_files(snapshot({.revision = commit}));
    BOOST_TEST(hub.requests().size() == asked("/resolve/") + requests("GET", "storage"));
    BOOST_TEST(asked("/resolve/") == files.size() - 1); // the empty file needs none
    forget_files();
    check_files(snapshot());
    BOOST_TEST(asked("/revision/main") == 1u);
    BOOST_TEST(asked("/tree/") == 0u);
}

BOOST_FIXTURE_TEST_CASE(the_listing_is_whole_whatever_was_downloaded, TreeFixture)
{
    snapshot({.allow_patterns = "*.json"});
    BOOST_TEST(asked("/tree/") == 1u);
    hub.forget_requests();
    check_files(snapshot({.revision = commit}));
    BOOST_TEST(asked("/tree/") + asked("/revision/") == 0u);
}

BOOST_FIXTURE_TEST_CASE(one_file_of_many_pages_is_asked_by_head, TreeFixture)
{
    std::vector<std::pair<std::string, std::string>> many;
    for (int i = 0; i < 1200; ++i)
        many.emplace_back("f" + std::to_string(i), std::to_string(i));
    hub.seed_repo("acme/many", many);
    hub.forget_requests();
    Hub client(options());
    client.block_on(DownloadsApi(client).snapshot_download("acme/many", {.allow_patterns = "f7"}));
    BOOST_TEST(asked("/tree/") == 0u);
    BOOST_TEST(requests("HEAD") == 1u);
    client.block_on(DownloadsApi(client).snapshot_download("acme/many"));
    BOOST_TEST(asked("/tree/") == 2u);
    BOOST_TEST(requests("HEAD") == 1u);
}

BOOST_FIXTURE_TEST_CASE(an_unusable_tree_is_asked_for_again_and_replaced, TreeFixture)
{
    snapshot();
    const auto good = read_file(tree());
    for (const std::string& bad : {std::string("{not json"), std::string(), std::string("{}"),
                                   "{\"format_version\": 2" + good.substr(good.find(','))}) {
        write_file(tree(), bad);
        forget_files();
        check_files(snapshot({.revision = commit}));
        BOOST_TEST(asked("/tree/") == 1u, bad.substr(0, 30));
        BOOST_TEST(read_file(tree()) == good);
    }
}

BOOST_FIXTURE_TEST_CASE(hostile_names_and_hashes_of_a_tree_never_become_paths, TreeFixture)
{
    snapshot();
    for (const char* name : {"../../../../escaped", "/tmp/hfasync-escaped", "a/../../../../escaped"}) {
        replace_in_tree("config.json", name);
        forget_files();
        check_files(snapshot({.revision = commit}));
        BOOST_TEST(asked("/tree/") == 1u, name);
    }
    replace_in_tree("\"blob_id\": \"", "\"blob_id\": \"../../../../");
    forget_files();
    check_files(snapshot({.revision = commit}));
    BOOST_TEST(!fs::exists(dir / "escaped"));
    BOOST_TEST(!fs::exists("/tmp/hfasync-escaped"));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_tree_is_not_believed_twice, TreeFixture)
{
    const auto folder = snapshot();
    const auto blob = fs::read_symlink(folder / "config.json").filename().string();
    replace_in_tree(blob, std::string(40, '0'));
    forget_files();
    check_files(snapshot({.revision = commit})); // a wrong hash: asked by HEAD
    BOOST_TEST(requests("HEAD") == 1u);
    BOOST_TEST(!fs::exists(repo() / "blobs" / std::string(40, '0')));
    BOOST_TEST(!fs::exists(tree()));
}

BOOST_FIXTURE_TEST_CASE(a_torn_blob_is_found_by_its_size, TreeFixture)
{
    const auto folder = snapshot();
    fs::resize_file(repo() / "blobs" / fs::read_symlink(folder / "config.json").filename(), 3);
    check_files(snapshot());
    fs::resize_file(repo() / "blobs" / fs::read_symlink(folder / "config.json").filename(), 0);
    check_files(snapshot({.revision = commit}));
}

BOOST_FIXTURE_TEST_CASE(a_folder_keeps_its_own, TreeFixture)
{
    snapshot({.local_dir = dir / "out"});
    const auto kept = dir / "out/.cache/huggingface/trees" / (commit + ".json");
    BOOST_TEST(fs::exists(kept));
    BOOST_TEST(!fs::exists(repo() / "trees"));
    hub.forget_requests();
    check_files(snapshot({.revision = commit, .local_dir = dir / "out"}));
    BOOST_TEST(hub.requests().size() == 0u);
    // A planted link is not followed, in either direction.
    write_file(dir / "victim", "keep");
    fs::remove(kept);
    fs::create_symlink(dir / "victim", kept);
    fs::remove(dir / "out/config.json");
    fs::remove(dir / "out/empty.txt");
    check_files(snapshot({.local_dir = dir / "out"}));
    BOOST_TEST(read_file(dir / "victim") == "keep");
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_cannot_keep_it_does_not_fail_the_call, TreeFixture)
{
    write_file(repo() / "trees", "a file where the folder should be");
    check_files(snapshot());
    check_files(snapshot());
}

BOOST_AUTO_TEST_SUITE_END()
