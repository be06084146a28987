#include <boost/test/unit_test.hpp>

#include "base/hash.hpp"
#include "transfer/upload_fixture.hpp"

using namespace hfasync;
using hfasync::tests::UploadFixture;

BOOST_FIXTURE_TEST_SUITE(transfer_commit, UploadFixture)

BOOST_AUTO_TEST_CASE(regular_lfs_and_multipart_files_in_one_commit)
{
    make_repo();
    const auto small = content(1000, 1), large = content(200'000, 2), huge = content(1'700'000, 3);
    const auto file = write("huge.bin", huge);
    std::vector<CommitOperation> operations{
        CommitOperationAdd("a/small.txt", UploadSource::bytes(small)),
        CommitOperationAdd("large.bin", UploadSource::bytes(large)),
        CommitOperationAdd("huge.bin", file),
        CommitOperationAdd("empty", UploadSource::bytes(std::string())),
    };
    const auto info = hub.block_on(api.create_commit(repo, operations, "Add things"));
    BOOST_TEST(info.oid.size() == 40u);
    BOOST_TEST(info.repo_url.repo_id == repo);
    const auto files = listing();
    BOOST_TEST(files.at("a/small.txt") == "blob " + detail::git_blob_sha1(small));
    BOOST_TEST(files.at("large.bin") == "lfs " + detail::sha256_hex(large));
    BOOST_TEST(files.at("huge.bin") == "lfs " + detail::sha256_hex(huge));
    BOOST_TEST(files.at("empty") == "blob " + detail::git_blob_sha1(""));
    BOOST_TEST(std::get<CommitOperationAdd>(operations[0]).is_committed());
    // The same operation cannot be committed twice.
    BOOST_CHECK_THROW(hub.block_on(api.create_commit(repo, operations, "Again")), ValueError);
}

BOOST_AUTO_TEST_CASE(unchanged_files_make_no_commit)
{
    make_repo();
    const auto add = [&] {
        return std::vector<CommitOperation>{
            CommitOperationAdd("a.txt", UploadSource::bytes(content(500, 4))),
            CommitOperationAdd("b.bin", UploadSource::bytes(content(100'000, 5)))};
    };
    const auto first = hub.block_on(api.create_commit(repo, add(), "One"));
    server.forget_requests();
    const auto second = hub.block_on(api.create_commit(repo, add(), "Two"));
    BOOST_TEST(second.oid == first.oid);
    BOOST_TEST(seen("POST", "/commit/") == 0u);
    BOOST_TEST(seen("PUT", "") == 0u);
}

BOOST_AUTO_TEST_CASE(what_was_preuploaded_is_not_sent_again)
{
    make_repo();
    CommitOperationAdd addition("w.bin", UploadSource::bytes(content(300'000, 6)));
    hub.block_on(api.preupload_lfs_files(repo, {addition}));
    BOOST_TEST(addition.is_uploaded());
    BOOST_TEST(addition.upload_mode().value() == "lfs");
    server.forget_requests();
    hub.block_on(api.create_commit(repo, {addition}, "Add"));
    BOOST_TEST(seen("PUT", "") == 0u);
    BOOST_TEST(listing().at("w.bin") == "lfs " + detail::sha256_hex(content(300'000, 6)));
}

BOOST_AUTO_TEST_CASE(copies_and_deletions)
{
    make_repo();
    const auto text = content(600, 7), weights = content(150'000, 8);
    hub.block_on(api.create_commit(repo,
                                   {CommitOperationAdd("t.txt", UploadSource::bytes(text)),
                                    CommitOperationAdd("d/w.bin", UploadSource::bytes(weights))},
                                   "Add"));
    hub.block_on(
        api.create_commit(repo,
                          {CommitOperationCopy{.src_path_in_repo = "t.txt", .path_in_repo = "t2.txt"},
                           CommitOperationCopy{.src_path_in_repo = "d/w.bin", .path_in_repo = "w2.bin"},
                           CommitOperationDelete{.path_in_repo = "d/"}},
                          "Move"));
    const auto files = listing();
    BOOST_TEST(files.at("t2.txt") == "blob " + detail::git_blob_sha1(text));
    BOOST_TEST(files.at("w2.bin") == "lfs " + detail::sha256_hex(weights));
    BOOST_TEST(!files.contains("d/w.bin"));
    const std::vector<CommitOperation> missing{
        CommitOperationCopy{.src_path_in_repo = "nope", .path_in_repo = "x"}};
    BOOST_CHECK_THROW(hub.block_on(api.create_commit(repo, missing, "Copy")), EntryNotFoundError);
}

BOOST_AUTO_TEST_CASE(a_stale_parent_is_a_conflict)
{
    make_repo();
    const auto one = hub.block_on(
        api.create_commit(repo, {CommitOperationAdd("a", UploadSource::bytes(std::string("1")))}, "One"));
    hub.block_on(
        api.create_commit(repo, {CommitOperationAdd("a", UploadSource::bytes(std::string("2")))}, "Two"));
    CreateCommitOptions options;
    options.parent_commit = one.oid;
    const auto head = hub.block_on(api.model_info(repo)).sha.value();
    const auto names_the_head = [&](const ConflictError& e) {
        return e.context().status == 412 && e.context().head == head;
    };
    const std::vector<CommitOperation> late{CommitOperationAdd("a", UploadSource::bytes(std::string("3")))};
    server.forget_requests();
    BOOST_CHECK_EXCEPTION(hub.block_on(api.create_commit(repo, late, "Three", options)), ConflictError,
                          names_the_head);
    BOOST_TEST(server.requests().size() == 2u); // the head came with the upload modes
    const std::vector<CommitOperation> removal{CommitOperationDelete{.path_in_repo = "a"}};
    BOOST_CHECK_EXCEPTION(hub.block_on(api.create_commit(repo, removal, "Three", options)), ConflictError,
                          names_the_head);
}

BOOST_AUTO_TEST_CASE(a_failed_put_is_repeated)
{
    make_repo();
    server.add_fault({.method = "PUT",
                      .path = "*",
                      .origin = "storage",
                      .times = 2,
                      .action = emulator::FaultAction::status,
                      .status = 503});
    const auto weights = content(1'700'000, 9);
    hub.block_on(api.upload_file(write("w.bin", weights), "w.bin", repo));
    BOOST_TEST(listing().at("w.bin") == "lfs " + detail::sha256_hex(weights));
}

BOOST_AUTO_TEST_CASE(a_lost_reply_is_looked_up_and_never_sent_again)
{
    make_repo();
    const auto once = [&] {
        return hub.block_on(
            api.create_commit(repo, {CommitOperationAdd("x", UploadSource::bytes(content(50, 30)))}, "Once"));
    };
    emulator::FaultRule fault{
        .method = "POST", .path = "*/commit/*", .action = emulator::FaultAction::lose_reply};
    server.add_fault(fault);
    server.forget_requests();
    const auto info = once();
    BOOST_TEST(info.oid.size() == 40u);
    BOOST_TEST(listing().contains("x"));
    BOOST_TEST(seen("POST", "/commit/") == 1u);

    // Cut off before anything was done: nobody can say so from here, and it is not tried again.
    fault.action = emulator::FaultAction::reset;
    fault.upload = true;
    server.add_fault(fault);
    server.forget_requests();
    const std::vector<CommitOperation> other{CommitOperationAdd("y", UploadSource::bytes(content(50, 31)))};
    BOOST_CHECK_THROW(hub.block_on(api.create_commit(repo, other, "Other")), OutcomeUnknownError);
    BOOST_TEST(!listing().contains("y"));
}

BOOST_AUTO_TEST_CASE(a_file_that_changed_after_its_hash_is_not_committed)
{
    make_repo();
    for (const std::size_t size : {200'000u, 1'700'000u}) { // whole and in parts
        const auto file = write("w.bin", content(size, 20));
        const ProgressSink change = [&](const ProgressEvent& event) {
            if (event.phase == ProgressPhase::hash && event.kind == ProgressKind::finished)
                write("w.bin", content(size, 21));
        };
        const std::vector<CommitOperation> operations{CommitOperationAdd("w.bin", file)};
        BOOST_CHECK_THROW(hub.block_on(api.create_commit(repo, operations, "Add", {}, change)), FileModified);
    }
    BOOST_TEST(listing().empty());
    BOOST_TEST(seen("POST", "/commit/") == 0u);
}

BOOST_AUTO_TEST_CASE(a_stream_is_hashed_and_sent)
{
    struct Source final : ByteStream {
        explicit Source(std::string all) : text(std::move(all)) {}
        boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer into) override
        {
            const auto n = boost::asio::buffer_copy(
                into, boost::asio::buffer(text.data() + at, std::min<std::size_t>(7001, text.size() - at)));
            at += n;
            co_return n;
        }
        std::string text;
        std::size_t at = 0;
    };
    make_repo();
    for (const std::size_t size : {5'000u, 90'000u, 1'300'000u}) {
        const auto bytes = content(size, 10);
        const auto source = UploadSource::stream([bytes] { return std::make_unique<Source>(bytes); });
        const auto name = "s" + std::to_string(size);
        hub.block_on(api.upload_file(source, name, repo));
        const auto is_lfs = size > 64u << 10;
        BOOST_TEST(listing().at(name) ==
                   (is_lfs ? "lfs " + detail::sha256_hex(bytes) : "blob " + detail::git_blob_sha1(bytes)));
    }
}

BOOST_AUTO_TEST_SUITE_END()
