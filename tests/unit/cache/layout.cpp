#include "cache/layout.hpp"

#include <hfasync/error.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(cache_layout)

using hfasync::FileMetadataError;
using hfasync::RepoType;
using hfasync::detail::RepoLayout;

namespace {
const std::string commit = "e7da7f221d5bf496a48136c0cd264e630fe9fcc8";
const std::string etag = "b20106b8b4614c6e14b7f46d2ae32caa7ed9f7d3";
} // namespace

BOOST_AUTO_TEST_CASE(names_are_those_of_the_reference)
{
    const RepoLayout layout("/c", RepoType::dataset, "acme/rows");
    BOOST_TEST(layout.name() == "datasets--acme--rows");
    BOOST_TEST(layout.blob(etag) == "/c/datasets--acme--rows/blobs/" + etag);
    BOOST_TEST(layout.incomplete(etag) == "/c/datasets--acme--rows/blobs/" + etag + ".incomplete");
    BOOST_TEST(layout.lock(etag) == "/c/.locks/datasets--acme--rows/" + etag + ".lock");
    BOOST_TEST(layout.ref("main") == "/c/datasets--acme--rows/refs/main");
    BOOST_TEST(layout.ref("refs/pr/1") == "/c/datasets--acme--rows/refs/refs/pr/1");
    BOOST_TEST(layout.pointer(commit, "a/b.txt") ==
               "/c/datasets--acme--rows/snapshots/" + commit + "/a/b.txt");
    BOOST_TEST(layout.no_exist(commit, "a/b.txt") ==
               "/c/datasets--acme--rows/.no_exist/" + commit + "/a/b.txt");
    BOOST_TEST(RepoLayout("/c", RepoType::model, "gpt2").name() == "models--gpt2");
    BOOST_TEST(RepoLayout("/c", RepoType::space, "a/b").name() == "spaces--a--b");
}

BOOST_AUTO_TEST_CASE(links_are_relative)
{
    BOOST_TEST(RepoLayout::link_text("a.txt", "x") == "../../blobs/x");
    BOOST_TEST(RepoLayout::link_text("d/e/a.txt", "x") == "../../../../blobs/x");
}

BOOST_AUTO_TEST_CASE(server_text_cannot_leave_the_cache)
{
    const RepoLayout layout("/c", RepoType::model, "acme/tiny");
    for (const char* bad :
         {"../../../X", "/abs/path", "", ".", "..", "a/b", "a\\b", "x.incomplete", "x.lock", ".hidden"}) {
        BOOST_CHECK_THROW(layout.blob(bad), FileMetadataError);
        BOOST_CHECK_THROW(layout.lock(bad), FileMetadataError);
        BOOST_CHECK_THROW(layout.incomplete(bad), FileMetadataError);
    }
    for (const char* bad : {"../../../../X", "main", "E7DA7F221D5BF496A48136C0CD264E630FE9FCC8", ""}) {
        BOOST_CHECK_THROW(layout.snapshot(bad), FileMetadataError);
        BOOST_CHECK_THROW(layout.no_exist(bad, "a"), FileMetadataError);
    }
    for (const char* bad : {"../a", "/a", "a/../b", "a//b", ""})
        BOOST_CHECK_THROW(layout.pointer(commit, bad), hfasync::ValueError);
    BOOST_CHECK_THROW(layout.ref("../x"), hfasync::HFValidationError);
    BOOST_CHECK_THROW(RepoLayout("/c", RepoType::model, "a--b"), hfasync::HFValidationError);
}

BOOST_AUTO_TEST_SUITE_END()
