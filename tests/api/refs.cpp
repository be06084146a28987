// Branches, tags and history, against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include <hfasync/hf_api.hpp>

#include "emulator/hub_fixture.hpp"
#include "transfer/download_fixture.hpp"

using namespace hfasync;

namespace {

struct Fixture {
    emulator::Emulator emulator{test::small_options()};
    std::string first = emulator.seed_repo("acme/tiny", {{"README.md", "# tiny"}});
    Hub hub{HubOptions{.endpoint = emulator.endpoint(),
                       .token = Token("hf_ann"),
                       .clock = std::make_shared<test::EagerClock>()}};
    HfApi api{hub};
    std::string head = hub.block_on(api.upload_file(UploadSource::bytes("a"), "a.txt", "acme/tiny")).oid;

    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        return hub.block_on(std::move(call));
    }
    std::vector<std::string> branches()
    {
        std::vector<std::string> out;
        for (const auto& ref : wait(api.list_repo_refs("acme/tiny")).branches)
            out.push_back(ref.name + " " + ref.target_commit);
        return out;
    }
    std::vector<std::string> tags()
    {
        std::vector<std::string> out;
        for (const auto& ref : wait(api.list_repo_refs("acme/tiny")).tags)
            out.push_back(ref.name + " " + ref.target_commit);
        return out;
    }
    std::vector<std::string> targets(const std::string& method) const
    {
        std::vector<std::string> out;
        for (const auto& seen : emulator.requests())
            if (seen.method == method) out.push_back(seen.target);
        return out;
    }
    errc code_of(boost::asio::awaitable<void> call)
    {
        try {
            wait(std::move(call));
        } catch (const Error& error) {
            return error.code();
        }
        return errc{};
    }
};

const auto per_element = boost::test_tools::per_element();
using Lines = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_refs, Fixture)

BOOST_AUTO_TEST_CASE(branches_come_and_go)
{
    wait(api.create_branch("acme/tiny", "dev"));
    wait(api.create_branch("acme/tiny", "feat/\xE6\x96\xB0", {.revision = first}));
    BOOST_TEST(branches() == (Lines{"main " + head, "dev " + head, "feat/\xE6\x96\xB0 " + first}),
               per_element);
    emulator.forget_requests();
    wait(api.delete_branch("acme/tiny", "feat/\xE6\x96\xB0"));
    BOOST_TEST(targets("DELETE") == Lines{"/api/models/acme/tiny/branch/feat%2F%E6%96%B0"}, per_element);
    wait(api.delete_branch("acme/tiny", "dev"));
    BOOST_TEST(branches() == Lines{"main " + head}, per_element);
}

BOOST_AUTO_TEST_CASE(branches_that_are_refused)
{
    wait(api.create_branch("acme/tiny", "dev"));
    BOOST_CHECK_THROW(wait(api.create_branch("acme/tiny", "dev")), ConflictError);
    wait(api.create_branch("acme/tiny", "dev", {.exist_ok = true}));
    BOOST_CHECK_THROW(wait(api.create_branch("acme/tiny", "x", {.revision = "nope"})), RevisionNotFoundError);
    BOOST_CHECK_THROW(wait(api.create_branch("acme/tiny", "refs/pr/5")), BadRequestError);
    BOOST_CHECK_THROW(wait(api.create_branch("acme/none", "x")), RepositoryNotFoundError);
    BOOST_CHECK_THROW(wait(api.delete_branch("acme/tiny", "nope")), RevisionNotFoundError);
    BOOST_TEST((code_of(api.delete_branch("acme/tiny", "main")) == errc::forbidden));
    BOOST_TEST((code_of(api.delete_branch("acme/tiny", "dev", {.token = "hf_bob"})) == errc::forbidden));
}

BOOST_AUTO_TEST_CASE(exist_ok_where_nothing_may_be_made)
{
    wait(api.create_branch("acme/tiny", "feat/x"));
    wait(api.create_branch("acme/tiny", "feat/x", {.token = "hf_bob", .exist_ok = true}));
    BOOST_TEST((code_of(api.create_branch("acme/tiny", "feat/y", {.token = "hf_bob", .exist_ok = true})) ==
                errc::forbidden));
    BOOST_TEST((code_of(api.create_branch("acme/tiny", "feat/x", {.token = "hf_bob"})) == errc::forbidden));
    // When the look-up fails too, the refusal is what counts.
    emulator.add_fault({.path = "*/refs", .action = emulator::FaultAction::status, .status = 404});
    BOOST_TEST((code_of(api.create_branch("acme/tiny", "feat/x", {.token = "hf_bob", .exist_ok = true})) ==
                errc::forbidden));
    emulator.forget_requests();
    wait(api.create_tag("acme/tiny", "v1"));
    BOOST_TEST((code_of(api.create_tag("acme/tiny", "v1", {.token = "hf_bob", .exist_ok = true})) ==
                errc::forbidden));
    BOOST_TEST(targets("GET").empty()); // of a tag the reference asks no more
}

