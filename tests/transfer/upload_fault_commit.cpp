// The commit itself, its lost and broken answers: contracts of faults, commit.
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
    int status = 200;
    const char* body = "";
    std::uint64_t at = 0;
    bool upload = false;
};

FaultRule rule(const Row& row)
{
    return {.method = "POST",
            .path = "*/commit/*",
            .action = row.action,
            .at = row.at,
            .status = row.status,
            .body = row.body,
            .upload = row.upload};
}

constexpr const char* half = R"({"success":true,"commitO)";
constexpr const char* no_oid =
    R"({"success":true,"commitUrl":"https://huggingface.co/acme/uploads/commit/1"})";
constexpr const char* no_url = R"({"success":true,"commitOid":"0123456789012345678901234567890123456789"})";

/// The commit was made, but the client is not told so.
constexpr Row landed[] = {
    {"the answer is lost", FaultAction::lose_reply},
    {"reset before the answer", FaultAction::reset},
    {"reset in the answer", FaultAction::reset, 0, "", 20},
    {"closed in the answer", FaultAction::close, 0, "", 20},
    {"a short answer", FaultAction::short_body, 0, "", 20},
    {"no HTTP", FaultAction::garbage},
    {"half of the JSON", FaultAction::late_status, 200, half},
    {"an empty object", FaultAction::late_status, 200, "{}"},
    {"nothing", FaultAction::late_status, 200, ""},
    {"HTML", FaultAction::late_status, 200, "<html>welcome</html>"},
    {"no commitOid", FaultAction::late_status, 200, no_oid},
    {"no commitUrl", FaultAction::late_status, 200, no_url},
    {"502 of a gateway", FaultAction::late_status, 502, "Bad gateway"},
    {"504 of a gateway", FaultAction::late_status, 504, "Gateway time-out"},
};

/// It was not.
constexpr Row not_landed[] = {
    {"reset before the body", FaultAction::reset, 0, "", 0, true},
    {"reset in the body", FaultAction::reset, 0, "", 100, true},
    {"closed in the body", FaultAction::close, 0, "", 100, true},
    {"half of the JSON", FaultAction::status, 200, half},
    {"an empty object", FaultAction::status, 200, "{}"},
    {"no commitOid", FaultAction::status, 200, no_oid},
};

std::size_t occurrences(const std::string& text, std::string_view part)
{
    std::size_t n = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++n;
    return n;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_upload_fault_commit, UploadFaults)

BOOST_AUTO_TEST_CASE(a_commit_that_landed_is_never_reported_as_failed)
{
    unsigned seed = 0;
    for (const Row& row : landed)
        BOOST_TEST_CONTEXT(row.name)
        {
            ++seed;
            // A regular and an LFS file, and one that goes away.
            const auto gone = "gone" + std::to_string(seed);
            commit(add(gone, content(100, 500 + seed)));
            const auto before = commits_of_repo();
            const auto text = content(regular, seed), weights = content(whole, 100 + seed);
            server.add_fault(rule(row));
            server.forget_requests();
            const auto info = commit({CommitOperationAdd("a.txt", UploadSource::bytes(text)),
                                      CommitOperationAdd("w.bin", UploadSource::bytes(weights)),
                                      CommitOperationDelete{.path_in_repo = gone}});
            BOOST_TEST(info.oid == head());
            BOOST_TEST(info.commit_url.find(info.oid) != std::string::npos);
            BOOST_TEST(commits() == 1u);
            BOOST_TEST(commits_of_repo() == before + 1);
            const auto files = listing();
            BOOST_TEST(files.at("a.txt") == entry(text));
            BOOST_TEST(files.at("w.bin") == entry(weights));
            BOOST_TEST(!files.contains(gone));
        }
}

