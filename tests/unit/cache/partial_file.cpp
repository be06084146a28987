#include "cache/partial_file.hpp"

#include <hfasync/error.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include "base/hash.hpp"
#include "unit/cache/temp_dir.hpp"

BOOST_AUTO_TEST_SUITE(cache_partial_file)

namespace fs = std::filesystem;
using namespace hfasync::detail;
using hfasync::IntegrityError;
using hfasync::test::read_file;
using hfasync::test::TempDir;
using hfasync::test::write_file;

namespace {
std::span<const std::byte> bytes(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

struct Fixture {
    TempDir dir;
    std::string content = "hello, partial world";
    fs::path partial = dir / "x.incomplete";
    fs::path blob = dir / "x";
    PartialFile open(std::string etag)
    {
        return {Place::at(partial), {etag, content.size(), "a.txt"}, PartialFile::Sharing::shared};
    }
};
} // namespace

BOOST_FIXTURE_TEST_CASE(publishes_what_hashes_right, Fixture)
{
    for (const auto& etag : {sha256_hex(content), git_blob_sha1(content), std::string("opaque")}) {
        auto file = open(etag);
        file.adopt_existing();
        file.append(bytes("hello, "));
        file.append(bytes("partial world"));
        BOOST_TEST(file.complete());
        BOOST_TEST(!fs::exists(blob));
        file.publish(Place::at(blob), false);
        BOOST_TEST(read_file(blob) == content);
        BOOST_TEST(!fs::exists(partial));
        fs::remove(blob);
    }
}

BOOST_FIXTURE_TEST_CASE(goes_on_where_another_run_stopped, Fixture)
{
    write_file(partial, content.substr(0, 9));
    fs::permissions(partial, fs::perms::owner_all);
    auto file = open(sha256_hex(content));
    file.adopt_existing();
    BOOST_TEST(file.offset() == 9u);
    file.append(bytes(std::string_view(content).substr(9)));
    file.publish(Place::at(blob), false);
    BOOST_TEST(read_file(blob) == content);
    struct stat info{};
    BOOST_REQUIRE(::stat(blob.c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == default_file_mode());
}

BOOST_FIXTURE_TEST_CASE(wrong_bytes_never_get_the_final_name, Fixture)
{
    write_file(partial, "HELLO, par");
    auto file = open(sha256_hex(content));
    file.adopt_existing();
    file.append(bytes(std::string_view(content).substr(10)));
    BOOST_CHECK_EXCEPTION(
        file.publish(Place::at(blob), false), IntegrityError, [](const IntegrityError& error) {
            // The message names the file, and so does the context.
            return !error.context().path.empty() &&
                   std::string_view(error.message()).find("failed for " + error.context().path) !=
                       std::string_view::npos;
        });
    BOOST_TEST(!fs::exists(blob));
    BOOST_TEST(fs::file_size(partial) == 0u);
    BOOST_TEST(file.offset() == 0u);
    file.append(bytes(content)); // the second try
    file.publish(Place::at(blob), false);
    BOOST_TEST(read_file(blob) == content);
}

BOOST_FIXTURE_TEST_CASE(sizes_are_held, Fixture)
{
    write_file(partial, content + "too long");
    auto file = open(sha256_hex(content));
    file.adopt_existing();
    BOOST_TEST(file.offset() == 0u);
    file.append(bytes("short"));
    BOOST_CHECK_THROW(file.publish(Place::at(blob), false), IntegrityError);
    BOOST_CHECK_THROW(file.append(bytes(content + "!")), IntegrityError);
    BOOST_TEST(fs::file_size(partial) == 0u);
    BOOST_TEST(!fs::exists(blob));
}

BOOST_FIXTURE_TEST_CASE(a_planted_link_is_not_followed, Fixture)
{
    write_file(dir / "victim", "keep me");
    fs::create_symlink(dir / "victim", partial);
    auto file = open(sha256_hex(content));
    file.adopt_existing();
    file.append(bytes(content));
    file.publish(Place::at(blob), false);
    BOOST_TEST(read_file(dir / "victim") == "keep me");
    BOOST_TEST(!fs::is_symlink(blob));
}

BOOST_FIXTURE_TEST_CASE(an_exchanged_partial_is_not_published, Fixture)
{
    write_file(partial, content.substr(0, 5));
    auto file = open(sha256_hex(content));
    file.adopt_existing();
    file.append(bytes(std::string_view(content).substr(5)));
    write_file(dir / "other", content);
    fs::rename(dir / "other", partial);
    BOOST_CHECK_THROW(file.publish(Place::at(blob), false), hfasync::OSError);
    BOOST_TEST(!fs::exists(blob));
}

BOOST_FIXTURE_TEST_CASE(a_private_partial_goes_with_its_owner, Fixture)
{
    {
        PartialFile file(Place::at(partial), {"opaque", 3, "a"}, PartialFile::Sharing::private_);
        BOOST_TEST(fs::exists(partial));
    }
    BOOST_TEST(!fs::exists(partial));
}

BOOST_AUTO_TEST_SUITE_END()
