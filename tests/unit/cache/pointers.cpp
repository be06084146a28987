#include "cache/pointers.hpp"

#include <hfasync/error.hpp>

#include <boost/test/unit_test.hpp>

#include "unit/cache/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(cache_pointers)

namespace fs = std::filesystem;
using namespace hfasync::detail;
using hfasync::test::read_file;
using hfasync::test::TempDir;
using hfasync::test::write_file;

namespace {
const std::string commit(40, 'a');
struct Fixture {
    TempDir dir;
    RepoLayout layout{dir.path(), hfasync::RepoType::model, "acme/tiny"};
    Fixture() { write_file(layout.blob("one"), "first"), write_file(layout.blob("two"), "second!"); }
};
} // namespace

BOOST_FIXTURE_TEST_CASE(a_pointer_is_a_relative_link, Fixture)
{
    make_pointer(layout, commit, "d/f.txt", "one", WithoutLinks::move_blob);
    BOOST_TEST(fs::read_symlink(layout.pointer(commit, "d/f.txt")) == "../../../blobs/one");
    BOOST_TEST(read_file(layout.pointer(commit, "d/f.txt")) == "first");
    BOOST_TEST(has_pointer(layout, commit, "d/f.txt"));
    BOOST_TEST(has_pointer(layout, commit, "d/f.txt", 5));
    BOOST_TEST(!has_pointer(layout, commit, "d/f.txt", 6));
    make_pointer(layout, commit, "d/f.txt", "one", WithoutLinks::move_blob); // the same again
    BOOST_TEST(!has_pointer(layout, commit, "d"));
}

BOOST_FIXTURE_TEST_CASE(what_stood_there_is_replaced, Fixture)
{
    make_pointer(layout, commit, "f", "one", WithoutLinks::move_blob);
    make_pointer(layout, commit, "f", "two", WithoutLinks::move_blob);
    BOOST_TEST(read_file(layout.pointer(commit, "f")) == "second!");
    write_file(layout.pointer(commit, "g"), "a plain file");
    make_pointer(layout, commit, "g", "two", WithoutLinks::move_blob);
    BOOST_TEST(fs::is_symlink(layout.pointer(commit, "g")));
    fs::create_directories(layout.pointer(commit, "h/i"));
    BOOST_CHECK_THROW(make_pointer(layout, commit, "h", "one", WithoutLinks::move_blob), hfasync::OSError);
    for (const auto& entry : fs::directory_iterator(layout.blobs()))
        BOOST_TEST((entry.path().filename() == "one" || entry.path().filename() == "two"), entry.path());
}

BOOST_FIXTURE_TEST_CASE(links_that_leave_blobs_do_not_count, Fixture)
{
    write_file(dir / "secret", "x");
    fs::create_directories(layout.snapshot(commit));
    fs::create_symlink(dir / "secret", layout.pointer(commit, "f"));
    BOOST_TEST(!has_pointer(layout, commit, "f"));
    fs::create_symlink("../../blobs/../../../secret", layout.pointer(commit, "g"));
    BOOST_TEST(!has_pointer(layout, commit, "g"));
    fs::create_symlink("../../blobs/gone", layout.pointer(commit, "h"));
    BOOST_TEST(!has_pointer(layout, commit, "h"));
    write_file(layout.pointer(commit, "plain"), "as made without link support");
    BOOST_TEST(has_pointer(layout, commit, "plain"));
}

BOOST_AUTO_TEST_SUITE_END()
