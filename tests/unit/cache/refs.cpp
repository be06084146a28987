#include "cache/refs.hpp"

#include <hfasync/error.hpp>

#include <boost/test/unit_test.hpp>

#include "unit/cache/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(cache_refs)

namespace fs = std::filesystem;
using namespace hfasync::detail;
using hfasync::test::read_file;
using hfasync::test::TempDir;
using hfasync::test::write_file;

namespace {
const std::string commit(40, 'a');
const std::string other(40, 'b');

std::size_t files_below(const fs::path& folder)
{
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        count += entry.is_regular_file() ? 1 : 0;
    return count;
}
} // namespace

BOOST_AUTO_TEST_CASE(a_ref_is_forty_bytes_and_nothing_else_is_left)
{
    TempDir dir;
    const RepoLayout layout(dir.path(), hfasync::RepoType::model, "acme/tiny");
    write_ref(layout, "refs/pr/1", commit);
    BOOST_TEST(read_file(layout.ref("refs/pr/1")) == commit);
    BOOST_TEST(resolve_cached_revision(layout, "refs/pr/1").value() == commit);
    write_ref(layout, "refs/pr/1", other);
    BOOST_TEST(read_file(layout.ref("refs/pr/1")) == other);
    BOOST_TEST(files_below(dir.path()) == 1u);
}

BOOST_AUTO_TEST_CASE(no_ref_for_a_commit_and_no_rewrite_of_the_same)
{
    TempDir dir;
    const RepoLayout layout(dir.path(), hfasync::RepoType::model, "acme/tiny");
    write_ref(layout, commit, commit);
    BOOST_TEST(!fs::exists(layout.folder()));
    BOOST_TEST(resolve_cached_revision(layout, commit).value() == commit);
    write_ref(layout, "main", commit);
    const auto old = fs::file_time_type::clock::now() - std::chrono::hours(1);
    fs::last_write_time(layout.ref("main"), old);
    write_ref(layout, "main", commit);
    BOOST_TEST((fs::last_write_time(layout.ref("main")) == old));
}

BOOST_AUTO_TEST_CASE(garbage_in_a_ref_is_no_commit)
{
    TempDir dir;
    const RepoLayout layout(dir.path(), hfasync::RepoType::model, "acme/tiny");
    for (const std::string& text :
         {std::string(), std::string("../../x"), commit + "extra", std::string(39, 'a')}) {
        write_file(layout.ref("main"), text);
        BOOST_TEST(!resolve_cached_revision(layout, "main"));
    }
    write_file(layout.ref("main"), commit + "\n");
    BOOST_TEST(resolve_cached_revision(layout, "main").value() == commit);
    BOOST_CHECK_THROW(write_ref(layout, "main", "../../x"), hfasync::FileMetadataError);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_remembered_by_an_empty_marker)
{
    TempDir dir;
    const RepoLayout layout(dir.path(), hfasync::RepoType::model, "acme/tiny");
    BOOST_TEST(!is_marked_no_exist(layout, commit, "a/b"));
    mark_no_exist(layout, commit, "a/b");
    BOOST_TEST(is_marked_no_exist(layout, commit, "a/b"));
    BOOST_TEST(read_file(layout.no_exist(commit, "a/b")).empty());
}

BOOST_AUTO_TEST_SUITE_END()
