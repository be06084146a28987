#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <fstream>
#include <future>

#include <hfasync/error.hpp>

#include "support/temp_folder.hpp"
#include "transfer/upload_metadata.hpp"

using namespace hfasync;
using namespace hfasync::detail;
using namespace std::chrono_literals;

namespace {

const std::string sha(64, '5');
constexpr std::int64_t us = 1'000'000;

UploadMetadata uploaded()
{
    return {.saved_us = 1'700'000'000 * us + 250'000,
            .size = 5,
            .should_ignore = false,
            .sha256 = sha,
            .mode = UploadMode::lfs,
            .is_uploaded = true};
}

Timestamp at(std::int64_t seconds)
{
    return Timestamp(std::chrono::seconds(seconds));
}

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_upload_metadata)

BOOST_AUTO_TEST_CASE(the_format_is_the_reference_s)
{
    BOOST_TEST(format_upload_metadata({.saved_us = 1'700'000'000 * us + 250'000, .size = 5}) ==
               "1700000000.250000\n5\n\n\n\n0\n0\n");
    BOOST_TEST(format_upload_metadata(uploaded()) == "1700000000.250000\n5\n0\n" + sha + "\nlfs\n1\n0\n");
}

BOOST_AUTO_TEST_CASE(what_the_reference_wrote_is_read)
{
    BOOST_CHECK(parse_upload_metadata("1700000000.25\n5\n0\n" + sha + "\nlfs\n1\n0\n") == uploaded());
    BOOST_CHECK(parse_upload_metadata(format_upload_metadata(uploaded())) == uploaded());
    const auto fresh = parse_upload_metadata("1795389672.7506523\n5\n\n\n\n0\n0\n");
    BOOST_REQUIRE(fresh);
    BOOST_CHECK(!fresh->mode && !fresh->should_ignore && fresh->sha256.empty());
}

BOOST_AUTO_TEST_CASE(a_record_of_eight_lines_stays_one)
{
    const std::string oid(40, 'a');
    const auto text = "1700000000.250000\n5\n0\n" + sha + "\nlfs\n" + oid + "\n1\n0\n";
    auto known = uploaded();
    known.remote_oid = oid;
    BOOST_CHECK(parse_upload_metadata(text) == known);
    BOOST_TEST(format_upload_metadata(known) == text);
    const std::string fresh = "1700000000.250000\n5\n\n\n\n\n0\n0\n";
    BOOST_TEST(format_upload_metadata(parse_upload_metadata(fresh).value()) == fresh);
    for (std::size_t n = 0; n < text.size(); ++n) // every truncation
        BOOST_CHECK(!parse_upload_metadata(text.substr(0, n)));
    for (std::size_t n = 0; n < fresh.size(); ++n)
        BOOST_CHECK(!parse_upload_metadata(fresh.substr(0, n)));
    BOOST_CHECK(!parse_upload_metadata("1\n5\n\n\n\nxyz\n0\n0\n"));
    const tests::TempFolder folder;
    const UploadRecords records(folder.path());
    records.write("a.bin", uploaded());
    BOOST_CHECK(records.read("a.bin") == uploaded());
    records.write("b.bin", known);
    BOOST_CHECK(records.read("b.bin") == known);
    records.write("a.bin", uploaded()); // the form is the folder's
    BOOST_TEST(records.read("a.bin").value().remote_oid.value().empty());
}

BOOST_AUTO_TEST_CASE(torn_and_strange_records_are_none)
{
    const std::string whole = format_upload_metadata(uploaded());
    for (std::size_t n = 0; n < whole.size(); ++n) // every truncation
        BOOST_CHECK(!parse_upload_metadata(whole.substr(0, n)));
    for (const char* text : {"nan\n5\n\n\n\n0\n0\n", "1\n-5\n\n\n\n0\n0\n", "1\n5\n2\n\n\n0\n0\n",
                             "1\n5\n\nxyz\n\n0\n0\n", "1\n5\n\n\nxet\n0\n0\n", "1\n5\n\n\n\n\n0\n"})
        BOOST_TEST_CONTEXT(text)
        {
            BOOST_CHECK(!parse_upload_metadata(text));
        }
}

