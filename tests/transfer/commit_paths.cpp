#include <boost/test/unit_test.hpp>

#include "transfer/commit_operations.hpp"

using namespace hfasync;
using namespace hfasync::detail;

BOOST_AUTO_TEST_SUITE(transfer_commit_paths)

BOOST_AUTO_TEST_CASE(paths_are_normalised)
{
    BOOST_TEST(checked_path_in_repo("/abs/a.txt") == "abs/a.txt");
    BOOST_TEST(checked_path_in_repo("./rel/b.txt") == "rel/b.txt");
    BOOST_TEST(checked_path_in_repo("a.git/x") == "a.git/x");
    BOOST_TEST(checked_path_in_repo("dir/.github/x") == "dir/.github/x");
    BOOST_TEST(checked_deleted_path("./d/") == "d/");
}

BOOST_AUTO_TEST_CASE(bad_paths_are_refused)
{
    for (const char* path : {"", ".", "..", "../a", "a/../../b", "/", "a//b", ".git/config",
                             "sub/.git/config", ".cache/huggingface/a", "a\nb", "a\\b", "\xff.txt", "a/./b"})
        BOOST_TEST_CONTEXT(path)
        {
            BOOST_CHECK_THROW(checked_path_in_repo(path), ValueError);
        }
    BOOST_CHECK_THROW(CommitOperationAdd("../a", UploadSource::bytes(std::string("x"))), ValueError);
}

BOOST_AUTO_TEST_CASE(overwrites_are_warned_about)
{
    const auto add = [](const char* path) {
        return CommitOperationAdd(path, UploadSource::bytes(std::string("x")));
    };
    BOOST_CHECK(overwriting_warnings({add("a"), add("b/c")}).empty());
    BOOST_TEST(overwriting_warnings({add("a"), add("a")}).size() == 1u);
    BOOST_TEST(overwriting_warnings({add("a"), CommitOperationDelete{.path_in_repo = "a"}}).size() == 1u);
    BOOST_TEST(overwriting_warnings({add("b/c"), CommitOperationDelete{.path_in_repo = "b/"}}).size() == 1u);
    BOOST_CHECK(overwriting_warnings({CommitOperationDelete{.path_in_repo = "a"}, add("a")}).empty());
}

BOOST_AUTO_TEST_CASE(pull_requests_are_numbered)
{
    BOOST_TEST(pull_request_number("https://hub/acme/tiny/discussions/7") == 7u);
    for (const char* url :
         {"https://hub/acme/tiny/discussions/abc", "https://hub/acme/tiny", "", ".../discussions/"})
        BOOST_CHECK_THROW(pull_request_number(url), RuntimeError);
}

BOOST_AUTO_TEST_SUITE_END()
