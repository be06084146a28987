// The one frame that prints all results: tables, lines, JSON, ids.
#include "cli/output.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>

#include <hfasync/error.hpp>
#include <hfasync/types/repo_file.hpp>

#include "cli/text_width.hpp"

using namespace hfasync;
using namespace hfasync::cli;
namespace json = boost::json;

namespace {

const Screen a_pipe{.is_terminal = false, .width = 80};

Screen terminal(unsigned width)
{
    return {.is_terminal = true, .width = width};
}

const json::value rows = json::parse(R"([
    {"id": "acme/tiny", "likes": 3, "date": "2024-01-02T03:04:05.000Z", "tags": ["a", "b"], "none": null,
     "lfs": {"size": 12}, "ok": true},
    {"id": "安/模型", "likes": 12345, "date": null, "tags": [], "none": null, "lfs": null, "ok": false}])");
const View view{.columns = {"id", "likes", "date", "none", "lfs.size"}, .id = "id"};

} // namespace

BOOST_AUTO_TEST_SUITE(cli_output)

BOOST_AUTO_TEST_CASE(a_table_on_a_terminal)
{
    BOOST_TEST(rendered(rows, view, {}, terminal(80)) == "ID         LIKES  DATE              LFS SIZE\n"
                                                         "acme/tiny      3  2024-01-02 03:04        12\n"
                                                         "安/模型    12345\n");
    BOOST_TEST(rendered(json::array(), view, {}, terminal(80)) == "");
}

BOOST_AUTO_TEST_CASE(lines_in_pipe_have_everything_and_no_head)
{
    BOOST_TEST(rendered(rows, view, {}, a_pipe) == "acme/tiny\t3\t2024-01-02T03:04:05.000Z\t\t12\n"
                                                   "安/模型\t12345\t\t\t\n");
}

BOOST_AUTO_TEST_CASE(json_is_what_the_method_gives)
{
    BOOST_TEST((json::parse(rendered(rows, view, {.json = true}, terminal(20))) == rows));
    BOOST_TEST(rendered(nullptr, view, {.json = true}, a_pipe) == "null\n");
}

BOOST_AUTO_TEST_CASE(quiet_is_ids)
{
    BOOST_TEST(rendered(rows, view, {.quiet = true}, terminal(80)) == "acme/tiny\n安/模型\n");
    BOOST_TEST(rendered(rows.at(0), view, {.quiet = true}, a_pipe) == "acme/tiny\n");
    BOOST_TEST(rendered(rows.at(0), {}, {.quiet = true}, a_pipe) == "acme/tiny\n"); // the first field
}

BOOST_AUTO_TEST_CASE(columns_can_be_chosen)
{
    BOOST_TEST(rendered(rows, view, {.columns = {"ok", "tags"}}, a_pipe) == "true\ta, b\nfalse\t\n");
    BOOST_TEST(rendered(rows, view, {.columns = {"none", "ok"}}, terminal(80)) ==
               "NONE  OK\n      yes\n      no\n");
    BOOST_CHECK_EXCEPTION(
        rendered(rows, view, {.columns = {"sise"}}, a_pipe), ValueError, [](const ValueError& error) {
            return std::string(error.message()).find("id, likes, date, tags, none, lfs, ok") !=
                   std::string::npos;
        });
    BOOST_TEST(rendered(json::array(), view, {.columns = {"any"}}, a_pipe) == "");
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_the_terminal)
{
    json::array wide;
    for (int i = 0; i < 4; ++i)
        wide.push_back({{"id", std::string(70, 'x')},
                        {"title", std::string(i * 20, 'y')},
                        {"num", i * 1000},
                        {"more", "安全安全安全安全安全安全安全安全"}});
    for (unsigned width : {20u, 40u, 80u, 120u, 200u}) {
        std::istringstream lines(rendered(wide, {}, {}, terminal(width)));
        std::size_t count = 0;
        for (std::string line; std::getline(lines, line); ++count)
            BOOST_TEST(display_width(line) <= width, width << ": " << line);
        BOOST_TEST(count == 5u);
    }
    // Wide enough: nothing is cut, and ids are the last to go.
    BOOST_TEST(rendered(wide, {}, {}, terminal(200)).find("..") == std::string::npos);
    BOOST_TEST(rendered(wide, {}, {}, terminal(20)).starts_with("ID"));
}

