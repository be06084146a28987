// The end of a multipart upload, and addresses that expire: contracts of faults, uploads.
#include <boost/test/unit_test.hpp>

#include <boost/json.hpp>

#include "base/encoding.hpp"
#include "support/scripted_server.hpp"
#include "transfer/upload_fault.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using emulator::FaultAction;
using emulator::FaultRule;

namespace {

constexpr const char* s3_error = "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>";

struct Row {
    const char* name;
    FaultAction action;
    int status = 0;
    const char* body = "";
    bool upload = false;
    std::size_t completions = 1; ///< that are seen when the fault is played once
    std::size_t batches = 2;
};

FaultRule rule(const Row& row, int times)
{
    return {.method = "POST",
            .path = "/api/complete_multipart",
            .times = times,
            .action = row.action,
            .status = row.status,
            .body = row.body,
            .upload = row.upload};
}

/// The parts were put together, but the client is not told so.
constexpr Row done[] = {
    {"the answer is lost", FaultAction::lose_reply},
    {"reset before the answer", FaultAction::reset},
    {"closed before the answer", FaultAction::close},
    {"409", FaultAction::late_status, 409, R"({"error":"already completed"})"},
    {"500", FaultAction::late_status, 500},
    {"502", FaultAction::late_status, 502},
    {"504", FaultAction::late_status, 504},
    {"an error in a 200", FaultAction::late_status, 200, s3_error},
};

/// They were not.
constexpr Row undone[] = {
    {"reset before the work", FaultAction::reset, 0, "", true, 2, 2},
    {"500", FaultAction::status, 500, "", false, 2, 2},
    {"409", FaultAction::status, 409, "", false, 2, 2},
    {"503 is a refusal", FaultAction::status, 503, "", false, 2, 1},
    {"429 is a refusal", FaultAction::status, 429, "", false, 2, 1},
    {"an S3 error in a 200", FaultAction::status, 200, s3_error, false, 2, 2},
    {"a JSON error in a 200", FaultAction::status, 200, R"({"error":"no"})", false, 2, 2},
    {"no success in a 200", FaultAction::status, 200, R"({"success":false})", false, 2, 2},
};

/// An object storage that keeps what it gets: PUT /p/<part>, POST /complete.
struct ScriptedStorage {
    using Answer = std::function<std::string(const std::string& part, std::size_t attempt)>;

    explicit ScriptedStorage(Answer answer) : answer_(std::move(answer)) {}
    std::string url() const { return server_.url(); }
    std::size_t attempts(const std::string& part)
    {
        const std::lock_guard lock(mutex_);
        return attempts_[part];
    }
    std::string stored(const std::string& part)
    {
        const std::lock_guard lock(mutex_);
        return stored_[part];
    }

private:
    void serve(test::Peer& peer)
    {
        for (auto request = peer.read_request(); !request.empty(); request = peer.read_request()) {
            const auto target = request.substr(request.find(' ') + 1);
            const auto part = target.substr(0, target.find_first_of(" ?"));
            const auto body = request.substr(request.find("\r\n\r\n") + 4);
            std::string reply;
            {
                const std::lock_guard lock(mutex_);
                reply = answer_(part, ++attempts_[part]);
                if (reply.starts_with("HTTP/1.1 200")) stored_[part] = body;
                if (request.find("Authorization") != std::string::npos) stored_["token"] = request;
            }
            if (!peer.send(reply)) return;
        }
    }

