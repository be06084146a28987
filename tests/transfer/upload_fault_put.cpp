// Disturbed PUTs of LFS content: contracts of faults, uploads.
#include <boost/test/unit_test.hpp>

#include "transfer/upload_fault.hpp"

using namespace hfasync;
using namespace hfasync::tests;
using emulator::FaultAction;
using emulator::FaultRule;

namespace {

struct Row {
    const char* name;
    FaultAction action;
    int status = 503;
    bool upload = false; ///< while the body is received
    std::uint64_t at = 0;
    const char* body = "";
};

FaultRule rule(const Row& row, int times)
{
    return {.method = "PUT",
            .path = "*",
            .origin = "storage",
            .times = times,
            .action = row.action,
            .at = row.at,
            .status = row.status,
            .body = row.body,
            .upload = row.upload};
}

/// The storage's answer to a PUT has no body: its head is all of it, whatever comes after.
bool is_whole_answer(const Row& row)
{
    return row.action == FaultAction::reset && !row.upload;
}

constexpr Row transient[] = {
    {"408", FaultAction::status, 408},
    {"429", FaultAction::status, 429},
    {"500", FaultAction::status, 500},
    {"502", FaultAction::status, 502},
    {"503 SlowDown", FaultAction::status, 503, false, 0,
     "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"},
    {"504", FaultAction::status, 504},
    {"503 in the middle of the body", FaultAction::status, 503, true, 70'000},
    {"reset before the body", FaultAction::reset, 0, true, 0},
    {"reset in the middle", FaultAction::reset, 0, true, 70'000},
    {"closed in the middle", FaultAction::close, 0, true, 100'001},
    {"reset after the head of the answer", FaultAction::reset},
    {"the answer is lost", FaultAction::lose_reply},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_upload_fault_put, UploadFaults)

BOOST_AUTO_TEST_CASE(a_transient_failure_is_sent_again_with_the_same_bytes)
{
    unsigned seed = 100;
    for (const Row& row : transient)
        for (const std::size_t size : {whole, in_parts})
            BOOST_TEST_CONTEXT(row.name << ", " << size << " bytes")
            {
                if (is_whole_answer(row)) continue;
                const auto text = content(size, ++seed);
                server.add_fault(rule(row, 2));
                server.forget_requests();
                commit(add("w.bin", write("w.bin", text)));
                // The embedded Hub hashes what it stores: a part with another part's bytes is refused.
                BOOST_TEST(listing().at("w.bin") == entry(text));
                BOOST_TEST(puts() == (size == whole ? 1u : parts) + 2u);
                BOOST_TEST(commits() == 1u);
            }
}

BOOST_AUTO_TEST_CASE(retries_are_counted_and_end_in_a_typed_error)
{
    for (const Row& row : transient)
        BOOST_TEST_CONTEXT(row.name)
        {
            if (is_whole_answer(row)) continue;
            server.add_fault(rule(row, -1));
            server.forget_requests();
            const auto error = failure_of<RuntimeError>([&] { commit(add("w.bin", content(whole, 1))); });
            BOOST_CHECK(error.code() == errc::lfs_transfer);
            BOOST_TEST(error.context().path == "w.bin");
            if (row.action == FaultAction::status) BOOST_TEST(error.context().status == row.status);
            BOOST_TEST(puts() == 6u);
            BOOST_TEST(commits() == 0u);
            server.clear_faults();
        }
    BOOST_TEST(listing().empty());
}

BOOST_AUTO_TEST_CASE(a_permanent_refusal_is_not_repeated)
{
    for (const int status : {400, 403, 404, 411, 501})
        for (const std::size_t size : {whole, in_parts})
            BOOST_TEST_CONTEXT(status << ", " << size << " bytes")
            {
                server.add_fault({.method = "PUT",
                                  .path = size == whole ? "*" : "*/2",
                                  .origin = "storage",
                                  .times = -1,
                                  .action = FaultAction::status,
                                  .status = status,
                                  .body = "<Error><Code>AccessDenied</Code></Error>"});
                server.forget_requests();
                CreateCommitOptions options;
                options.num_threads = 1;
                const auto error =
                    failure_of<RuntimeError>([&] { commit(add("w.bin", content(size, 2)), options); });
                BOOST_TEST(error.context().status == status);
                BOOST_TEST(puts() == (size == whole ? 1u : 2u));
                BOOST_TEST(batches() == 1u);
                BOOST_TEST(completions() == 0u);
                BOOST_TEST(commits() == 0u);
                server.clear_faults();
            }
}

BOOST_AUTO_TEST_CASE(every_part_has_its_own_bytes_when_each_fails_once)
{
    // In parallel, each cut off at another place: what is sent again begins at its own offset.
    for (std::size_t part = 1; part <= parts; ++part)
        server.add_fault({.method = "PUT",
                          .path = "*/" + std::to_string(part),
                          .origin = "storage",
                          .action = FaultAction::reset,
                          .at = 20'000 * part,
                          .upload = true});
    const auto text = content(in_parts, 3);
    CreateCommitOptions options;
    options.num_threads = 4;
    commit(add("w.bin", write("w.bin", text)), options);
    BOOST_TEST(listing().at("w.bin") == entry(text));
    for (std::size_t part = 1; part <= parts; ++part) {
        const auto sent = seen("PUT", "partNumber=" + std::to_string(part) + "&");
        BOOST_TEST(sent.size() == 2u);
        BOOST_TEST(sent.back().status == 200);
        BOOST_TEST(sent.back().body_bytes ==
                   std::min<std::size_t>(512u << 10, in_parts - (part - 1) * (512u << 10)));
    }
    BOOST_TEST(completions() == 1u);
}

BOOST_AUTO_TEST_CASE(a_part_without_an_etag_is_sent_once_more_and_no_more)
{
    using Headers = std::vector<std::pair<std::string, std::string>>;
    unsigned seed = 10;
    for (const Headers& headers : {Headers{}, Headers{{"ETag", ""}}})
        for (const int times : {1, 2}) {
            server.add_fault({.method = "PUT",
                              .path = "*/2",
                              .origin = "storage",
                              .times = times,
                              .action = FaultAction::late_status,
                              .status = 200,
                              .headers = headers});
            server.forget_requests();
            const auto text = content(in_parts, ++seed);
            const auto name = std::to_string(seed);
            CreateCommitOptions options;
            options.num_threads = 1;
            if (times == 1) {
                commit(add(name, text), options);
                BOOST_TEST(listing().at(name) == entry(text));
            } else {
                const auto error = failure_of<RuntimeError>([&] { commit(add(name, text), options); });
                BOOST_CHECK(error.code() == errc::lfs_transfer);
                BOOST_TEST(std::string(error.message()).find("ETag") != std::string::npos);
                BOOST_TEST(completions() == 0u);
                BOOST_TEST(commits() == 0u);
            }
            BOOST_TEST(count("PUT", "partNumber=2&") == 2u);
        }
}

BOOST_AUTO_TEST_CASE(a_storage_that_says_nothing_times_out_and_is_asked_again)
{
    auto options = client_options();
    options.timeouts.first_byte = options.timeouts.idle = std::chrono::milliseconds(1'500);
    Hub impatient(options);
    HfApi calls(impatient);
    for (const std::uint64_t at : {0u, 70'000u}) {
        server.add_fault({.method = "PUT",
                          .path = "*",
                          .origin = "storage",
                          .action = FaultAction::stall,
                          .at = at,
                          .upload = true});
        server.forget_requests();
        const auto text = content(whole, 20 + static_cast<unsigned>(at));
        impatient.block_on(calls.create_commit(repo, add("w.bin", text), "Add"));
        BOOST_TEST(listing().at("w.bin") == entry(text));
        BOOST_TEST(puts() >= 2u);
    }
}

BOOST_AUTO_TEST_CASE(questions_are_repeated_and_their_retries_counted)
{
    for (const char* path : {"*/preupload/*", "*/objects/batch"})
        for (const Row& row : transient)
            BOOST_TEST_CONTEXT(path << ", " << row.name)
            {
                if (row.upload) continue;
                const auto part = std::string(path).substr(1, 10);
                FaultRule fault = rule(row, 2);
                fault.method = "POST";
                fault.path = path;
                fault.origin = "hub";
                server.add_fault(fault);
                server.forget_requests();
                static unsigned seed = 40;
                const auto text = content(whole, ++seed);
                commit(add("w.bin", text));
                BOOST_TEST(listing().at("w.bin") == entry(text));
                BOOST_TEST(count("POST", part) == 3u);

                if (row.action != FaultAction::status) continue;
                fault.times = -1;
                server.add_fault(fault);
                server.forget_requests();
                const auto error =
                    failure_of<HfHubHTTPError>([&] { commit(add("v.bin", content(whole, ++seed))); });
                BOOST_TEST(error.context().status == row.status);
                BOOST_TEST(count("POST", part) == 6u);
                BOOST_TEST(commits() == 0u);
                server.clear_faults();
            }
}

BOOST_AUTO_TEST_CASE(the_storage_gets_no_token_even_by_redirect)
{
    server.add_fault({.method = "PUT",
                      .path = "*",
                      .origin = "storage",
                      .action = FaultAction::redirect,
                      .headers = {{"Location", server.storage_endpoint() + "/elsewhere"}}});
    server.forget_requests();
    // Where a redirect of a PUT leads nobody has signed: it ends in the storage's refusal.
    failure_of<RuntimeError>([&] { commit(add("w.bin", content(whole, 90))); });
    BOOST_TEST(commits() == 0u);
    for (const auto& request : server.requests())
        if (request.origin == "storage")
            for (const auto& [name, value] : request.headers)
                BOOST_TEST(value.find("Bearer") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