BOOST_AUTO_TEST_CASE(tags_come_and_go)
{
    wait(api.create_tag("acme/tiny", "v1/\xCE\xB1", {.tag_message = "first\n\nrelease"}));
    wait(api.create_tag("acme/tiny", "v0", {.revision = first.substr(0, 7)}));
    BOOST_TEST(tags() == (Lines{"v0 " + first, "v1/\xCE\xB1 " + head}), per_element);
    BOOST_CHECK_THROW(wait(api.create_tag("acme/tiny", "v0")), ConflictError);
    wait(api.create_tag("acme/tiny", "v0", {.exist_ok = true}));
    BOOST_CHECK_THROW(wait(api.create_tag("acme/tiny", "v2", {.revision = "nope"})), RevisionNotFoundError);
    BOOST_CHECK_THROW(wait(api.create_tag("acme/none", "v2")), RepositoryNotFoundError);
    wait(api.delete_tag("acme/tiny", "v1/\xCE\xB1"));
    BOOST_CHECK_THROW(wait(api.delete_tag("acme/tiny", "v1/\xCE\xB1")), RevisionNotFoundError);
    BOOST_TEST(tags() == Lines{"v0 " + first}, per_element);
}

BOOST_AUTO_TEST_CASE(squashing_leaves_one_commit)
{
    BOOST_TEST(wait(api.list_repo_commits("acme/tiny").collect()).size() >= 2u);
    const auto files = wait(api.list_repo_files("acme/tiny").collect());
    wait(api.super_squash_history("acme/tiny"));
    auto commits = wait(api.list_repo_commits("acme/tiny").collect());
    BOOST_TEST(commits.size() == 1u);
    BOOST_TEST(commits[0].title == "Super-squash branch 'main' using huggingface_hub");
    BOOST_TEST(wait(api.list_repo_files("acme/tiny").collect()) == files, per_element);

    wait(api.create_branch("acme/tiny", "feat/x"));
    emulator.forget_requests();
    wait(api.super_squash_history("acme/tiny", {.branch = "feat/x", .commit_message = "All of it"}));
    BOOST_TEST(targets("POST") == Lines{"/api/models/acme/tiny/super-squash/feat/x"}, per_element);
    commits = wait(api.list_repo_commits("acme/tiny", {.revision = "feat/x"}).collect());
    BOOST_TEST(commits.size() == 1u);
    BOOST_TEST(commits[0].title == "All of it");
}

BOOST_AUTO_TEST_CASE(squashes_that_are_refused)
{
    wait(api.create_tag("acme/tiny", "v1"));
    BOOST_CHECK_THROW(wait(api.super_squash_history("acme/tiny", {.branch = "nope"})), RevisionNotFoundError);
    BOOST_CHECK_THROW(wait(api.super_squash_history("acme/tiny", {.branch = "v1"})), BadRequestError);
    BOOST_CHECK_THROW(wait(api.super_squash_history("acme/none")), RepositoryNotFoundError);
    BOOST_TEST((code_of(api.super_squash_history("acme/tiny", {.token = "hf_bob"})) == errc::forbidden));
}

BOOST_AUTO_TEST_CASE(bad_arguments_are_refused_before_any_request)
{
    emulator.forget_requests();
    for (const auto* name : {"", "a\r\nb", "../x", "a//b"}) {
        BOOST_CHECK_THROW(wait(api.create_branch("acme/tiny", name)), ValueError);
        BOOST_CHECK_THROW(wait(api.delete_branch("acme/tiny", name)), ValueError);
        BOOST_CHECK_THROW(wait(api.delete_tag("acme/tiny", name)), ValueError);
        BOOST_CHECK_THROW(wait(api.create_tag("acme/tiny", "v1", {.revision = name})), ValueError);
        BOOST_CHECK_THROW(wait(api.super_squash_history("acme/tiny", {.branch = name})), ValueError);
    }
    BOOST_CHECK_THROW(wait(api.create_branch("acme/tiny", "x", {.repo_type = "kernel"})), ValueError);
    BOOST_CHECK_THROW(wait(api.create_tag("acme/tiny", "x", {.repo_type = "kernel"})), ValueError);
    BOOST_CHECK_THROW(wait(api.delete_tag("acme/tiny", "x", {.repo_type = "kernel"})), ValueError);
    BOOST_CHECK_THROW(wait(api.delete_branch("../x", "x")), HFValidationError);
    BOOST_CHECK_THROW(wait(api.super_squash_history("acme/tiny", {.repo_type = "kernel"})), ValueError);
    BOOST_TEST(emulator.requests().empty());
}

BOOST_AUTO_TEST_CASE(lost_answers)
{
    const auto lose = [&](const std::string& path) {
        emulator.forget_requests();
        emulator.add_fault({.path = path, .action = emulator::FaultAction::lose_reply});
    };
    lose("*/branch/dev");
    BOOST_CHECK_THROW(wait(api.create_branch("acme/tiny", "dev")), ConnectionError);
    BOOST_TEST(targets("POST").size() == 1u);
    lose("*/branch/other");
    wait(api.create_branch("acme/tiny", "other", {.exist_ok = true}));
    BOOST_TEST(targets("POST").size() == 2u);
    lose("*/tag/main");
    BOOST_CHECK_THROW(wait(api.create_tag("acme/tiny", "v1")), ConnectionError);
    BOOST_TEST(targets("POST").size() == 1u);
    lose("*/super-squash/main");
    BOOST_CHECK_THROW(wait(api.super_squash_history("acme/tiny")), ConnectionError);
    BOOST_TEST(targets("POST").size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
