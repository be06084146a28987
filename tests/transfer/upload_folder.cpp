#include <boost/test/unit_test.hpp>

#include "base/hash.hpp"
#include "transfer/upload_fixture.hpp"

using namespace hfasync;
using hfasync::tests::UploadFixture;

BOOST_FIXTURE_TEST_SUITE(transfer_upload_folder, UploadFixture)

BOOST_AUTO_TEST_CASE(a_folder_in_one_commit)
{
    make_repo();
    write("a.txt", "a");
    write("sub/b.bin", content(120'000, 1));
    write(".git/config", "x");
    UploadFolderOptions options;
    options.path_in_repo = "to/";
    const auto info = hub.block_on(api.upload_folder(repo, folder.path(), options));
    BOOST_TEST(info.commit_message == "Upload folder using huggingface_hub");
    const auto files = listing();
    BOOST_TEST(files.size() == 2u);
    BOOST_TEST(files.at("to/a.txt") == "blob " + detail::git_blob_sha1("a"));
    BOOST_TEST(files.at("to/sub/b.bin") == "lfs " + detail::sha256_hex(content(120'000, 1)));
}

BOOST_AUTO_TEST_CASE(delete_patterns_and_deletions)
{
    make_repo();
    write("old.log", "1");
    write("keep.txt", "2");
    hub.block_on(api.upload_folder(repo, folder.path()));
    std::filesystem::remove(folder.path() / "old.log");
    write("new.txt", "3");
    UploadFolderOptions options;
    options.delete_patterns = Strings("*.log");
    hub.block_on(api.upload_folder(repo, folder.path(), options));
    BOOST_TEST(listing().size() == 2u);
    hub.block_on(api.delete_file("new.txt", repo));
    hub.block_on(api.delete_files(repo, {"keep*"}));
    BOOST_TEST(listing().empty());
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_refused_before_any_request)
{
    BOOST_CHECK_THROW(hub.block_on(api.upload_folder(repo, folder.path() / "nope")), ValueError);
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
