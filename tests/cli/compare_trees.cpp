#include "cli/compare_trees.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

#include "support/temp_folder.hpp"

using hfasync::cli::compare_trees;
using hfasync::tests::TempFolder;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& content)
{
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_compare_trees)

BOOST_AUTO_TEST_CASE(equal_trees_have_no_differences)
{
    const TempFolder folder;
    for (const auto* side : {"a", "b"}) {
        write(folder.path() / side / "x/y.txt", std::string(3'000'000, 'y'));
        write(folder.path() / side / "empty", "");
    }
    write(folder.path() / "a/.cache/huggingface/x", "state");
    const auto result = compare_trees(folder.path() / "a", folder.path() / "b");
    BOOST_TEST(result.differences.empty());
    BOOST_TEST(result.files == 2u);
    BOOST_TEST(result.bytes == 3'000'000u);
}

BOOST_AUTO_TEST_CASE(each_kind_of_difference_is_named)
{
    const TempFolder folder;
    write(folder.path() / "a/same", "1");
    write(folder.path() / "b/same", "1");
    write(folder.path() / "a/differs", "1234");
    write(folder.path() / "b/differs", "1235");
    write(folder.path() / "a/shorter", "12");
    write(folder.path() / "b/shorter", "123");
    write(folder.path() / "a/missing", "1");
    write(folder.path() / "b/surplus", "1");
    write(folder.path() / "b/.gitattributes", "1");
    const auto result = compare_trees(folder.path() / "a", folder.path() / "b", {".gitattributes"});
    const std::vector<std::string> wanted{"differs: differs", "missing: missing", "differs: shorter",
                                          "surplus: surplus"};
    BOOST_TEST(result.differences == wanted, boost::test_tools::per_element());
    BOOST_TEST(result.files == 1u);
}

BOOST_AUTO_TEST_CASE(links_are_followed)
{
    const TempFolder folder;
    write(folder.path() / "a/x", "1");
    write(folder.path() / "blob", "1");
    fs::create_directories(folder.path() / "b");
    fs::create_symlink("../blob", folder.path() / "b/x");
    BOOST_TEST(compare_trees(folder.path() / "a", folder.path() / "b").differences.empty());
}

BOOST_AUTO_TEST_SUITE_END()