BOOST_AUTO_TEST_CASE(a_commit_of_which_nothing_is_known_is_not_sent_again)
{
    unsigned seed = 50;
    for (const Row& row : not_landed)
        BOOST_TEST_CONTEXT(row.name)
        {
            const auto before = commits_of_repo();
            const auto operations = add("b.txt", content(regular, ++seed));
            server.add_fault(rule(row));
            server.forget_requests();
            const auto error = failure_of<OutcomeUnknownError>([&] { commit(operations); });
            BOOST_CHECK(error.code() == errc::outcome_unknown);
            BOOST_TEST(std::string(error.message()).find(repo) != std::string::npos);
            BOOST_TEST(commits() == 1u);
            BOOST_TEST(commits_of_repo() == before);
            // The caller has looked and tries once more, with the same operation.
            commit(operations);
            BOOST_TEST(commits_of_repo() == before + 1);
        }
}

BOOST_AUTO_TEST_CASE(a_landed_commit_that_is_tried_again_stays_one_commit)
{
    const auto before = commits_of_repo();
    const auto text = content(regular, 60);
    server.add_fault({.method = "POST", .path = "*/commit/*", .action = FaultAction::lose_reply});
    server.add_fault({.method = "POST",
                      .path = "*/paths-info/*",
                      .times = -1,
                      .action = FaultAction::status,
                      .status = 500});
    const auto operations = add("c.txt", text);
    failure_of<OutcomeUnknownError>([&] { commit(operations); }); // it landed, but nobody could be asked
    server.clear_faults();
    BOOST_TEST(commits_of_repo() == before + 1);
    const auto info = commit(operations);
    BOOST_TEST(info.oid == head());
    BOOST_TEST(commits_of_repo() == before + 1);
}

BOOST_AUTO_TEST_CASE(a_look_that_fails_leaves_the_outcome_unknown)
{
    const Row ways[] = {{"500", FaultAction::status, 500},
                        {"401", FaultAction::status, 401},
                        {"no JSON", FaultAction::status, 200, "?"},
                        {"reset", FaultAction::reset}};
    unsigned seed = 70;
    for (const char* question : {"*/paths-info/*", "*/revision/*"})
        for (const Row& way : ways)
            BOOST_TEST_CONTEXT(question << ", " << way.name)
            {
                const auto text = content(regular, ++seed);
                server.add_fault({.method = "POST", .path = "*/commit/*", .action = FaultAction::lose_reply});
                server.add_fault({.path = question,
                                  .times = -1,
                                  .action = way.action,
                                  .status = way.status,
                                  .body = way.body});
                server.forget_requests();
                failure_of<OutcomeUnknownError>([&] { commit(add("d.txt", text)); });
                BOOST_TEST(commits() == 1u);
                server.clear_faults();
                BOOST_TEST(listing().at("d.txt") == entry(text));
            }
}

BOOST_AUTO_TEST_CASE(a_file_that_changes_before_the_look_leaves_the_outcome_unknown)
{
    const auto text = content(regular, 80);
    const auto file = write("e.txt", text);
    server.add_fault({.method = "POST", .path = "*/commit/*", .action = FaultAction::lose_reply});
    moments.at("POST", "/commit/", [&] { write("e.txt", content(regular, 81)); });
    failure_of<OutcomeUnknownError>([&] { commit(add("e.txt", file)); });
    BOOST_TEST(moments.passed());
    BOOST_TEST(listing().at("e.txt") == entry(text)); // what was hashed, not what came after
}

BOOST_AUTO_TEST_CASE(a_lost_answer_opens_no_second_pull_request)
{
    server.add_fault({.method = "POST", .path = "*/commit/*", .action = FaultAction::lose_reply});
    CreateCommitOptions options;
    options.create_pr = true;
    failure_of<OutcomeUnknownError>([&] { commit(add("f.txt", content(regular, 90)), options); });
    BOOST_TEST(commits() == 1u);
    BOOST_TEST(hub.block_on(api.get_repo_discussions(repo).collect()).size() == 1u);
}

BOOST_AUTO_TEST_CASE(no_status_makes_it_go_out_twice)
{
    for (const int status : {400, 401, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504})
        BOOST_TEST_CONTEXT(status)
        {
            server.add_fault({.method = "POST",
                              .path = "*/commit/*",
                              .action = FaultAction::status,
                              .status = status,
                              .headers = {{"Retry-After", "1"}}});
            server.forget_requests();
            const auto error =
                failure_of<HfHubHTTPError>([&] { commit(add("g.txt", content(regular, 91))); });
            BOOST_TEST(error.context().status == status);
            BOOST_TEST(commits() == 1u);
        }
    BOOST_TEST(listing().empty());
}

