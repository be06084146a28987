// A rule's patterns let through what snapshot_download would.
#include <boost/test/unit_test.hpp>

#include "fixture.hpp"
#include "patterns.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_patterns)

using namespace hfasync;
using namespace hfasync::tests;
using mirror::FilePatterns;
using Texts = std::vector<std::string>;

namespace {

const Contents files{{"a.json", "1"},     {"b.JSON", "1"}, {"dir/c.json", "1"}, {"dir/sub/d.bin", "1"},
                     {"[x].txt", "1"},    {"x.txt", "1"},  {"^.txt", "1"},      {"].txt", "1"},
                     {"\u00e9.bin", "1"}, {"e.bin", "1"},  {"a-b", "1"},        {"!a", "1"}};

struct BothWays : MirrorFixture {
    BothWays() { hub.seed_repo("acme/odd", files); }

    std::map<std::string, std::string> downloaded(const Texts& allow, const Texts& ignore)
    {
        SnapshotDownloadOptions options{.local_dir = dir.path() / std::to_string(++count)};
        fs::create_directories(*options.local_dir);
        if (!allow.empty()) options.allow_patterns = Strings(allow);
        if (!ignore.empty()) options.ignore_patterns = Strings(ignore);
        const auto folder = *options.local_dir;
        client.block_on(api.snapshot_download("acme/odd", std::move(options)));
        return tree_of(folder);
    }
    static std::map<std::string, std::string> let_through(const Texts& allow, const Texts& ignore)
    {
        const FilePatterns lets_through(allow, ignore);
        auto all = as_map(files);
        std::erase_if(all, [&](const auto& file) { return !lets_through(file.first); });
        return all;
    }

    Hub client{HubOptions{.endpoint = hub.endpoint(), .token = hub.token()}};
    HfApi api{client};
    int count = 0;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(as_a_download, BothWays)
{
    for (const auto* pattern : {"*",        "**",        "",         "*.json",    "*.bin",
                                "dir",      "dir/",      "dir/*",    "*/",        "d?r/*",
                                "?.bin",    "??.bin",    "\u00e9*",  "[\u00e9]*", "[\u00e0-\u00ef].bin",
                                "[x].txt",  "[[]x].txt", "[!x].txt", "[^x].txt",  "[]].txt",
                                "[!]].txt", "[a-e]*",    "[e-a]*",   "[a-]*",     "a[-]b",
                                "[z",       "[]",        "[!a",      "x.txt",     "X.TXT",
                                "*c*n",     "!a",        "[!!]a",    "\\*",       "\xc3*"}) {
        BOOST_TEST_CONTEXT("pattern " << pattern)
        {
            BOOST_TEST((downloaded({pattern}, {}) == let_through({pattern}, {})));
            BOOST_TEST((downloaded({}, {pattern}) == let_through({}, {pattern})));
        }
    }
    BOOST_TEST((downloaded({"*.json", "dir/"}, {"*.bin"}) == let_through({"*.json", "dir/"}, {"*.bin"})));
    BOOST_TEST((let_through({"*.json", "dir/"}, {"*.bin"}) ==
                std::map<std::string, std::string>{{"a.json", "1"}, {"dir/c.json", "1"}}));
}

BOOST_FIXTURE_TEST_CASE(a_literal_pattern_is_one_name, BothWays)
{
    for (const auto& [name, content] : files) {
        const std::map<std::string, std::string> one{{name, content}};
        BOOST_TEST((let_through({mirror::literal_pattern(name)}, {}) == one), name);
        BOOST_TEST((downloaded({mirror::literal_pattern(name)}, {}) == one), name);
    }
    for (const auto* name : {"*", "?", "[", "[a]", "a*[!b]?]"}) {
        const FilePatterns one({mirror::literal_pattern(name)}, {});
        BOOST_TEST(one(name), name);
        for (const auto* other : {"a", "b", "ab", "a*[!b]x]", "[b]"})
            BOOST_TEST(!one(other), std::string(name) + " lets through " + other);
    }
}

BOOST_AUTO_TEST_CASE(no_exponential_time)
{
    BOOST_TEST(!FilePatterns({"*a*a*a*a*a*a*a*b"}, {})(std::string(2000, 'a')));
}

BOOST_AUTO_TEST_SUITE_END()
