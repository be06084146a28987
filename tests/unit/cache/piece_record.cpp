// The record of pieces: what counts, and what does not.
#include "cache/piece_record.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

#include "unit/cache/temp_dir.hpp"

namespace hfasync::detail {
static std::ostream& operator<<(std::ostream& out, const ByteRange& range)
{
    return out << '[' << range.begin << ", " << range.end << ')';
}
} // namespace hfasync::detail

BOOST_AUTO_TEST_SUITE(cache_piece_record)

using namespace hfasync::detail;
using hfasync::test::TempDir;
using hfasync::test::write_file;

namespace {

const std::string etag(64, 'a');
using Ranges = std::vector<ByteRange>;

std::string record(const Ranges& ranges, std::uint64_t size = 1000)
{
    auto text = piece_record_head(etag, size);
    for (const auto& range : ranges)
        text += piece_record_line(range);
    return text;
}

void check(const PieceSet& set, const Ranges& wanted)
{
    BOOST_TEST(set.ranges() == wanted, boost::test_tools::per_element());
}

} // namespace

BOOST_AUTO_TEST_CASE(pieces_join)
{
    PieceSet set;
    BOOST_TEST(set.front() == 0u);
    set.add({100, 200});
    BOOST_TEST(set.front() == 0u);
    set.add({300, 400});
    set.add({500, 500}); // nothing
    check(set, {{100, 200}, {300, 400}});
    set.add({200, 250});
    check(set, {{100, 250}, {300, 400}});
    set.add({0, 50});
    BOOST_TEST(set.front() == 50u);
    check(set, {{0, 50}, {100, 250}, {300, 400}});
    set.add({40, 320});
    check(set, {{0, 400}});
    BOOST_TEST(set.front() == 400u);
    set.add({10, 20});
    BOOST_TEST(set.total() == 400u);
    set.add({600, 700});
    BOOST_TEST(set.missing(1000) == (Ranges{{400, 600}, {700, 1000}}), boost::test_tools::per_element());
    BOOST_TEST(set.missing(700) == (Ranges{{400, 600}}), boost::test_tools::per_element());
    BOOST_TEST(PieceSet().missing(5) == (Ranges{{0, 5}}), boost::test_tools::per_element());
    BOOST_TEST(!set.clip(700));
    BOOST_TEST(set.clip(650));
    check(set, {{0, 400}, {600, 650}});
    BOOST_TEST(set.clip(600));
    BOOST_TEST(set.clip(100));
    check(set, {{0, 100}});
}

BOOST_AUTO_TEST_CASE(what_was_written_is_read)
{
    const auto text = record({{0, 100}, {500, 600}, {100, 200}, {500, 600}});
    const auto read = parse_piece_record(text, etag, 1000);
    BOOST_REQUIRE(read);
    check(read->pieces, {{0, 200}, {500, 600}});
    BOOST_TEST(read->valid == text.size());
    const auto empty = parse_piece_record(record({}), etag, 1000);
    BOOST_REQUIRE(empty);
    BOOST_TEST(empty->pieces.total() == 0u);
}

BOOST_AUTO_TEST_CASE(a_torn_record_counts_up_to_the_tear)
{
    const auto one = record({{0, 100}}), whole = record({{0, 100}, {500, 600}});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto read = parse_piece_record(whole.substr(0, size), etag, 1000);
        const auto head = record({}).size();
        BOOST_TEST(read.has_value() == (size >= head), size);
        if (!read) continue;
        check(read->pieces, size >= one.size() ? Ranges{{0, 100}} : Ranges{});
        BOOST_TEST(read->valid == (size >= one.size() ? one.size() : head));
    }
}

BOOST_AUTO_TEST_CASE(every_changed_byte_is_noticed)
{
    const auto whole = record({{0, 100}, {500, 600}});
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (const char other : {'0', '9', ' ', '\n', '\0', 'f'}) {
            auto text = whole;
            if (text[at] == other) continue;
            text[at] = other;
            const auto read = parse_piece_record(text, etag, 1000);
            BOOST_TEST((!read || read->pieces.total() < 200), at);
        }
}

BOOST_AUTO_TEST_CASE(a_record_of_something_else_is_none)
{
    const auto text = record({{0, 100}});
    BOOST_TEST(!parse_piece_record(text, std::string(64, 'b'), 1000));
    BOOST_TEST(!parse_piece_record(text, etag, 1001));
    BOOST_TEST(!parse_piece_record("", etag, 1000));
    BOOST_TEST(!parse_piece_record("\n\n\n", etag, 1000));
    BOOST_TEST(!parse_piece_record(std::string(5000, 'x'), etag, 1000));
    // Well-formed lines that cannot be: beyond the end, empty, backwards, too large for 64 bits.
    for (const auto& bad :
         {piece_record_line({900, 1001}), piece_record_line({5, 5}), piece_record_line({9, 5})})
        BOOST_TEST(parse_piece_record(text + bad, etag, 1000)->valid == text.size());
}

BOOST_AUTO_TEST_CASE(names_are_found_again)
{
    TempDir dir;
    const auto shared = Place::at(dir / (etag + ".incomplete"));
    BOOST_TEST(find_piece_places(shared).empty());
    const auto made = new_piece_places(shared);
    BOOST_TEST(made.data.name.ends_with(".incomplete"));
    BOOST_TEST(made.data.name.size() == shared.name.size() + 9);
    BOOST_TEST(made.data.name != new_piece_places(shared).data.name);
    write_file(made.record.name, "x");
    // Of others: a private partial, another file's, names that only look similar.
    for (const auto& other :
         {etag + ".0123abcd.incomplete", std::string(64, 'b') + ".0123abcd.pieces.incomplete",
          etag + ".0123abc.pieces.incomplete", etag + ".0123abcX.pieces.incomplete",
          etag + ".pieces.incomplete", etag + ".0123abcd.pieces", etag})
        write_file(dir / other, "x");
    const auto found = find_piece_places(shared);
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(found[0].data.name == made.data.name);
    BOOST_TEST(found[0].record.name == made.record.name);
    BOOST_TEST(find_piece_places(Place::at(dir / "no/such/folder.incomplete")).empty());
}

BOOST_AUTO_TEST_CASE(names_in_an_open_folder)
{
    TempDir dir;
    const auto folder = std::make_shared<const Fd>(open_folder(dir.path()));
    const Place shared{folder, "a.bin." + etag + ".incomplete", dir / "a.bin"};
    const auto made = new_piece_places(shared);
    write_file(dir / made.record.name, "x");
    for (int i = 0; i < 2; ++i) // also a second time: the position in the folder is not shared
        BOOST_TEST(find_piece_places(shared).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
