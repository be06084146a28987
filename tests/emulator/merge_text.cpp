// Line diffs and merges, judged by the git program.
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <random>
#include <set>

#include "emulator/store/merge_text.hpp"
#include "git_program.hpp"
#include "support/temp_folder.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using namespace hfasync::emulator::store;

namespace {

struct Files : TempFolder {
    void write(const std::string& name, std::string_view content) const
    {
        std::ofstream(path() / name, std::ios::binary) << content;
    }
};

std::string joined(const std::vector<std::string>& lines)
{
    std::string out;
    for (const auto& line : lines)
        out += line + "\n";
    return out;
}

/// Lines that are all different: where equal ones stand, two good diffs may differ.
std::vector<std::string> numbered(std::size_t count)
{
    std::vector<std::string> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back("(" + std::to_string(i) + ")");
    return out;
}

std::vector<std::string> changed(std::vector<std::string> lines, const std::string& who, std::mt19937& random)
{
    const auto edits = 1 + random() % 4;
    for (unsigned i = 0; i < edits; ++i) {
        const auto at = static_cast<std::ptrdiff_t>(random() % (lines.size() + 1));
        const auto text = "(" + who + std::to_string(i) + ")";
        if (random() % 3 == 0 || at == static_cast<std::ptrdiff_t>(lines.size()))
            lines.insert(lines.begin() + at, text);
        else if (random() % 2 == 0)
            lines[static_cast<std::size_t>(at)] = text;
        else
            lines.erase(lines.begin() + at);
    }
    return lines;
}

/// What the changes make of `before`.
std::string applied(std::string_view before, std::string_view after)
{
    const auto a = split_lines(before), b = split_lines(after);
    std::string out;
    std::size_t at = 0;
    for (const auto& change : line_changes(a, b)) {
        for (; at < change.old_begin; ++at)
            out += a[at];
        BOOST_TEST_REQUIRE(change.old_begin <= change.old_end);
        for (auto i = change.new_begin; i < change.new_end; ++i)
            out += b[i];
        at = change.old_end;
    }
    for (; at < a.size(); ++at)
        out += a[at];
    return out;
}

std::size_t size_of(const std::vector<LineChange>& changes)
{
    std::size_t out = 0;
    for (const auto& change : changes)
        out += change.old_end - change.old_begin + change.new_end - change.new_begin;
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_merge_text)

BOOST_AUTO_TEST_CASE(lines_keep_their_ends)
{
    BOOST_TEST(split_lines("").empty());
    const auto lines = split_lines("a\n\nb");
    BOOST_TEST_REQUIRE(lines.size() == 3u);
    BOOST_TEST(lines[0] == "a\n");
    BOOST_TEST(lines[1] == "\n");
    BOOST_TEST(lines[2] == "b");
}

BOOST_AUTO_TEST_CASE(changes_lead_from_one_text_to_the_other_and_are_the_fewest)
{
    std::mt19937 random(7);
    for (int round = 0; round < 500; ++round) {
        // Few different lines, so that there are many ways.
        std::string a, b;
        for (auto* text : {&a, &b})
            for (unsigned i = random() % 12; i > 0; --i)
                *text += std::string(1, static_cast<char>('a' + random() % 3)) + "\n";
        BOOST_TEST(applied(a, b) == b);
        // The longest common subsequence gives the least number of lines.
        const auto x = split_lines(a), y = split_lines(b);
        std::vector<std::vector<std::size_t>> common(x.size() + 1, std::vector<std::size_t>(y.size() + 1));
        for (std::size_t i = 0; i < x.size(); ++i)
            for (std::size_t j = 0; j < y.size(); ++j)
                common[i + 1][j + 1] =
                    x[i] == y[j] ? common[i][j] + 1 : std::max(common[i][j + 1], common[i + 1][j]);
        BOOST_TEST(size_of(line_changes(x, y)) == x.size() + y.size() - 2 * common[x.size()][y.size()]);
    }
}

BOOST_AUTO_TEST_CASE(texts_with_nothing_in_common_are_one_change)
{
    std::string a, b;
    for (int i = 0; i < 3000; ++i) {
        a += "a" + std::to_string(i) + "\n";
        b += "b" + std::to_string(i) + "\n";
    }
    const auto x = split_lines(a), y = split_lines(b);
    BOOST_TEST(line_changes(x, y).size() == 1u);
    BOOST_TEST(applied(a, b) == b);
}

BOOST_AUTO_TEST_CASE(hunks_are_those_of_git_diff)
{
    Files files;
    std::mt19937 random(3);
    for (int round = 0; round < 40; ++round) {
        const auto lines = numbered(random() % 40);
        auto before = joined(lines), after = joined(changed(lines, "x", random));
        if (round % 5 == 1 && !before.empty()) before.pop_back();
        if (round % 5 == 2 && !after.empty()) after.pop_back();
        if (before == after) continue;
        files.write("a", before);
        files.write("b", after);
        int status = 0;
        const auto theirs = git(files.path(), "diff --no-index --no-color a b", {}, &status);
        BOOST_TEST(unified_hunks(before, after) == theirs.substr(theirs.find("@@")));
    }
    BOOST_TEST(unified_hunks("same\n", "same\n").empty());
    BOOST_TEST(unified_hunks("", "a\n") == "@@ -0,0 +1 @@\n+a\n");
    BOOST_TEST(unified_hunks("a", "") == "@@ -1 +0,0 @@\n-a\n\\ No newline at end of file\n");
}

BOOST_AUTO_TEST_CASE(merges_are_those_of_git_merge_file)
{
    Files files;
    std::mt19937 random(11);
    int merged = 0, refused = 0;
    for (int round = 0; round < 120; ++round) {
        const auto lines = numbered(5 + random() % 20);
        const auto base = joined(lines), ours = joined(changed(lines, "o", random)),
                   theirs = joined(changed(lines, "t", random));
        files.write("base", base);
        files.write("ours", ours);
        files.write("theirs", theirs);
        int status = 0;
        const auto said = git(files.path(), "merge-file -p -q ours base theirs", {}, &status);
        const auto mine = merge_text(base, ours, theirs);
        BOOST_TEST_REQUIRE(mine.has_value() == (status == 0), base << "---\n" << said);
        if (mine) BOOST_TEST(*mine == said);
        ++(mine ? merged : refused);
    }
    BOOST_TEST(merged > 20);
    BOOST_TEST(refused > 20);
}

BOOST_AUTO_TEST_CASE(the_same_change_on_both_sides_is_no_conflict)
{
    BOOST_TEST(merge_text("a\nb\n", "a\nx\n", "a\nx\n").value() == "a\nx\n");
    BOOST_TEST(merge_text("a\nb\nc\nd\n", "x\nb\nc\nd\n", "x\nb\nc\ny\n").value() == "x\nb\nc\ny\n");
    BOOST_TEST(!merge_text("a\n", "x\n", "y\n"));
    BOOST_TEST(!merge_text("", "x\n", "y\n"));
    BOOST_TEST(merge_text("a\n", "a\n", "").value().empty());
}

BOOST_AUTO_TEST_CASE(a_zero_byte_makes_it_binary)
{
    BOOST_TEST(looks_binary(std::string_view("a\0b", 3)));
    BOOST_TEST(!looks_binary("text"));
    BOOST_TEST(!looks_binary(std::string(8000, 'a') + std::string(1, '\0')));
}

BOOST_AUTO_TEST_SUITE_END()
