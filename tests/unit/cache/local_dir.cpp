#include "cache/local_dir.hpp"

#include <hfasync/error.hpp>

#include <boost/test/unit_test.hpp>

#include "unit/cache/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(cache_local_dir)

namespace fs = std::filesystem;
using namespace hfasync::detail;
using hfasync::test::read_file;
using hfasync::test::TempDir;
using hfasync::test::write_file;

namespace {
const std::string commit(40, 'a');
hfasync::Timestamp now()
{
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}
} // namespace

BOOST_AUTO_TEST_CASE(metadata_is_three_lines)
{
    using std::chrono::microseconds;
    const auto text =
        format_local_metadata(commit, "etag", hfasync::Timestamp(microseconds(1'795'389'672'750'652)));
    BOOST_TEST(text == commit + "\netag\n1795389672.750652\n");
    const auto read = parse_local_metadata(text);
    BOOST_REQUIRE(read);
    BOOST_TEST(read->commit == commit);
    BOOST_TEST(read->etag == "etag");
    BOOST_TEST(read->time == 1795389672.750652);
    BOOST_TEST(parse_local_metadata(commit + "\netag\n1700000000.25").has_value()); // no last line end
    for (const std::string& bad :
         {std::string(), std::string("not a commit"), commit, commit + "\netag", commit + "\netag\nnan",
          commit + "\n\n1.0\n", std::string("x\netag\n1.0\n"), commit + "\netag\n1.0x\n"})
        BOOST_TEST(!parse_local_metadata(bad), bad);
}

BOOST_AUTO_TEST_CASE(the_record_is_that_of_the_reference)
{
    TempDir dir;
    LocalDir local(dir / "out");
    BOOST_TEST(!local.has_file("data/a.txt"));
    BOOST_TEST(!fs::exists(dir / "out"));
    BOOST_TEST(!local.read_metadata("data/a.txt"));
    write_file(dir / "out/data/a.txt", "x");
    BOOST_TEST(local.has_file("data/a.txt"));
    local.write_metadata("data/a.txt", commit, "etag", now());
    BOOST_TEST(read_file(dir / "out/.cache/huggingface/.gitignore") == "*");
    BOOST_TEST(read_file(dir / "out/.cache/huggingface/download/data/a.txt.metadata")
                   .starts_with(commit + "\netag\n"));
    const auto read = local.read_metadata("data/a.txt");
    BOOST_REQUIRE(read);
    BOOST_TEST(read->etag == "etag");
    BOOST_TEST(local.incomplete("data/a.txt", "etag").shown ==
               dir / "out/.cache/huggingface/download/data/a.txt.etag.incomplete");
    BOOST_TEST(local.lock("data/a.txt").shown == dir / "out/.cache/huggingface/download/data/a.txt.lock");
}

BOOST_AUTO_TEST_CASE(a_file_that_changed_since_has_no_metadata)
{
    TempDir dir;
    LocalDir local(dir.path());
    write_file(dir / "a", "x");
    local.write_metadata("a", commit, "etag", now() - std::chrono::seconds(10));
    BOOST_TEST(!local.read_metadata("a"));
    local.write_metadata("a", commit, "etag", now() - std::chrono::milliseconds(500)); // within the slack
    BOOST_TEST(local.read_metadata("a").has_value());
}

BOOST_AUTO_TEST_CASE(unreadable_metadata_is_removed)
{
    TempDir dir;
    LocalDir local(dir.path());
    write_file(dir / "a", "x");
    write_file(dir / ".cache/huggingface/download/a.metadata", "garbage");
    BOOST_TEST(!local.read_metadata("a"));
    BOOST_TEST(!fs::exists(dir / ".cache/huggingface/download/a.metadata"));
}

BOOST_AUTO_TEST_CASE(planted_links_are_not_followed)
{
    TempDir dir;
    fs::create_directories(dir / "elsewhere");
    fs::create_directories(dir / "out");
    fs::create_directory_symlink(dir / "elsewhere", dir / "out/data");
    LocalDir local(dir / "out");
    BOOST_CHECK_THROW(local.file("data/a"), hfasync::OSError);
    fs::create_symlink(dir / "elsewhere/secret", dir / "out/b");
    write_file(dir / "elsewhere/secret", "s");
    BOOST_TEST(!local.has_file("b"));
    for (const char* bad : {"../x", "/x", ".git/config", ".GIT/config", ".cache/huggingface/x", "a/../b"})
        BOOST_CHECK_THROW(local.file(bad), hfasync::ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
