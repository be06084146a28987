// Discussions and pull requests: the client against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include <set>
#include <string>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>

using namespace hfasync;

namespace {

emulator::Options two_users()
{
    emulator::Options options;
    emulator::Account ann{.name = "ann", .full_name = "Ann"};
    ann.tokens = {{.token = "hf_ann"}};
    ann.memberships = {{.organization = "acme"}};
    emulator::Account bob{.name = "bob"};
    bob.tokens = {{.token = "hf_bob"}};
    options.accounts = {ann, bob, {.name = "acme", .is_organization = true}};
    return options;
}

struct Fixture {
    emulator::Emulator emulator{two_users()};
    Hub hub{
        HubOptions{.endpoint = emulator.endpoint(), .token = Token("hf_ann"), .retry = {.max_retries = 0}}};
    HfApi api{hub};

    Fixture() { emulator.seed_repo("acme/tiny", {{"README.md", "one\ntwo\n"}}); }

    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        return hub.block_on(std::move(call));
    }
    CommitInfo commit(std::string path, std::string content, CreateCommitOptions options = {})
    {
        const CommitOperationAdd add(std::move(path), UploadSource::bytes(std::move(content)));
        return wait(api.create_commit("acme/tiny", {add}, "Change", std::move(options)));
    }
};

const Token bob = "hf_bob";

std::vector<std::string> types(const DiscussionWithDetails& details)
{
    std::vector<std::string> out;
    for (const auto& event : details.events)
        out.push_back(common_part(event).type);
    return out;
}
using Texts = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_discussions, Fixture)

BOOST_AUTO_TEST_CASE(a_discussion_from_its_first_word_to_its_end)
{
    const auto made = wait(api.create_discussion("acme/tiny", "  Does it work?\n", {.token = bob}));
    const auto& it = made.discussion;
    BOOST_TEST(it.title == "Does it work?");
    BOOST_TEST((it.status == DiscussionStatus::open));
    BOOST_TEST(it.num == 1);
    BOOST_TEST(it.repo_id == "acme/tiny");
    BOOST_TEST((it.repo_type == RepoType::model));
    BOOST_TEST(it.author == "bob");
    BOOST_TEST(!it.is_pull_request);
    BOOST_TEST(it.endpoint == emulator.endpoint());
    BOOST_TEST(it.url() == emulator.endpoint() + "/acme/tiny/discussions/1");
    BOOST_TEST(!it.git_reference().has_value());
    BOOST_TEST(!made.conflicting_files.has_value());
    BOOST_TEST(!made.target_branch.has_value());
    BOOST_TEST(!made.diff.has_value());
    const auto& first = std::get<DiscussionComment>(made.events.at(0));
    BOOST_TEST(first.content.starts_with("Discussion opened with the [huggingface_hub Python library]"));

    const auto comment =
        wait(api.comment_discussion("acme/tiny", 1, "  *Yes*\n\"it\" does \xE2\x9C\x93 ", {.token = bob}));
    BOOST_TEST(comment.content == "  *Yes*\n\"it\" does \xE2\x9C\x93 ");
    BOOST_TEST(comment.event.author == "bob");
    BOOST_TEST(comment.event.type == "comment");
    BOOST_TEST(!comment.edited);
    BOOST_TEST(comment.rendered().value_or("").starts_with("<p>"));
    BOOST_TEST(comment.last_edited_by() == "bob");
    BOOST_TEST(comment.number_of_edits() == 0u);

    auto upper = comment.event.id;
    for (auto& c : upper)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const auto edited = wait(api.edit_discussion_comment("acme/tiny", 1, upper, "No", {.token = bob}));
    BOOST_TEST(edited.event.id == comment.event.id);
    BOOST_TEST(edited.content == "No");
    BOOST_TEST(edited.edited);
    BOOST_TEST(edited.number_of_edits() == 1u);
    BOOST_TEST(edited.edit_history().at(0)["raw"].as_string().value_or("") == comment.content);
    BOOST_TEST((edited.last_edited_at() >= comment.event.created_at));

    const auto renamed = wait(api.rename_discussion("acme/tiny", 1, "It does not"));
    BOOST_TEST(renamed.old_title == "Does it work?");
    BOOST_TEST(renamed.new_title == "It does not");
    BOOST_TEST(renamed.event.author == "ann");

    const auto hidden = wait(api.hide_discussion_comment("acme/tiny", 1, comment.event.id));
    BOOST_TEST(hidden.hidden);
    BOOST_TEST(hidden.content != "No");

    const auto closed =
        wait(api.change_discussion_status("acme/tiny", 1, DiscussionStatus::closed, {.comment = "  Done  "}));
    BOOST_TEST((closed.new_status == DiscussionStatus::closed));
    const auto now = wait(api.get_discussion_details("acme/tiny", 1));
    BOOST_TEST((now.discussion.status == DiscussionStatus::closed));
    BOOST_TEST(types(now) == (Texts{"comment", "comment", "title-change", "comment", "status-change"}),
               boost::test_tools::per_element());
    BOOST_TEST(std::get<DiscussionComment>(now.events.at(3)).content == "Done");
    BOOST_CHECK_THROW(wait(api.change_discussion_status("acme/tiny", 1, DiscussionStatus::closed)),
                      BadRequestError);
    wait(api.change_discussion_status("acme/tiny", 1, DiscussionStatus::open));
}

