#include "base/path_rules.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

#include <hfasync/error.hpp>
#include <hfasync/path_filter.hpp>

namespace hf = hfasync::detail;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(base_path_rules)

BOOST_AUTO_TEST_CASE(ordinary_paths_pass)
{
    for (const auto& good :
         {"a"s, "a/b.txt"s, "..a/b.."s, ".gitattributes"s, "..."s, "h\xc3\xa9/\xe2\x9c\x93"s, "a b%2F"s,
          "x/"s + std::string(255, 'n'), ".cache/huggingface/x"s, ".git/config"s}) {
        BOOST_CHECK_NO_THROW(hf::check_repo_path(good));
    }
}

BOOST_AUTO_TEST_CASE(paths_that_could_leave_their_root_are_refused)
{
    for (const auto& bad : {""s,
                            "/"s,
                            "/etc/passwd"s,
                            ".."s,
                            "../x"s,
                            "a/../b"s,
                            "a/.."s,
                            "."s,
                            "./a"s,
                            "a/./b"s,
                            "a//b"s,
                            "a/"s,
                            "a\\b"s,
                            "..\\x"s,
                            "C:/x"s,
                            "c:x"s,
                            "a\0b"s,
                            "a\nb"s,
                            "a\x1b[0m"s,
                            "a\x7f"s,
                            std::string(256, 'n'),
                            "x/"s + std::string(256, 'n'),
                            "\xff"s}) {
        BOOST_CHECK_THROW(hf::check_repo_path(bad), hfasync::ValueError);
    }
}

BOOST_AUTO_TEST_CASE(a_refused_path_is_named_without_its_control_bytes)
{
    BOOST_CHECK_EXCEPTION(
        hf::check_repo_path("a\x1b/../b"), hfasync::ValueError, [](const hfasync::ValueError& e) {
            const std::string text = e.what();
            return text.find('\x1b') == std::string::npos && text.find("a\\x1b/../b") != std::string::npos;
        });
}

BOOST_AUTO_TEST_CASE(local_folder_also_protects_git_and_its_own_state)
{
    for (const char* bad : {".git/config", ".GIT/config", "sub/.Git/hooks/x", ".git", ".cache/huggingface/x",
                            ".Cache/HuggingFace/x", ".cache/huggingface", "../x"})
        BOOST_CHECK_THROW(hf::check_local_dir_path(bad), hfasync::ValueError);
    for (const char* good :
         {".gitignore", "git/config", ".cache/other", "sub/.cache/huggingface/x", ".github/x"})
        BOOST_CHECK_NO_THROW(hf::check_local_dir_path(good));
}

BOOST_AUTO_TEST_CASE(etag_and_commit_must_be_safe_as_names)
{
    BOOST_CHECK_NO_THROW(hf::check_etag("a-b_c.D9"));
    BOOST_CHECK_NO_THROW(hf::check_etag(std::string(128, 'a')));
    for (const auto& bad : {""s, "."s, ".."s, "../../../X"s, "/abs/path"s, "a/b"s, "a\n"s, "W\"x\""s,
                            "\xc3\xa9"s, "a\0"s, std::string(129, 'a')})
        BOOST_CHECK_THROW(hf::check_etag(bad), hfasync::FileMetadataError);
    BOOST_CHECK_NO_THROW(hf::check_commit_hash(std::string(40, 'a')));
    for (const auto& bad :
         {""s, std::string(39, 'a'), std::string(41, 'a'), std::string(40, 'A'), "../../../../X"s})
        BOOST_CHECK_THROW(hf::check_commit_hash(bad), hfasync::FileMetadataError);
}

BOOST_AUTO_TEST_CASE(header_values_cannot_end_a_header_and_secrets_are_not_shown)
{
    BOOST_CHECK_NO_THROW(hf::check_header_value("h\xc3\xa9 \x80", "user agent"));
    for (const auto& bad : {"a\r\nX: y"s, "a\n"s, "\0"s, "\t"s, "a\x7f"s})
        BOOST_CHECK_THROW(hf::check_header_value(bad, "user agent"), hfasync::ValueError);
    BOOST_CHECK_EXCEPTION(hf::check_header_value("hf_CANARY\n", "token", true), hfasync::ValueError,
                          [](const hfasync::ValueError& e) {
                              const std::string text = e.what();
                              return text.find("CANARY") == std::string::npos &&
                                     text.find("token") != std::string::npos;
                          });
}

