// A partial file in pieces: what a kill leaves, and what the next run makes of it.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <ostream>

#include <hfasync/error.hpp>

#include "base/hash.hpp"
#include "cache/partial_file.hpp"
#include "support/noise.hpp"
#include "unit/cache/temp_dir.hpp"

namespace hfasync::detail {
static std::ostream& operator<<(std::ostream& out, const ByteRange& range)
{
    return out << '[' << range.begin << ", " << range.end << ')';
}
} // namespace hfasync::detail

BOOST_AUTO_TEST_SUITE(cache_partial_file_pieces)

namespace fs = std::filesystem;
using namespace hfasync::detail;
using hfasync::IntegrityError;
using hfasync::test::read_file;
using hfasync::test::TempDir;
using hfasync::test::write_file;

namespace {

constexpr std::uint64_t mib = 1u << 20;
using Ranges = std::vector<ByteRange>;

const std::string& content()
{
    static const std::string text = hfasync::test::noise(9 * mib);
    return text;
}
const std::string& etag()
{
    static const auto hash = sha256_hex(content());
    return hash;
}

struct Fixture {
    TempDir dir;
    fs::path partial = dir / (etag() + ".incomplete");
    fs::path blob = dir / etag();

    PartialFile open(PartialFile::Sharing sharing = PartialFile::Sharing::shared)
    {
        return {Place::at(partial), {etag(), content().size(), "a.bin"}, sharing};
    }
    PartialFile adopt()
    {
        auto file = open();
        file.adopt_existing();
        return file;
    }
    static void put(PartialFile& file, ByteRange range)
    {
        file.write_piece(range.begin, std::as_bytes(std::span(content())).subspan(range.begin, range.size()));
    }
    static void put_missing(PartialFile& file)
    {
        for (const auto& range : file.missing())
            put(file, range);
    }
    /// As a kill would leave it: 1 MiB as a stream, then two pieces behind gaps.
    void leave_pieces()
    {
        auto file = adopt();
        file.append(std::as_bytes(std::span(content())).first(mib));
        BOOST_REQUIRE(file.begin_pieces());
        put(file, {3 * mib, 4 * mib});
        put(file, {8 * mib, 9 * mib});
    }
    std::vector<fs::path> left(std::string_view end) const
    {
        std::vector<fs::path> out;
        for (const auto& entry : fs::directory_iterator(dir.path()))
            if (entry.path().filename().string().ends_with(end)) out.push_back(entry.path());
        return out;
    }
    fs::path only(std::string_view end) const
    {
        const auto found = left(end);
        BOOST_REQUIRE(found.size() == 1u);
        return found[0];
    }
    /// The file of the pieces.
    fs::path data() const
    {
        auto name = only(".pieces.incomplete").string();
        name.erase(name.size() - std::string_view(".pieces.incomplete").size());
        return name + ".incomplete";
    }
    void check_published()
    {
        BOOST_TEST((read_file(blob) == content()));
        BOOST_TEST(left("").size() == 1u); // and nothing else
    }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(pieces_in_any_order_are_published, Fixture)
{
    auto file = adopt();
    file.append(std::as_bytes(std::span(content())).first(mib));
    BOOST_REQUIRE(file.begin_pieces());
    BOOST_TEST(!fs::exists(partial)); // the shared name holds a gapless prefix or nothing
    BOOST_TEST(file.missing() == (Ranges{{mib, 9 * mib}}), boost::test_tools::per_element());
    put(file, {8 * mib, 9 * mib});
    put(file, {2 * mib, 8 * mib});
    file.hash_front(9 * mib);
    BOOST_TEST(file.offset() == 8 * mib);
    BOOST_TEST(!file.complete());
    put(file, {mib, 2 * mib});
    file.hash_front(mib);
    BOOST_TEST(file.complete());
    file.publish(Place::at(blob), false);
    check_published();
}

BOOST_FIXTURE_TEST_CASE(a_later_run_goes_on_with_what_is_recorded, Fixture)
{
    leave_pieces();
    auto file = adopt();
    BOOST_TEST(file.in_pieces());
    BOOST_TEST(file.offset() == 3 * mib);
    BOOST_TEST(file.missing() == (Ranges{{mib, 3 * mib}, {4 * mib, 8 * mib}}),
               boost::test_tools::per_element());
    put_missing(file);
    file.publish(Place::at(blob), false);
    check_published();
}

BOOST_FIXTURE_TEST_CASE(kill_after_kill, Fixture)
{
    leave_pieces();
    for (std::uint64_t at = 4 * mib; at < 8 * mib; at += mib) {
        auto file = adopt();
        BOOST_REQUIRE(file.in_pieces());
        put(file, {at, at + mib});
    }
    auto file = adopt();
    BOOST_TEST(file.offset() == 7 * mib);
    put_missing(file);
    file.publish(Place::at(blob), false);
    check_published();
}

BOOST_FIXTURE_TEST_CASE(a_torn_record_loses_its_last_line_only, Fixture)
{
    leave_pieces();
    const auto record = only(".pieces.incomplete");
    fs::resize_file(record, fs::file_size(record) - 3);
    {
        auto file = adopt();
        BOOST_TEST(file.offset() == 2 * mib);
        put(file, {5 * mib, 6 * mib}); // behind the tear, which must be gone
    }
    auto file = adopt();
    BOOST_TEST(file.offset() == 3 * mib);
    put_missing(file);
    file.publish(Place::at(blob), false);
    check_published();
}

BOOST_FIXTURE_TEST_CASE(bytes_that_are_gone_do_not_come_back_as_holes, Fixture)
{
    leave_pieces();
    fs::resize_file(data(), 3 * mib + 5);
    {
        auto file = adopt();
        BOOST_TEST(file.offset() == mib + 5);
        put(file, {8 * mib, 9 * mib}); // the file is long again
    }
    auto file = adopt();
    BOOST_TEST(file.offset() == 2 * mib + 5);
    put_missing(file);
    file.publish(Place::at(blob), false);
    check_published();
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_used_is_removed, Fixture)
{
    const auto spoil = [&](auto how) {
        leave_pieces();
        how();
        auto file = adopt();
        BOOST_TEST(!file.in_pieces());
        BOOST_TEST(file.offset() == 0u);
        BOOST_TEST(left(".pieces.incomplete").empty());
    };
    spoil([&] { write_file(only(".pieces.incomplete"), "garbage\n\n"); });
    spoil([&] { write_file(only(".pieces.incomplete"), ""); });
    spoil([&] { write_file(only(".pieces.incomplete"), piece_record_head(etag(), content().size() + 1)); });
    spoil([&] { fs::remove(data()); });
    spoil([&] { fs::resize_file(data(), content().size() + 1); });
    spoil([&] {
        const auto at = data();
        fs::remove(at);
        fs::create_symlink(dir / "elsewhere", at);
    });
    BOOST_TEST(!fs::exists(dir / "elsewhere"));
}

BOOST_FIXTURE_TEST_CASE(the_fullest_wins_and_the_others_go, Fixture)
{
    leave_pieces();
    const auto better = only(".pieces.incomplete");
    // An older pair with less in it.
    const auto other = new_piece_places(Place::at(partial));
    write_file(other.data.name, content().substr(0, mib));
    write_file(other.record.name, piece_record_head(etag(), content().size()) + piece_record_line({0, mib}));
    {
        auto file = adopt();
        BOOST_TEST(file.offset() == 3 * mib);
        BOOST_TEST(only(".pieces.incomplete") == better);
        BOOST_TEST(!fs::exists(other.data.name));
    }
    // A stream that got further.
    write_file(partial, content().substr(0, 4 * mib));
    auto file = adopt();
    BOOST_TEST(!file.in_pieces());
    BOOST_TEST(file.offset() == 4 * mib);
    BOOST_TEST(left(".pieces.incomplete").empty());
}

BOOST_FIXTURE_TEST_CASE(wrong_bytes_in_a_recorded_piece_are_not_published, Fixture)
{
    leave_pieces();
    {
        auto bad = content().substr(0, mib);
        bad[100] = static_cast<char>(bad[100] ^ 1);
        std::fstream(data(), std::ios::binary | std::ios::in | std::ios::out).write(bad.data(), mib);
    }
    auto file = adopt();
    put_missing(file);
    BOOST_CHECK_THROW(file.publish(Place::at(blob), false), IntegrityError);
    BOOST_TEST(!fs::exists(blob));
    BOOST_TEST(!file.in_pieces());
    BOOST_TEST(file.offset() == 0u);
    BOOST_TEST(left(".pieces.incomplete").empty());
    BOOST_TEST(fs::file_size(only(".incomplete")) == 0u); // the shared one, begun again
    file.append(std::as_bytes(std::span(content())));
    file.publish(Place::at(blob), false);
    check_published();
}

BOOST_FIXTURE_TEST_CASE(too_little_or_too_much, Fixture)
{
    auto file = adopt();
    BOOST_REQUIRE(file.begin_pieces());
    put(file, {0, 8 * mib});
    const std::string one(2, 'x');
    BOOST_CHECK_THROW(file.write_piece(9 * mib - 1, std::as_bytes(std::span(one))), IntegrityError);
    BOOST_CHECK_THROW(file.publish(Place::at(blob), false), IntegrityError);
    BOOST_TEST(!fs::exists(blob));
}

BOOST_FIXTURE_TEST_CASE(a_stream_cleans_up_after_an_earlier_run, Fixture)
{
    leave_pieces();
    auto file = open();
    file.restart(); // force_download: nothing is taken over
    BOOST_TEST(!file.in_pieces());
    file.append(std::as_bytes(std::span(content())));
    file.publish(Place::at(blob), false);
    check_published();
}

BOOST_FIXTURE_TEST_CASE(a_private_file_leaves_nothing, Fixture)
{
    {
        auto file = open(PartialFile::Sharing::private_);
        BOOST_REQUIRE(file.begin_pieces());
        put(file, {3 * mib, 4 * mib});
        BOOST_TEST(left(".pieces.incomplete").empty());
    }
    BOOST_TEST(left("").empty());
    auto file = open(PartialFile::Sharing::private_);
    file.begin_pieces();
    put_missing(file);
    file.publish(Place::at(blob), false);
    check_published();
}

BOOST_FIXTURE_TEST_CASE(no_pieces_of_what_no_hash_vouches_for, Fixture)
{
    PartialFile file(Place::at(dir / "opaque.incomplete"), {"opaque", content().size(), "a.bin"},
                     PartialFile::Sharing::shared);
    BOOST_TEST(!file.begin_pieces());
    PartialFile small(Place::at(dir / "small.incomplete"), {etag(), 1000, "a.bin"},
                      PartialFile::Sharing::shared);
    BOOST_TEST(!small.begin_pieces());
}

BOOST_FIXTURE_TEST_CASE(a_replaced_partial_is_not_renamed, Fixture)
{
    auto file = adopt();
    file.append(std::as_bytes(std::span(content())).first(100));
    fs::remove(partial);
    write_file(partial, "of another program");
    BOOST_CHECK_THROW(file.begin_pieces(), hfasync::OSError);
    BOOST_TEST(read_file(partial) == "of another program");
    BOOST_TEST(left(".pieces.incomplete").empty());
}

BOOST_AUTO_TEST_SUITE_END()
