#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>

#include <hfasync/error.hpp>

#include "support/temp_folder.hpp"
#include "transfer/folder_walk.hpp"

using namespace hfasync;
using namespace hfasync::detail;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, std::string_view text = "x")
{
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

std::vector<std::string> names(const WalkResult& result)
{
    std::vector<std::string> out;
    for (const auto& file : result.files)
        out.push_back(file.relative);
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_folder_walk)

BOOST_AUTO_TEST_CASE(sorted_part_by_part)
{
    std::vector<std::string> paths{"a.txt", "a-b.txt", "a/z.txt", "B.txt", "a/b/c", "a"};
    std::sort(paths.begin(), paths.end(), less_by_parts);
    const std::vector<std::string> wanted{"B.txt", "a", "a/b/c", "a/z.txt", "a-b.txt", "a.txt"};
    BOOST_TEST(paths == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(git_and_cache_are_left_out)
{
    const tests::TempFolder folder;
    for (const char* name :
         {"a.txt", ".git/config", "sub/.git/HEAD", ".cache/huggingface/x", "sub/.cache/huggingface/x",
          ".gitignore", "a.git/x", "sub/.github/ci.yml", ".cache/other"})
        write(folder.path() / name);
    const auto result = walk_folder({.folder = folder.path(), .filter = upload_filter({}, {})});
    const std::vector<std::string> wanted{".cache/other", ".gitignore", "a.git/x", "a.txt",
                                          "sub/.github/ci.yml"};
    BOOST_TEST(names(result) == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(patterns_choose)
{
    const tests::TempFolder folder;
    for (const char* name : {"a.txt", "b.txt", "sub/c.txt", "d.bin"})
        write(folder.path() / name, "four");
    const auto result =
        walk_folder({.folder = folder.path(), .filter = upload_filter(Strings("*.txt"), Strings("b*"))});
    const std::vector<std::string> wanted{"a.txt", "sub/c.txt"};
    BOOST_TEST(names(result) == wanted, boost::test_tools::per_element());
    BOOST_TEST(result.files[0].size == 4u);
    BOOST_CHECK(walk_folder({.folder = folder.path(), .filter = upload_filter(Strings(), {})}).files.empty());
}

BOOST_AUTO_TEST_CASE(links_are_followed_within_the_folder_only)
{
    const tests::TempFolder folder, elsewhere;
    write(folder.path() / "real/a.txt", "inside");
    write(elsewhere.path() / "secret.txt");
    fs::create_symlink("real/a.txt", folder.path() / "link.txt");
    fs::create_symlink(elsewhere.path() / "secret.txt", folder.path() / "out.txt");
    fs::create_symlink("nowhere", folder.path() / "broken.txt");
    fs::create_directory_symlink("..", folder.path() / "real/cycle");
    FolderWalk walk{.folder = folder.path(), .filter = upload_filter({}, {})};
    auto result = walk_folder(walk);
    std::sort(result.left_out_links.begin(), result.left_out_links.end());
    const std::vector<std::string> wanted{"link.txt", "real/a.txt"};
    const std::vector<std::string> left_out{"broken.txt", "out.txt"};
    BOOST_TEST(names(result) == wanted, boost::test_tools::per_element());
    BOOST_TEST(result.left_out_links == left_out, boost::test_tools::per_element());
    BOOST_TEST(result.files[0].size == 6u);
    walk.follow_links = true;
    BOOST_TEST(walk_folder(walk).files.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_a_value_error)
{
    const tests::TempFolder folder;
    BOOST_CHECK_THROW(walk_folder(FolderWalk{.folder = folder.path() / "nope"}), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
