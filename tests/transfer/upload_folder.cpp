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

BOOST_AUTO_TEST_CASE(many_lfs_files_go_in_groups_and_each_content_once)
{
    make_repo();
    std::map<std::string, std::string> wanted;
    for (unsigned i = 0; i < 300; ++i) {
        const auto text = content(300, i == 299 ? 0 : i); // the last has the content of the first
        const auto name = "w" + std::to_string(1000 + i) + ".bin";
        write("up/" + name, text);
        wanted[name] = "lfs " + detail::sha256_hex(text);
    }
    hub.block_on(api.upload_folder(repo, folder.path() / "up"));
    BOOST_CHECK(listing() == wanted);
    BOOST_TEST(seen("POST", "/objects/batch") == 2u);
    BOOST_TEST(seen("PUT", "") == 299u);

    // One that cannot be stored: nothing is committed, and the other transfers have ended with the call.
    server.add_fault({.method = "PUT",
                      .path = "*",
                      .origin = "storage",
                      .skip = 3,
                      .times = -1,
                      .action = emulator::FaultAction::status,
                      .status = 403});
    for (unsigned i = 0; i < 20; ++i)
        write("more/x" + std::to_string(i) + ".bin", content(300, 5000 + i));
    BOOST_CHECK_THROW(hub.block_on(api.upload_folder(repo, folder.path() / "more")), RuntimeError);
    BOOST_CHECK(listing() == wanted);
}

BOOST_AUTO_TEST_CASE(what_is_odd_but_no_failure_is_told)
{
    make_repo();
    std::vector<std::string> warnings;
    auto options = client_options(server);
    options.on_warning = [&](const std::string& text) { warnings.push_back(text); };
    const Hub telling(std::move(options));
    const HfApi told(telling);
    write("up/a.txt", "a");
    std::filesystem::create_symlink("/nowhere/at/all", folder.path() / "up/broken\nlink");
    Hub(telling).block_on(told.upload_folder(repo, folder.path() / "up"));
    BOOST_REQUIRE(warnings.size() == 1u);
    BOOST_TEST(warnings[0].find("link' is a broken link") != std::string::npos);
    BOOST_TEST(warnings[0].find('\n') == std::string::npos); // a name cannot forge lines
    BOOST_TEST(listing().size() == 1u);

    warnings.clear();
    const auto bytes = [](const char* text) { return UploadSource::bytes(std::string(text)); };
    const std::vector<CommitOperation> twice{CommitOperationAdd("d/x", bytes("1")),
                                             CommitOperationAdd("d/x", bytes("2")),
                                             CommitOperationDelete{.path_in_repo = "d/"}};
    Hub(telling).block_on(told.create_commit(repo, twice, "Odd"));
    BOOST_REQUIRE(warnings.size() == 2u);
    BOOST_TEST(warnings[0].find("multiple times the same file") != std::string::npos);
    BOOST_TEST(warnings[1].find("About to delete a folder") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