BOOST_AUTO_TEST_CASE(a_pull_request_from_its_draft_to_main)
{
    const auto made = wait(api.create_pull_request("acme/tiny", "Fix it", {.description = " Why \n"}));
    BOOST_TEST((made.discussion.status == DiscussionStatus::draft));
    BOOST_TEST(made.discussion.git_reference().value_or("") == "refs/pr/1");
    BOOST_TEST(made.target_branch.value_or("") == "refs/heads/main");
    BOOST_TEST(std::get<std::vector<std::string>>(made.conflicting_files.value()).empty());
    BOOST_TEST(made.diff.value_or("none").empty());
    BOOST_TEST(std::get<DiscussionComment>(made.events.at(0)).content == "Why");

    const auto oid = commit("README.md", "one\n2\n", {.revision = "refs/pr/1"}).oid;
    const auto changed = wait(api.get_discussion_details("acme/tiny", 1));
    const auto& event = std::get<DiscussionCommit>(changed.events.at(1));
    BOOST_TEST(event.oid == oid);
    BOOST_TEST(event.summary == "Change");
    BOOST_TEST(changed.diff.value_or("").find("-two\n+2\n") != std::string::npos);

    BOOST_CHECK_THROW(wait(api.merge_pull_request("acme/tiny", 1)), BadRequestError); // a draft
    wait(api.change_discussion_status("acme/tiny", 1, DiscussionStatus::open));
    wait(api.merge_pull_request("acme/tiny", 1, {.comment = "Thanks"}));
    const auto merged = wait(api.get_discussion_details("acme/tiny", 1));
    BOOST_TEST((merged.discussion.status == DiscussionStatus::merged));
    BOOST_TEST(merged.merge_commit_oid.value_or("") == oid);
    BOOST_TEST(types(merged) == (Texts{"comment", "commit", "status-change", "comment", "status-change"}),
               boost::test_tools::per_element());
    BOOST_TEST(wait(api.model_info("acme/tiny")).sha.value_or("") == oid);
}

BOOST_AUTO_TEST_CASE(a_conflict_is_a_conflict_error)
{
    const auto info = commit("README.md", "one\nmine\n", {.token = bob, .create_pr = true});
    BOOST_TEST(info.pr_num.value_or(0) == 1);
    commit("README.md", "one\nyours\n");
    const auto details = wait(api.get_discussion_details("acme/tiny", 1));
    BOOST_TEST((details.discussion.status == DiscussionStatus::open));
    BOOST_TEST(std::get<std::vector<std::string>>(details.conflicting_files.value()) == Texts{"README.md"},
               boost::test_tools::per_element());
    BOOST_CHECK_THROW(wait(api.merge_pull_request("acme/tiny", 1)), ConflictError);
}

BOOST_AUTO_TEST_CASE(discussions_are_listed_page_by_page)
{
    for (int i = 0; i < 13; ++i)
        wait(api.create_discussion("acme/tiny", "Number " + std::to_string(i),
                                   {.token = i % 2 == 0 ? Token("hf_ann") : bob, .pull_request = i > 10}));
    wait(api.change_discussion_status("acme/tiny", 3, DiscussionStatus::closed));
    emulator.forget_requests();
    const auto all = wait(api.get_repo_discussions("acme/tiny").collect());
    BOOST_TEST(all.size() == 13u);
    BOOST_TEST(all.front().num == 13);
    BOOST_TEST(all.front().is_pull_request);
    BOOST_TEST(all.back().num == 1);
    BOOST_TEST(emulator.requests().size() == 2u);
    const auto count = [&](GetRepoDiscussionsOptions options) {
        return wait(api.get_repo_discussions("acme/tiny", std::move(options)).collect()).size();
    };
    BOOST_TEST(count({.author = "bob"}) == 6u);
    BOOST_TEST(count({.author = "b b&type=x"}) == 0u);
    BOOST_TEST(count({.discussion_type = DiscussionTypeFilter::pull_request}) == 2u);
    BOOST_TEST(count({.discussion_type = DiscussionTypeFilter::discussion,
                      .discussion_status = DiscussionStatusFilter::open}) == 10u);
    BOOST_TEST(count({.discussion_status = DiscussionStatusFilter::closed}) == 1u);
    BOOST_TEST(count({.discussion_status = DiscussionStatusFilter::all}) == 13u);
}

