#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include "base/hash.hpp"
#include "transfer/upload_fixture.hpp"

using namespace hfasync;
using hfasync::tests::UploadFixture;

namespace {

struct LargeFixture : UploadFixture {
    void fill(int small, int large)
    {
        for (int i = 0; i < small; ++i)
            put("s/" + std::to_string(i) + ".txt", content(4096, 1000u + static_cast<unsigned>(i)));
        for (int i = 0; i < large; ++i)
            put("l/" + std::to_string(i) + ".bin",
                content(i % 3 ? 200'000 : 1'300'000, static_cast<unsigned>(i)));
    }
    void put(const std::string& name, const std::string& text)
    {
        write(name, text);
        wanted[name] = text.size() > (64u << 10) ? "lfs " + detail::sha256_hex(text)
                                                 : "blob " + detail::git_blob_sha1(text);
    }
    void upload(std::string to = "acme/uploads", std::size_t workers = 4)
    {
        UploadLargeFolderOptions options;
        options.num_workers = workers;
        options.print_report = false;
        hub.block_on(api.upload_large_folder(to, folder.path(), "model", options));
    }
    std::map<std::string, std::string> wanted;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_large_folder, LargeFixture)

BOOST_AUTO_TEST_CASE(every_file_arrives_in_bounded_batches)
{
    fill(300, 8);
    upload();
    BOOST_CHECK(listing() == wanted);
    BOOST_TEST(seen("POST", "/preupload/") >= 5u);
    const auto commits = seen("POST", "/commit/");
    BOOST_TEST(commits >= 3u); // 75 regular files fill the first, 150 the second
    BOOST_TEST(commits <= 6u);
}

BOOST_AUTO_TEST_CASE(a_second_run_sends_nothing)
{
    fill(20, 2);
    upload();
    server.forget_requests();
    upload();
    BOOST_TEST(seen("POST", "/commit/") == 0u);
    BOOST_TEST(seen("POST", "/preupload/") == 0u);
    BOOST_TEST(seen("PUT", "") == 0u);
    put("s/0.txt", content(4096, 77)); // newer than its record
    upload();
    BOOST_TEST(seen("POST", "/commit/") == 1u);
    BOOST_CHECK(listing() == wanted);
}

BOOST_AUTO_TEST_CASE(another_repo_inherits_nothing)
{
    fill(5, 2);
    upload("acme/first");
    upload("acme/uploads");
    BOOST_CHECK(listing() == wanted);
}

BOOST_AUTO_TEST_CASE(records_of_the_reference_are_confirmed_before_they_are_believed)
{
    fill(5, 1);
    upload("acme/first");
    std::filesystem::remove(folder.path() / ".cache/huggingface/upload/.hfasync-target");
    upload("acme/uploads"); // the records say "committed", but that was elsewhere
    BOOST_CHECK(listing() == wanted);
}

BOOST_AUTO_TEST_CASE(a_file_that_changes_under_way_is_sent_as_it_is_in_the_end)
{
    fill(10, 2);
    UploadLargeFolderOptions options;
    options.num_workers = 2;
    options.print_report = false;
    bool changed = false;
    const ProgressSink change_once = [&](const ProgressEvent& event) {
        if (changed || event.phase != ProgressPhase::total) return;
        changed = true; // listed, not hashed yet
        put("s/3.txt", content(5000, 4242));
        put("l/1.bin", content(250'000, 4243));
    };
    hub.block_on(api.upload_large_folder(repo, folder.path(), "model", options, change_once));
    BOOST_TEST(changed);
    BOOST_CHECK(listing() == wanted);
}

BOOST_AUTO_TEST_CASE(a_bad_name_is_refused)
{
    fill(2, 0);
    write("bad\xff.txt", "x");
    BOOST_CHECK_THROW(upload(), ValueError);
    BOOST_TEST(seen("POST", "/commit/") == 0u);
}

BOOST_AUTO_TEST_CASE(transient_failures_are_overcome)
{
    fill(30, 3);
    make_repo();
    server.add_fault(
        {.method = "PUT", .path = "*", .times = 3, .action = emulator::FaultAction::status, .status = 500});
    server.add_fault({.method = "POST",
                      .path = "*/preupload/*",
                      .times = 2,
                      .action = emulator::FaultAction::status,
                      .status = 503});
    server.add_fault(
        {.method = "POST", .path = "*/commit/*", .times = 1, .action = emulator::FaultAction::lose_reply});
    upload();
    BOOST_CHECK(listing() == wanted);
}

BOOST_AUTO_TEST_CASE(a_permanent_refusal_stops_with_the_files_named)
{
    fill(10, 0);
    make_repo();
    server.add_fault({.method = "POST",
                      .path = "*/preupload/*",
                      .times = -1,
                      .action = emulator::FaultAction::status,
                      .status = 403,
                      .body = R"({"error":"quota"})"});
    try {
        upload();
        BOOST_ERROR("no exception");
    } catch (const RuntimeError& error) {
        const std::string text = error.what();
        BOOST_TEST(text.find("s/0.txt") != std::string::npos);
        BOOST_TEST(text.find("quota") != std::string::npos);
        BOOST_TEST(error.context().status == 403);
    }
    BOOST_TEST(seen("POST", "/preupload/") < 10u);
}

BOOST_AUTO_TEST_CASE(three_equal_refusals_are_enough)
{
    fill(400, 0);
    make_repo();
    server.add_fault({.method = "POST",
                      .path = "*/preupload/*",
                      .times = -1,
                      .action = emulator::FaultAction::status,
                      .status = 403});
    BOOST_CHECK_THROW(upload(repo, 1), RuntimeError);
    // One for each of the first three requests, though each was for up to 50 files.
    BOOST_TEST(seen("POST", "/preupload/") == 3u);
}

BOOST_AUTO_TEST_CASE(a_commit_that_is_too_large_is_halved)
{
    fill(150, 0);
    make_repo();
    server.add_fault({.method = "POST",
                      .path = "*/commit/*",
                      .times = 2,
                      .action = emulator::FaultAction::status,
                      .status = 413});
    upload(repo, 1);
    BOOST_CHECK(listing() == wanted);
    // 75 and 37 were refused; 18, 19 and 38 go through, and what is left is tried in no larger pieces.
    const auto commits = seen("POST", "/commit/");
    BOOST_TEST(commits >= 7u);
    BOOST_TEST(commits <= 12u);
}

BOOST_AUTO_TEST_CASE(commits_that_go_well_grow)
{
    fill(700, 0);
    upload(repo, 1);
    BOOST_CHECK(listing() == wanted);
    BOOST_TEST(seen("POST", "/commit/") <= 7u); // of 75 files each there would be ten
}

BOOST_AUTO_TEST_CASE(a_gateway_that_gave_up_is_asked_and_then_tried_again)
{
    fill(100, 0);
    make_repo();
    server.add_fault({.method = "POST",
                      .path = "*/commit/*",
                      .times = 2,
                      .action = emulator::FaultAction::status,
                      .status = 504});
    upload(repo, 2);
    BOOST_CHECK(listing() == wanted);
    BOOST_TEST(seen("POST", "/paths-info/") >= 2u);
}

BOOST_AUTO_TEST_SUITE_END()