    Answer answer_;
    std::mutex mutex_;
    std::map<std::string, std::size_t> attempts_;
    std::map<std::string, std::string> stored_;
    test::ScriptedServer server_{{[this](test::Peer& peer) { serve(peer); }}};
};

std::string part_address(const ScriptedStorage& storage, const std::string& upload, int part)
{
    return storage.url() + "/p/" + std::to_string(part) + "?uploadId=" + upload;
}

/// A batch answer that asks for three parts of 100 bytes.
std::string three_parts(const ScriptedStorage& storage, const std::string& oid, const std::string& upload)
{
    boost::json::object header{{"chunk_size", "100"}};
    for (int part = 1; part <= 3; ++part)
        header[std::to_string(part)] = part_address(storage, upload, part);
    boost::json::object action{{"href", storage.url() + "/complete?uploadId=" + upload}, {"header", header}};
    return boost::json::serialize(boost::json::object{
        {"objects",
         {boost::json::object{{"oid", oid}, {"size", 250}, {"actions", {{"upload", std::move(action)}}}}}}});
}

std::string etag(const std::string& part, std::size_t attempt)
{
    return test::answer(200, {}, "ETag: \"" + part.substr(3) + "-" + std::to_string(attempt) + "\"\r\n");
}

constexpr const char* expired =
    "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";

struct Fixture : UploadFaults {
    /// Sends 250 bytes to `storage`; the Hub answers the batch calls with these uploads in turn.
    void preupload(ScriptedStorage& storage, const std::string& text, std::vector<std::string> uploads)
    {
        const auto oid = detail::sha256_hex(text);
        server.add_fault({.method = "POST",
                          .path = "*/preupload/*",
                          .action = FaultAction::status,
                          .status = 200,
                          .body = R"({"files":[{"path":"w.bin","uploadMode":"lfs","shouldIgnore":false}]})"});
        for (const auto& upload : uploads)
            server.add_fault({.method = "POST",
                              .path = "*/objects/batch",
                              .action = FaultAction::status,
                              .status = 200,
                              .body = three_parts(storage, oid, upload)});
        server.forget_requests();
        PreuploadLfsFilesOptions options;
        options.num_threads = 1; // the parts in turn
        hub.block_on(
            api.preupload_lfs_files(repo, {CommitOperationAdd("w.bin", UploadSource::bytes(text))}, options));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_upload_fault_complete, Fixture)

BOOST_AUTO_TEST_CASE(a_completion_that_was_done_is_success)
{
    unsigned seed = 0;
    for (const Row& row : done)
        BOOST_TEST_CONTEXT(row.name)
        {
            const auto text = content(in_parts, ++seed);
            server.add_fault(rule(row, 1));
            server.forget_requests();
            commit(add("w.bin", text));
            BOOST_TEST(listing().at("w.bin") == entry(text));
            BOOST_TEST(completions() == 1u);
            BOOST_TEST(batches() == 2u); // the question whether it is there
            BOOST_TEST(puts() == parts);
            BOOST_TEST(commits() == 1u);
        }
}

BOOST_AUTO_TEST_CASE(a_completion_that_was_not_done_is_asked_for_again)
{
    unsigned seed = 20;
    for (const Row& row : undone)
        BOOST_TEST_CONTEXT(row.name)
        {
            const auto text = content(in_parts, ++seed);
            server.add_fault(rule(row, 1));
            server.forget_requests();
            commit(add("w.bin", text));
            BOOST_TEST(listing().at("w.bin") == entry(text));
            BOOST_TEST(completions() == row.completions);
            BOOST_TEST(batches() == row.batches);
            BOOST_TEST(puts() == parts); // no part is sent again
        }
}

BOOST_AUTO_TEST_CASE(a_completion_that_never_works_is_an_error_before_the_commit)
{
    for (const Row& row : undone)
        BOOST_TEST_CONTEXT(row.name)
        {
            server.add_fault(rule(row, -1));
            server.forget_requests();
            const auto error = failure_of<RuntimeError>([&] { commit(add("w.bin", content(in_parts, 40))); });
            BOOST_CHECK(error.code() == errc::lfs_transfer);
            BOOST_TEST(completions() <= 12u);
            BOOST_TEST(commits() == 0u);
            server.clear_faults();
        }
    server.add_fault(rule({"400", FaultAction::status, 400, R"({"error":"Invalid signature"})"}, -1));
    server.forget_requests();
    failure_of<RuntimeError>([&] { commit(add("w.bin", content(in_parts, 40))); });
    BOOST_TEST(completions() == 1u);
    BOOST_TEST(listing().empty());
}

BOOST_AUTO_TEST_CASE(a_failed_verification_is_an_error_before_the_commit)
{
    for (const int status : {400, 404, 422, 500})
        BOOST_TEST_CONTEXT(status)
        {
            server.add_fault({.method = "POST",
                              .path = "*/lfs/verify",
                              .times = -1,
                              .action = FaultAction::status,
                              .status = status,
                              .body = R"({"error":"Size mismatch"})"});
            server.forget_requests();
            const auto error = failure_of<RuntimeError>(
                [&] { commit(add("w.bin", content(in_parts, 50u + static_cast<unsigned>(status)))); });
            BOOST_TEST(error.context().status == status);
            BOOST_TEST(std::string(error.message()).find("Size mismatch") != std::string::npos);
            BOOST_TEST(count("POST", "/lfs/verify") == (status == 500 ? 6u : 1u));
            BOOST_TEST(commits() == 0u);
            server.clear_faults();
        }
    server.add_fault({.method = "POST", .path = "*/lfs/verify", .times = 2, .action = FaultAction::reset});
    const auto text = content(in_parts, 60);
    commit(add("w.bin", text)); // a lost answer is asked for again
    BOOST_TEST(listing().at("w.bin") == entry(text));
}

BOOST_AUTO_TEST_CASE(an_expired_address_is_asked_for_anew)
{
    const auto text = content(250, 70);
    ScriptedStorage storage([](const std::string& part, std::size_t attempt) {
        if (part == "/complete") return test::answer(200, R"({"success":true})");
        if (part == "/p/2" && attempt == 1) return test::answer(403, expired);
        return etag(part, attempt);
    });
    preupload(storage, text, {"A", "A"});
    BOOST_TEST(batches() == 2u);
    BOOST_TEST(storage.attempts("/p/1") == 1u); // done before: not sent again
    BOOST_TEST(storage.attempts("/p/2") == 2u);
    BOOST_TEST(storage.attempts("/p/3") == 1u);
    BOOST_TEST(storage.stored("/p/1") + storage.stored("/p/2") + storage.stored("/p/3") == text);
    const auto list = boost::json::parse(storage.stored("/complete")).at("parts").as_array();
    BOOST_REQUIRE_EQUAL(list.size(), 3u);
    BOOST_TEST(std::string(list[0].at("etag").as_string()) == "\"1-1\"");
    BOOST_TEST(std::string(list[1].at("etag").as_string()) == "\"2-2\"");
    BOOST_TEST(list[2].at("partNumber").as_int64() == 3);
    BOOST_TEST(storage.stored("token").empty());
}

BOOST_AUTO_TEST_CASE(parts_of_one_upload_are_not_parts_of_another)
{
    const auto text = content(250, 71);
    ScriptedStorage storage([](const std::string& part, std::size_t attempt) {
        if (part == "/complete") return test::answer(200, R"({"success":true})");
        if (part == "/p/3" && attempt == 1)
            return test::answer(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>");
        return etag(part, attempt);
    });
    preupload(storage, text, {"A", "B"});
    BOOST_TEST(storage.attempts("/p/1") == 2u); // the storage has forgotten those of A
    BOOST_TEST(storage.attempts("/p/3") == 2u);
    const auto list = boost::json::parse(storage.stored("/complete")).at("parts").as_array();
    BOOST_REQUIRE_EQUAL(list.size(), 3u);
    BOOST_TEST(std::string(list[0].at("etag").as_string()) == "\"1-2\"");
    BOOST_TEST(storage.stored("/p/1") + storage.stored("/p/2") + storage.stored("/p/3") == text);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_always_expired_ends_the_call)
{
    ScriptedStorage storage([](const std::string&, std::size_t) { return test::answer(403, expired); });
    failure_of<RuntimeError>([&] { preupload(storage, content(250, 72), {"A", "A", "A", "A"}); });
    BOOST_TEST(batches() == 2u);
    BOOST_TEST(storage.attempts("/p/1") == 2u);
    BOOST_TEST(storage.attempts("/complete") == 0u);
}

BOOST_AUTO_TEST_CASE(a_single_address_that_expired_in_a_queue)
{
    // The embedded Hub signs for an hour; an hour passes between its answer and the PUT.
    std::atomic<std::chrono::seconds> ahead{};
    auto options = watched(small_parts(), moments);
    options.clock = [&] { return std::chrono::system_clock::now() + ahead.load(); };
    emulator::Emulator later(options);
    auto to_it = client_options();
    to_it.endpoint = later.endpoint();
    to_it.token = later.token();
    Hub client(to_it);
    HfApi calls(client);
    client.block_on(calls.create_repo(repo, {}));
    for (const std::size_t size : {whole, in_parts}) {
        later.forget_requests();
        moments.at("POST", "/objects/batch", [&] {
            ahead = ahead.load() + std::chrono::hours(2);
            moments.at("PUT", "", [&] { clock->ahead = clock->ahead.load() + std::chrono::hours(2); });
        });
        const auto text = content(size, 73);
        client.block_on(calls.create_commit(repo, add("w.bin", text), "Add"));
        BOOST_TEST(moments.passed());
        const auto files = client.block_on(calls.get_paths_info(repo, {"w.bin"}));
        BOOST_TEST(std::get<RepoFile>(files.at(0)).lfs->sha256 == detail::sha256_hex(text));
        std::size_t asked = 0;
        for (const auto& request : later.requests())
            asked += request.target.find("/objects/batch") != std::string::npos;
        BOOST_TEST(asked == 2u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