BOOST_AUTO_TEST_CASE(each_kind_of_repo_has_its_own)
{
    emulator.seed_repo("acme/rows", {{"a.csv", "1"}}, RepoType::dataset);
    emulator.seed_repo("acme/demo", {{"app.py", "1"}}, RepoType::space);
    for (const std::string type : {"dataset", "space"}) {
        const std::string id = type == "dataset" ? "acme/rows" : "acme/demo";
        const auto made = wait(api.create_discussion(id, "Hello", {.repo_type = type}));
        BOOST_TEST(std::string(to_string(made.discussion.repo_type)) == type);
        BOOST_TEST(made.discussion.url() == emulator.endpoint() + "/" + type + "s/" + id + "/discussions/1");
        BOOST_TEST(wait(api.get_repo_discussions(id, {.repo_type = type}).collect()).size() == 1u);
        BOOST_TEST(wait(api.comment_discussion(id, 1, "Hi", {.repo_type = type})).content == "Hi");
    }
    BOOST_TEST(wait(api.get_repo_discussions("acme/tiny").collect()).empty());
}

BOOST_AUTO_TEST_CASE(refusals_have_their_types)
{
    wait(api.create_discussion("acme/tiny", "Of Ann's"));
    BOOST_CHECK_THROW(wait(api.get_discussion_details("acme/none", 1)), RepositoryNotFoundError);
    BOOST_CHECK_THROW(wait(api.get_repo_discussions("acme/none").next()), RepositoryNotFoundError);
    BOOST_CHECK_THROW(wait(api.create_discussion("acme/tiny", " \n ")), BadRequestError);
    const auto status_of = [&](auto&& call) {
        try {
            wait(call());
        } catch (const HfHubHTTPError& error) {
            return error.context().status;
        }
        return 0;
    };
    BOOST_TEST(status_of([&] { return api.get_discussion_details("acme/tiny", 9); }) == 404);
    BOOST_TEST(status_of([&] { return api.rename_discussion("acme/tiny", 1, "Mine", {.token = bob}); }) ==
               403);
    BOOST_TEST(status_of([&] { return api.comment_discussion("acme/tiny", 1, "Hi", {.token = false}); }) ==
               401);
    BOOST_TEST(status_of([&] { return api.hide_discussion_comment("acme/tiny", 1, "ffff"); }) == 404);
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused_before_any_request)
{
    emulator.forget_requests();
    for (const std::int64_t num :
         {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()}) {
        BOOST_CHECK_THROW(wait(api.get_discussion_details("acme/tiny", num)), ValueError);
        BOOST_CHECK_THROW(wait(api.comment_discussion("acme/tiny", num, "x")), ValueError);
        BOOST_CHECK_THROW(wait(api.merge_pull_request("acme/tiny", num)), ValueError);
    }
    BOOST_CHECK_THROW(wait(api.change_discussion_status("acme/tiny", 1, DiscussionStatus::merged)),
                      ValueError);
    BOOST_CHECK_THROW(wait(api.change_discussion_status("acme/tiny", 1, DiscussionStatus::draft)),
                      ValueError);
    BOOST_CHECK_THROW(wait(api.create_discussion("acme/tiny", "T", {.repo_type = "bucket"})), ValueError);
    BOOST_CHECK_THROW(wait(api.get_repo_discussions("acme/tiny", {.repo_type = "x"}).next()), ValueError);
    BOOST_CHECK_THROW(wait(api.get_repo_discussions("../etc").next()), HFValidationError);
    BOOST_CHECK_THROW(wait(api.create_pull_request("acme/tiny", "\xFF\xFE")), ValueError);
    for (const std::string id : {"", "..", "a/../b", "a\nb"})
        BOOST_CHECK_THROW(wait(api.edit_discussion_comment("acme/tiny", 1, id, "x")), ValueError);
    BOOST_TEST(emulator.requests().empty());
}

BOOST_AUTO_TEST_CASE(an_odd_comment_id_stays_within_its_place)
{
    wait(api.create_discussion("acme/tiny", "Of Ann's"));
    emulator.forget_requests();
    BOOST_CHECK_THROW(wait(api.hide_discussion_comment("acme/tiny", 1, "AB?x#y%2f")), HfHubHTTPError);
    BOOST_TEST(emulator.requests().at(0).target ==
               "/api/models/acme/tiny/discussions/1/comment/ab%3Fx%23y%252f/hide");
}