BOOST_AUTO_TEST_CASE(a_moved_head_is_a_conflict_that_names_it)
{
    const auto first = commit(add("h.txt", content(regular, 92)));
    const auto second = commit(add("h.txt", content(regular, 93)));
    CreateCommitOptions options;
    options.parent_commit = first.oid;
    const auto conflict =
        failure_of<ConflictError>([&] { commit(add("h.txt", content(regular, 94)), options); });
    BOOST_CHECK(conflict.code() == errc::conflict);
    BOOST_TEST(conflict.context().status == 412);
    BOOST_TEST(conflict.context().head.value_or("not known") == second.oid);
    BOOST_TEST(listing().at("h.txt") == entry(content(regular, 93))); // nothing is overwritten
    for (const int status : {409, 412}) {
        server.add_fault({.method = "POST",
                          .path = "*/commit/*",
                          .action = FaultAction::status,
                          .status = status,
                          .body = R"({"error":"A commit has happened since."})"});
        server.forget_requests();
        const auto error =
            failure_of<ConflictError>([&] { commit(add("h.txt", content(regular, 95)), options); });
        BOOST_TEST(error.context().status == status);
        BOOST_TEST(error.context().head.value_or("not known") == second.oid);
        BOOST_TEST(commits() == 1u);
    }
}

BOOST_AUTO_TEST_CASE(the_messages_of_a_refusal_are_shown_once_each)
{
    const char* body =
        R"({"error":"Too large","errors":[{"message":"file a.bin exceeds 10 MB"},)"
        R"({"message":"Too large"},{"message":"file a.bin exceeds 10 MB"},{"message":"line\r\nbreak"}]})";
    for (const int status : {400, 413, 422})
        BOOST_TEST_CONTEXT(status)
        {
            server.add_fault({.method = "POST",
                              .path = "*/commit/*",
                              .action = FaultAction::status,
                              .status = status,
                              .body = body});
            const auto error =
                failure_of<HfHubHTTPError>([&] { commit(add("i.txt", content(regular, 96))); });
            BOOST_TEST(error.context().status == status);
            BOOST_TEST((error.code() == errc::bad_request) == (status == 400));
            const std::string text = error.message();
            BOOST_TEST(occurrences(text, "file a.bin exceeds 10 MB") == 1u);
            BOOST_TEST(occurrences(text, "Too large") == 1u);
            BOOST_TEST(text.find("line\r\n") == std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(a_name_is_one_line_or_refused)
{
    using namespace std::string_literals;
    for (const auto& name : {"a\nb"s, "a\r\n{\"key\":\"deletedFile\",\"value\":{\"path\":\"x\"}}"s, "a\0b"s,
                             "\xff\xfe"s, "a/../b"s, ".git/config"s, ""s, "a\x1b[31m"s}) {
        server.forget_requests();
        BOOST_CHECK_THROW(commit(add(name, "x"s)), ValueError);
        BOOST_CHECK_THROW(commit({CommitOperationDelete{.path_in_repo = name}}), ValueError);
        BOOST_CHECK_THROW(commit({CommitOperationCopy{.src_path_in_repo = "x", .path_in_repo = name}}),
                          ValueError);
        BOOST_TEST(server.requests().empty());
    }
    const auto quote = "q\"},\"x\": 'é'.txt"s;
    CreateCommitOptions options;
    options.commit_description = "second\r\n{\"key\":\"file\"}\n\"quoted\"\t";
    hub.block_on(api.create_commit(repo, add(quote, content(regular, 97)),
                                   "title \"x\"\n{\"key\":\"deletedFolder\",\"value\":{\"path\":\".\"}}",
                                   options));
    const auto files = listing();
    BOOST_TEST(files.size() == 1u);
    BOOST_TEST(files.at(quote) == entry(content(regular, 97)));
    const auto history = hub.block_on(api.list_repo_commits(repo).collect());
    BOOST_TEST(history.front().title.find("title \"x\"") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
