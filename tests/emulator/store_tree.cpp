#include <boost/test/unit_test.hpp>

#include <ctime>

#include "emulator/store/tree_edit.hpp"
#include "emulator/store_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using Names = std::vector<std::string>;

namespace {

Names names(const store::ListPage& page)
{
    Names out;
    for (const auto& item : page.entries)
        out.push_back(item.path + (item.entry.is_folder ? "/" : ""));
    return out;
}

struct TreeFixture : StoreFixture {
    std::shared_ptr<store::Repo> repo = make();
    TreeFixture()
    {
        commit(*repo, "one",
               {add("a/x", "1"), add("a.txt", "2"), add("a-b/y", "3"), add("a/b/z", "4"),
                add_lfs("w.bin", "weights")});
        commit(*repo, "two", {add("a/b/z", "5"), add("late", "6")});
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_store_tree, TreeFixture)

BOOST_AUTO_TEST_CASE(a_listing_is_in_gits_order)
{
    BOOST_TEST(names(repo->list({})) == (Names{".gitattributes", "a-b/", "a.txt", "a/", "late", "w.bin"}),
               boost::test_tools::per_element());
    BOOST_TEST(names(repo->list({.recursive = true})) ==
                   (Names{".gitattributes", "a-b/", "a-b/y", "a.txt", "a/", "a/b/", "a/b/z", "a/x", "late",
                          "w.bin"}),
               boost::test_tools::per_element());
    BOOST_TEST(names(repo->list({.path = "a", .recursive = true})) == (Names{"a/b/", "a/b/z", "a/x"}),
               boost::test_tools::per_element());
    BOOST_TEST(names(repo->list({.path = "a/"})) == (Names{"a/b/", "a/x"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pages_of_every_size_add_up)
{
    for (const char* path : {"", "a"})
        for (const bool recursive : {false, true}) {
            const Names whole = names(repo->list({.path = path, .recursive = recursive}));
            for (std::size_t limit = 1; limit <= whole.size() + 1; ++limit) {
                Names joined;
                store::ListRequest request{.path = path, .recursive = recursive, .limit = limit};
                int pages = 0;
                do {
                    const auto page = repo->list(request);
                    BOOST_TEST(page.entries.size() <= limit);
                    for (auto& name : names(page))
                        joined.push_back(name);
                    request.after = page.next;
                    BOOST_REQUIRE(++pages < 20);
                } while (!request.after.empty());
                BOOST_TEST(joined == whole, boost::test_tools::per_element());
                BOOST_TEST(static_cast<std::size_t>(pages) == (whole.size() + limit - 1) / limit);
            }
        }
}

BOOST_AUTO_TEST_CASE(a_page_goes_on_where_its_last_entry_was_even_when_that_is_gone)
{
    const auto page = repo->list({.recursive = true, .limit = 5}); // ends with folder a
    BOOST_TEST(page.next == "a/");
    commit(*repo, "gone", {store::DeleteFolder{"a"}});
    BOOST_TEST(names(repo->list({.recursive = true, .after = page.next})) == (Names{"late", "w.bin"}),
               boost::test_tools::per_element());
    BOOST_CHECK_EXCEPTION(repo->list({.path = "a-b", .after = "late"}), store::StoreError, refused(400));
}

BOOST_AUTO_TEST_CASE(entries_say_what_the_hub_says)
{
    const auto page = repo->list({.expand = true});
    const auto& lfs = page.entries.back();
    BOOST_TEST(lfs.entry.size == 7u);
    BOOST_TEST(lfs.entry.lfs->hex() == detail::sha256_hex("weights"));
    BOOST_TEST(lfs.pointer_size == store::lfs_pointer(*lfs.entry.lfs, 7).size());
    BOOST_TEST(lfs.entry.oid.hex() == detail::git_blob_sha1(store::lfs_pointer(*lfs.entry.lfs, 7)));
    std::vector<std::string> titles;
    for (const auto& item : page.entries)
        titles.push_back(item.last_commit->title);
    BOOST_TEST(titles == (Names{"initial commit", "one", "one", "two", "two", "one"}),
               boost::test_tools::per_element());
    BOOST_TEST(page.entries[3].last_commit->oid.hex() == repo->resolve("main").hex());
    BOOST_TEST(format_timestamp(page.entries[3].last_commit->date) == "2024-03-21T09:05:29.000Z");
    BOOST_TEST(!repo->list({}).entries[0].last_commit);
}

BOOST_AUTO_TEST_CASE(paths_info_leaves_out_what_is_not_there)
{
    const auto found = repo->paths_info("main", {"a/b/z", "nope", "a", "a.txt/x", "", "a/x"}, true);
    BOOST_REQUIRE(found.size() == 3u);
    BOOST_TEST(found[0].path == "a/b/z");
    BOOST_TEST(found[0].last_commit->title == "two");
    BOOST_TEST(found[1].entry.is_folder);
    BOOST_TEST(found[2].path == "a/x");
    BOOST_CHECK_EXCEPTION(repo->paths_info("nope", {"a"}, false), store::StoreError,
                          refused(404, "RevisionNotFound"));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_has_the_hubs_error)
{
    BOOST_CHECK_EXCEPTION(repo->list({.path = "none"}), store::StoreError, [](const store::StoreError& e) {
        return refused(404, "EntryNotFound")(e) && std::string(e.what()) == "none does not exist on \"main\"";
    });
    BOOST_CHECK_EXCEPTION(repo->list({.path = "a.txt"}), store::StoreError, refused(404, "EntryNotFound"));
    BOOST_CHECK_EXCEPTION(
        repo->list({.revision = "nope"}), store::StoreError, [](const store::StoreError& e) {
            return refused(404, "RevisionNotFound")(e) && std::string(e.what()) == "Invalid rev id: nope";
        });
}

BOOST_AUTO_TEST_CASE(folders_come_back_from_disk_when_memory_is_short)
{
    store::TreeStore small(hub->objects(), 1);
    std::vector<store::TreeEntry> entries;
    for (int i = 0; i < 300; ++i)
        entries.push_back(
            {.name = "f" + std::to_string(i), .is_folder = false, .oid = {}, .size = 1ull << (i % 60)});
    entries[7].lfs = store::Sha256{};
    entries[7].lfs->bytes.fill(0xab);
    const auto oid = small.make(entries)->oid;
    small.make({{.name = "other", .is_folder = true, .oid = oid}});
    const auto back = small.load(oid);
    BOOST_REQUIRE(back->entries.size() == 300u);
    for (const auto& entry : entries) {
        const auto* found = back->find(entry.name);
        BOOST_REQUIRE(found);
        BOOST_TEST(found->size == entry.size);
        BOOST_TEST((found->lfs == entry.lfs));
    }
    BOOST_TEST(!back->find("f300"));
}

BOOST_AUTO_TEST_CASE(a_commit_to_a_large_folder_is_quick)
{
    std::vector<store::Operation> many;
    const auto blob = hub->objects().put_blob("x");
    for (int i = 0; i < 20000; ++i)
        many.emplace_back(store::AddBlob{"flat/f" + std::to_string(i), blob, 1});
    commit(*repo, "many", many);
    std::vector<store::Operation> batch;
    for (int i = 0; i < 150; ++i)
        batch.push_back(add("flat/g" + std::to_string(i), std::to_string(i)));
    const std::clock_t start = std::clock(); // processor time: a busy machine must not fail this
    commit(*repo, "batch", batch);
    const double spent = 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    BOOST_TEST_MESSAGE("150 files into a folder of 20000: " << spent << " ms");
    // Some milliseconds when optimised; the bound only notices work that grows with the square of the folder.
    BOOST_TEST(spent < 3000);
    BOOST_TEST(repo->list({.path = "flat", .limit = 30000}).entries.size() == 20150u);
}

BOOST_AUTO_TEST_SUITE_END()