BOOST_AUTO_TEST_CASE(a_lost_reply_does_not_post_twice)
{
    Hub patient{HubOptions{.endpoint = emulator.endpoint(),
                           .token = Token("hf_ann"),
                           .retry = {.max_retries = 3, .base = std::chrono::milliseconds(1)}}};
    wait(api.create_discussion("acme/tiny", "Of Ann's"));
    emulator.add_fault({.method = "POST", .path = "*/comment", .action = emulator::FaultAction::lose_reply});
    BOOST_CHECK_THROW(patient.block_on(HfApi(patient).comment_discussion("acme/tiny", 1, "Once")),
                      ConnectionError);
    BOOST_TEST(wait(api.get_discussion_details("acme/tiny", 1)).events.size() == 2u);
    emulator.add_fault(
        {.method = "POST", .path = "*/comment", .action = emulator::FaultAction::status, .status = 503});
    BOOST_TEST(patient.block_on(HfApi(patient).comment_discussion("acme/tiny", 1, "Again")).content ==
               "Again");
    BOOST_TEST(wait(api.get_discussion_details("acme/tiny", 1)).events.size() == 3u);
}

BOOST_AUTO_TEST_CASE(answers_of_another_shape_name_the_place)
{
    const auto answer = [&](const std::string& body) {
        emulator.add_fault({.path = "*/discussions/1",
                            .action = emulator::FaultAction::status,
                            .status = 200,
                            .body = body});
        try {
            wait(api.get_discussion_details("acme/tiny", 1));
        } catch (const BadResponseError& error) {
            return std::string(error.message());
        }
        return std::string("(no error)");
    };
    const auto whole = [](const std::string& rest) {
        return R"({"num":1,"title":"T","status":"odd","createdAt":"2024-01-01T00:00:00Z","isPullRequest":false,)"
               R"("repo":{"name":"a/b","type":"model"},)" +
               rest + "}";
    };
    const auto event = [&](const std::string& rest) {
        return whole(R"("events":[{"id":"1","createdAt":"2024-01-01T00:00:00Z",)" + rest + "}]");
    };
    const auto names = [](const std::string& message, std::string_view part) {
        return message.find(part) != std::string::npos;
    };
    BOOST_TEST(names(answer("[]"), "$"));
    BOOST_TEST(names(answer("{}"), "$.title"));
    BOOST_TEST(names(answer(whole(R"("author":"jdoe")")), "$.author"));
    BOOST_TEST(names(answer(whole(R"("events":{})")), "$.events"));
    BOOST_TEST(names(answer(event(R"("type":"comment","data":{"latest":{"raw":1}})")),
                     R"($.events[0]["data.latest.raw"])"));
    BOOST_TEST(names(answer(event(R"("type":"comment","data":[])")), "$.events[0].data"));
    BOOST_TEST(names(answer(event(R"("type":"status-change","data":{})")), R"($.events[0]["data.status"])"));
    BOOST_TEST(names(answer(event(R"("data":{})")), "$.events[0].type"));
    BOOST_TEST(answer(event(R"("type":"comment","data":null)")) == "(no error)");
    BOOST_TEST(answer(event(R"("type":"new-kind","author":null,"data":7)")) == "(no error)");
    BOOST_TEST(answer(whole(R"("diff":null,"changes":7)")) == "(no error)"); // of no pull request
}

BOOST_AUTO_TEST_CASE(a_listing_that_never_ends_is_given_up)
{
    emulator.add_fault({.path = "*/discussions",
                        .times = -1,
                        .action = emulator::FaultAction::status,
                        .status = 200,
                        .body = R"({"discussions":[],"count":5,"start":0})"});
    BOOST_CHECK_THROW(wait(api.get_repo_discussions("acme/tiny").collect()), BadResponseError);
    BOOST_TEST(emulator.requests().size() == 100u);
    emulator.clear_faults();
    for (const std::string body :
         {"[]", "{}", R"({"discussions":[],"count":-1,"start":0})",
          R"({"discussions":{},"count":1,"start":0})", R"({"discussions":[7],"count":1,"start":0})"}) {
        emulator.add_fault(
            {.path = "*/discussions", .action = emulator::FaultAction::status, .status = 200, .body = body});
        BOOST_CHECK_THROW(wait(api.get_repo_discussions("acme/tiny").next()), BadResponseError);
    }
}

BOOST_AUTO_TEST_SUITE_END()