BOOST_AUTO_TEST_CASE(only_records_that_are_not_older_than_the_file_are_believed)
{
    const auto now = at(1'700'000'100);
    FileId file{.size = 5, .mtime_ns = 1'700'000'000 * us * 1000 + 250'000'000};
    BOOST_CHECK(believable(uploaded(), file, now) == uploaded());
    file.mtime_ns += 1'000'000; // a millisecond later: no slack
    BOOST_CHECK(believable(uploaded(), file, now) == UploadMetadata{.size = 5});
    file.mtime_ns -= 1'000'000'000;
    file.size = 6;
    BOOST_CHECK(believable(uploaded(), file, now) == UploadMetadata{.size = 6});
}

BOOST_AUTO_TEST_CASE(uncommitted_content_is_gone_after_20_hours)
{
    const FileId file{.size = 5};
    BOOST_CHECK(believable(uploaded(), file, at(1'700'000'000 + 19 * 3600)).is_uploaded);
    BOOST_CHECK(!believable(uploaded(), file, at(1'700'000'000 + 21 * 3600)).is_uploaded);
    auto committed = uploaded();
    committed.is_committed = true;
    BOOST_CHECK(believable(committed, file, at(1'700'000'000 + 21 * 3600)).is_uploaded);
}

BOOST_AUTO_TEST_CASE(records_lie_below_the_folder_s_cache)
{
    const tests::TempFolder folder;
    const UploadRecords records(folder.path());
    BOOST_CHECK(!records.has_records());
    BOOST_CHECK(!records.read("sub/a b.bin"));
    records.write("sub/a b.bin", uploaded());
    BOOST_CHECK(records.has_records());
    BOOST_CHECK(records.read("sub/a b.bin") == uploaded());
    const auto cache = folder.path() / ".cache/huggingface";
    BOOST_CHECK(std::filesystem::exists(cache / "upload/sub/a b.bin.metadata"));
    BOOST_CHECK(!std::filesystem::exists(cache / "upload/sub/a b.bin.metadata.tmp"));
    std::ifstream ignore(cache / ".gitignore");
    BOOST_TEST(std::string(std::istreambuf_iterator<char>(ignore), {}) == "*");
    BOOST_CHECK(!records.read_target());
    records.write_target("a\nb\n");
    BOOST_TEST(records.read_target().value() == "a\nb\n");
    const std::string long_name(250, 'n');
    records.write(long_name, uploaded());
    BOOST_CHECK(records.read(long_name) == uploaded());
}

BOOST_AUTO_TEST_CASE(a_planted_link_is_not_followed)
{
    const tests::TempFolder folder, elsewhere;
    std::filesystem::create_directory_symlink(elsewhere.path(), folder.path() / ".cache");
    BOOST_CHECK_THROW(UploadRecords{folder.path()}, OSError);
    BOOST_CHECK(std::filesystem::is_empty(elsewhere.path()));
}

BOOST_AUTO_TEST_CASE(the_reference_s_lock_is_kept_to)
{
    const tests::TempFolder folder;
    const UploadRecords records(folder.path());
    records.write("sub/a.bin", uploaded());
    const auto lock = folder.path() / ".cache/huggingface/upload/sub/a.bin.lock";
    BOOST_TEST(std::filesystem::file_size(lock) == 0u); // there, and empty, like the reference's

    // While the reference holds it, a record is not written, and a torn one not believed to be none.
    Fd held(::open(lock.c_str(), O_RDWR | O_CLOEXEC));
    BOOST_REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
    const auto record = folder.path() / ".cache/huggingface/upload/sub/a.bin.metadata";
    std::ofstream(record) << "17000";
    auto reading = std::async(std::launch::async, [&] { return records.read("sub/a.bin"); });
    auto writing = std::async(std::launch::async, [&] { records.write("sub/a.bin", {.size = 7}); });
    constexpr std::chrono::milliseconds a_moment{50};
    BOOST_CHECK(reading.wait_for(a_moment) == std::future_status::timeout);
    BOOST_CHECK(writing.wait_for(a_moment) == std::future_status::timeout);
    std::ofstream(record) << format_upload_metadata({.saved_us = us, .size = 7});
    held.reset();
    writing.get();
    BOOST_TEST(reading.get().value().size == 7u);
    BOOST_TEST(records.read("sub/a.bin").value().size == 7u);
    records.write(std::string(250, 'n'), uploaded()); // a name that needs to be shortened
}

BOOST_AUTO_TEST_SUITE_END()