BOOST_AUTO_TEST_CASE(fnmatch_stars_and_questions)
{
    BOOST_TEST(hf::fnmatch("a/b/c.txt", "*.txt")); // '*' matches '/'
    BOOST_TEST(hf::fnmatch("", "*"));
    BOOST_TEST(hf::fnmatch("", ""));
    BOOST_TEST(!hf::fnmatch("", "?"));
    BOOST_TEST(!hf::fnmatch("a", ""));
    BOOST_TEST(hf::fnmatch("abcbc", "a*bc"));
    BOOST_TEST(hf::fnmatch("abc", "***c"));
    BOOST_TEST(!hf::fnmatch("abcd", "a*bc"));
    BOOST_TEST(!hf::fnmatch("A", "a"));
    BOOST_TEST(hf::fnmatch("\xc3\xa9.bin", "?.bin")); // one character, two bytes
    BOOST_TEST(hf::fnmatch("a\nb", "a?b"));
    BOOST_TEST(!hf::fnmatch("a\n", "a"));
    BOOST_TEST(!hf::fnmatch(std::string(2000, 'a'), "*a*a*a*a*a*a*a*b")); // no exponential time
}

BOOST_AUTO_TEST_CASE(fnmatch_sets)
{
    BOOST_TEST(hf::fnmatch("b", "[a-c]"));
    BOOST_TEST(!hf::fnmatch("d", "[a-c]"));
    BOOST_TEST(hf::fnmatch("d", "[!a-c]"));
    BOOST_TEST(!hf::fnmatch("b", "[!a-c]"));
    BOOST_TEST(hf::fnmatch("^", "[^a]")); // '^' is no negation in fnmatch
    BOOST_TEST(hf::fnmatch("a", "[^a]"));
    BOOST_TEST(!hf::fnmatch("b", "[^a]"));
    BOOST_TEST(hf::fnmatch("]", "[]]"));
    BOOST_TEST(hf::fnmatch("x", "[!]]"));
    BOOST_TEST(!hf::fnmatch("]", "[!]]"));
    BOOST_TEST(hf::fnmatch("-", "[a-]"));
    BOOST_TEST(hf::fnmatch("-", "[-a]"));
    BOOST_TEST(hf::fnmatch("\\", "[\\]"));
    BOOST_TEST(!hf::fnmatch("b", "[z-a]")); // an empty range
    BOOST_TEST(hf::fnmatch("b", "[!z-a]"));
    BOOST_TEST(hf::fnmatch("b", "[z-ab]"));
    BOOST_TEST(hf::fnmatch("-", "[a-c-e]")); // a range, then '-' and 'e'
    BOOST_TEST(!hf::fnmatch("d", "[a-c-e]"));
    BOOST_TEST(hf::fnmatch("\xc3\xa9", "[\xc3\xa8-\xc3\xaa]"));
    BOOST_TEST(hf::fnmatch("[", "[")); // never closed: itself
    BOOST_TEST(hf::fnmatch("[ab", "[ab"));
    BOOST_TEST(hf::fnmatch("[!]", "[!]"));
    BOOST_TEST(hf::fnmatch("[]x", "[]*"));
    BOOST_TEST(!hf::fnmatch("a", "[ab"));
}

BOOST_AUTO_TEST_CASE(filter_is_the_one_of_filter_repo_objects)
{
    BOOST_TEST(hfasync::PathFilter()("a"));
    BOOST_TEST(hfasync::PathFilter("*.json")("a/b.json"));
    BOOST_TEST(!hfasync::PathFilter("*.json")("a.JSON"));
    const hfasync::PathFilter all_but({}, "data/");
    BOOST_TEST(!all_but("data/x/y"));
    BOOST_TEST(!all_but("data/"));
    BOOST_TEST(all_but("data"));
    BOOST_TEST(all_but("sub/data/x"));
    BOOST_TEST(!hfasync::PathFilter(hfasync::Strings{})("a.txt")); // an empty list allows nothing
    const hfasync::PathFilter filter(hfasync::Strings{"*.txt", "sub/"}, "data/");
    BOOST_TEST(filter("a.txt"));
    BOOST_TEST(filter("sub/a.bin"));
    BOOST_TEST(!filter("a.bin"));
    BOOST_TEST(!filter("data/a.txt")); // ignore wins
}

BOOST_AUTO_TEST_CASE(a_literal_pattern_matches_one_path)
{
    for (const std::string path : {"a.txt", "[x].txt", "a*b?c", "]", "[!a]", "dir/*", "a*[!b]?]"}) {
        const auto pattern = hfasync::literal_pattern(path);
        BOOST_TEST(hf::fnmatch(path, pattern), pattern);
        BOOST_TEST(!hf::fnmatch("x.txt", pattern), pattern);
        BOOST_TEST(!hf::fnmatch("aXbYc", pattern), pattern);
        BOOST_TEST(!hf::fnmatch("dir/b", pattern), pattern);
    }
}

BOOST_AUTO_TEST_SUITE_END()