BOOST_AUTO_TEST_CASE(one_object_is_a_line_a_field)
{
    const auto one =
        json::parse(R"({"id": "a/b", "empty": null, "long_name": "x", "siblings": [{"a": 1}, {"a": 2}]})");
    BOOST_TEST(rendered(one, {}, {}, terminal(80)) ==
               "id         a/b\nlong_name  x\nsiblings   2 entries (--json shows it)\n");
    BOOST_TEST(rendered(one, {}, {}, a_pipe) == "id\ta/b\nlong_name\tx\nsiblings\t[{\"a\":1},{\"a\":2}]\n");
    BOOST_TEST(rendered(one, {.columns = {"id"}}, {}, a_pipe) == "a/b\n"); // one field: its value
    BOOST_TEST(rendered(json::value("text"), {}, {}, a_pipe) == "text\n");
    BOOST_TEST(rendered(json::value(nullptr), {}, {}, a_pipe) == "");
    BOOST_TEST(rendered(json::parse(R"(["a.txt", "b.txt"])"), {}, {}, terminal(80)) == "a.txt\nb.txt\n");
}

BOOST_AUTO_TEST_CASE(what_a_server_says_does_not_drive_the_terminal)
{
    const json::value hostile = json::array{{{"id", "a\x1b[2Jb"}, {"title", "x\ty\nz"}}};
    for (const auto& screen : {a_pipe, terminal(80)}) {
        const auto text = rendered(hostile, {}, {}, screen);
        BOOST_TEST(text.find('\x1b') == std::string::npos);
        BOOST_TEST(std::count(text.begin(), text.end(), '\n') == (screen.is_terminal ? 2 : 1));
        BOOST_TEST(std::count(text.begin(), text.end(), '\t') == (screen.is_terminal ? 0 : 1));
    }
    BOOST_TEST(rendered(hostile, {}, {.quiet = true}, a_pipe) == "a\\x1b[2Jb\n");
    BOOST_TEST(printable_text("a\x1b") == "a\\x1b");
}

BOOST_AUTO_TEST_CASE(ids_are_kept_where_other_texts_give_way)
{
    const std::string commit(40, 'c');
    const json::value commits =
        json::array{{{"commit", commit}, {"title", std::string(60, 't')}, {"by", "ann"}}};
    const auto text =
        rendered(commits, {.columns = {"commit", "title", "by"}, .id = "commit"}, {}, terminal(80));
    BOOST_TEST(text.find(commit + "  ttt") != std::string::npos, text);
    BOOST_TEST(text.find("..  ann") != std::string::npos, text);
    // A terminal that has no room for it at all.
    BOOST_TEST(rendered(commits, {.columns = {"commit"}, .id = "commit"}, {}, terminal(10)) ==
               "COMMIT\ncccccccc..\n");
}

// A described type needs no code of its own to be printed.
BOOST_AUTO_TEST_CASE(described_types_are_rows)
{
    const RepoFile file{
        .path = "w.bin", .size = 5, .blob_id = "abc", .lfs = BlobLfsInfo{.size = 5, .sha256 = "s"}};
    const auto text = rendered(detail::encode(std::vector<RepoFile>{file}, detail::Naming::documented),
                               {.columns = {"path", "size", "lfs.sha256"}}, {}, a_pipe);
    BOOST_TEST(text == "w.bin\t5\ts\n");
}

BOOST_AUTO_TEST_SUITE_END()
