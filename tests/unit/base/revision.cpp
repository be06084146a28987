#include <boost/test/unit_test.hpp>

#include <string>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

using namespace hfasync;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(base_revision)

BOOST_AUTO_TEST_CASE(branches_tags_commits_and_pull_requests_pass)
{
    for (const auto& good : {"main"s, "v1.0"s, "refs/pr/1"s, "feature/x y"s, std::string(40, 'a'),
                             "h\xc3\xa9"s, "...x"s, "a..b"s})
        BOOST_CHECK_NO_THROW(validate_revision(good));
}

BOOST_AUTO_TEST_CASE(what_could_leave_refs_or_end_a_line_is_refused)
{
    for (const auto& bad : {""s, "."s, ".."s, "../x"s, "a/../b"s, "/main"s, "main/"s, "a//b"s, "a\\b"s,
                            "main\n"s, "a\0b"s, "a\x7f"s, std::string(256, 'a'), "\xff"s})
        BOOST_CHECK_THROW(validate_revision(bad), HFValidationError);
}

BOOST_AUTO_TEST_CASE(commit_hashes)
{
    BOOST_TEST(is_commit_hash("0123456789abcdef0123456789abcdef01234567"));
    BOOST_TEST(!is_commit_hash("0123456789ABCDEF0123456789abcdef01234567"));
    BOOST_TEST(!is_commit_hash("0123456789abcdef0123456789abcdef0123456"));
    BOOST_TEST(!is_commit_hash("0123456789abcdef0123456789abcdef0123456\n"));
}

BOOST_AUTO_TEST_SUITE_END()
