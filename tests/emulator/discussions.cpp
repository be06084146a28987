// Discussions of the embedded Hub, over HTTP.
#include <boost/test/unit_test.hpp>

#include <filesystem>

#include <hfasync/error.hpp>

#include "discussion_fixture.hpp"
#include "emulator/store/discussion_store.hpp"
#include "store_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

namespace json = boost::json;

const std::string& base = discussions_of_tiny;

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_discussions)

BOOST_FIXTURE_TEST_CASE(a_discussion_is_opened_and_read, Talk)
{
    BOOST_TEST(open("Does it work?") == 1);
    const auto it = details(1);
    BOOST_TEST(text(it, "title") == "Does it work?");
    BOOST_TEST(text(it, "status") == "open");
    BOOST_TEST(text(it, "createdAt") == "2023-11-14T22:13:20.000Z");
    BOOST_TEST(!it.at("isPullRequest").as_bool());
    BOOST_TEST(text(it.at("author"), "name") == "bob");
    BOOST_TEST(text(it.at("repo"), "name") == "acme/tiny");
    BOOST_TEST(text(it.at("repo"), "type") == "model");
    BOOST_TEST(!it.as_object().contains("changes"));
    BOOST_TEST(types(it) == Texts{"comment"}, boost::test_tools::per_element());
    const auto& event = it.at("events").at(0);
    BOOST_TEST(text(event, "id").size() == 24u);
    BOOST_TEST(text(event.at("data").at("latest"), "raw") == "First words");
    BOOST_TEST(!event.at("data").at("edited").as_bool());
}

BOOST_FIXTURE_TEST_CASE(input_is_checked_in_the_hubs_words, Talk)
{
    const auto refused = [&](const std::string& body) {
        const auto answer = ask("POST", base, bob, body);
        BOOST_TEST(answer.status == 400);
        return answer.header("x-error-message");
    };
    BOOST_TEST(refused(R"({"title":""})") == "\"title\" is not allowed to be empty");
    BOOST_TEST(refused(R"({"title":"ab"})") == "\"title\" length must be at least 3 characters long");
    BOOST_TEST(refused(R"({"title":")" + std::string(201, 't') + "\"}") ==
               "\"title\" length must be less than or equal to 200 characters long");
    BOOST_TEST(ask("POST", base, bob, R"({"title":"éèü"})").status == 200); // three characters, six bytes
    refused("{}");
    refused("[");
    BOOST_TEST(post(1, "comment", bob, R"({"comment":""})").status == 400);
    BOOST_TEST(post(1, "title", bob, R"({"title":"x"})").status == 400);
    BOOST_TEST(post(1, "status", bob, R"({"status":"merged"})").status == 400);
    BOOST_TEST(ask("GET", base + "/0").status == 400);
    BOOST_TEST(ask("GET", base + "/x").status == 400);
    BOOST_TEST(ask("GET", base + "/99999999999999999999").status == 400);
    BOOST_TEST(ask("GET", base + "?type=pr").status == 400);
    BOOST_TEST(ask("GET", base + "?status=merged").status == 400);
    BOOST_TEST(ask("GET", base + "?page=1").status == 400); // the key is p
}

BOOST_FIXTURE_TEST_CASE(unknown_things_are_404_and_strangers_401, Talk)
{
    BOOST_TEST(ask("GET", base + "/7").header("x-error-message") == "Discussion not found");
    BOOST_TEST(post(7, "comment", bob, R"({"comment":"x"})").status == 404);
    open("Something");
    BOOST_TEST(post(1, "comment/ffff/hide", ann).header("x-error-message") == "Comment not found");
    BOOST_TEST(ask("GET", "/api/models/acme/none/discussions").header("x-error-code") == "RepoNotFound");
    BOOST_TEST(ask("POST", base, nobody, R"({"title":"Hello"})").status == 401);
    BOOST_TEST(ask("POST", base, ann_reads, R"({"title":"Hello"})").status == 403);
    BOOST_TEST(ask("GET", base, nobody).status == 200);
}

BOOST_FIXTURE_TEST_CASE(pages_are_counted_and_filtered, Talk)
{
    for (int i = 1; i <= 7; ++i)
        open("Number " + std::to_string(i), i % 2 == 0 ? ann : bob, i > 5);
    post(2, "status", ann, R"({"status":"closed"})");
    BOOST_TEST(listed() == (Numbers{7, 6, 5}), boost::test_tools::per_element());
    BOOST_TEST(listed("?p=1") == (Numbers{4, 3, 2}), boost::test_tools::per_element());
    BOOST_TEST(listed("?p=2") == (Numbers{1}), boost::test_tools::per_element());
    BOOST_TEST(listed("?p=3").empty());
    BOOST_TEST(listed("?type=pull_request") == (Numbers{7, 6}), boost::test_tools::per_element());
    BOOST_TEST(listed("?status=closed") == (Numbers{2}), boost::test_tools::per_element());
    BOOST_TEST(listed("?status=open&type=discussion&author=ann") == (Numbers{4}),
               boost::test_tools::per_element());
    const auto page = json(ask("GET", base + "?p=1&status=all&type=all"));
    BOOST_TEST(page.at("count").to_number<int>() == 7);
    BOOST_TEST(page.at("start").to_number<int>() == 3);
    BOOST_TEST(page.at("numClosedDiscussions").to_number<int>() == 1);
    BOOST_TEST(page.at("discussions").at(0).at("numComments").to_number<int>() == 1);
}

BOOST_FIXTURE_TEST_CASE(comments_are_edited_with_their_history_and_hidden_for_good, Talk)
{
    open("Something");
    const auto made = json(post(1, "comment", bob, R"({"comment":"<b>One</b>"})")).at("newMessage");
    const std::string id(text(made, "id"));
    BOOST_TEST(text(made.at("data").at("latest"), "html") == "<p>&lt;b&gt;One&lt;/b&gt;</p>\n");
    BOOST_TEST(id != first_comment(1));

    BOOST_TEST(post(1, "comment/" + id + "/edit", ann, R"({"content":"Mine"})").header("x-error-message") ==
               "You can't edit this comment");
    now += 60;
    const auto edited =
        json(post(1, "comment/" + id + "/edit", bob, R"({"content":"Two"})")).at("updatedComment").at("data");
    BOOST_TEST(edited.at("edited").as_bool());
    BOOST_TEST(edited.at("numEdits").to_number<int>() == 1);
    BOOST_TEST(text(edited.at("latest"), "raw") == "Two");
    BOOST_TEST(text(edited.at("latest"), "updatedAt") == "2023-11-14T22:14:20.000Z");
    BOOST_TEST(text(edited.at("history").at(0), "raw") == "<b>One</b>");

    BOOST_TEST(post(1, "comment/" + first_comment(1) + "/hide", bob).status == 200);
    const auto hidden = json(post(1, "comment/" + id + "/hide", ann)).at("updatedComment").at("data");
    BOOST_TEST(hidden.at("hidden").as_bool());
    BOOST_TEST(text(hidden, "hiddenBy") == "ann");
    BOOST_TEST(hidden.at("history").as_array().empty());
    BOOST_TEST(json::serialize(details(1)).find("Two") == std::string::npos);
    BOOST_TEST(post(1, "comment/" + id + "/edit", bob, R"({"content":"x"})").status == 400);
    BOOST_TEST(post(1, "comment/" + id + "/hide", bob).status == 400);
}

BOOST_FIXTURE_TEST_CASE(only_the_author_and_writers_change_a_discussion, Talk)
{
    open("Of Ann's", ann);
    open("Of Bob's", bob);
    BOOST_TEST(post(1, "title", bob, R"({"title":"Mine now"})").status == 403);
    BOOST_TEST(post(1, "status", bob, R"({"status":"closed"})").status == 403);
    BOOST_TEST(post(1, "comment/" + first_comment(1) + "/hide", bob).status == 403);
    BOOST_TEST(post(2, "title", bob, R"({"title":"Still mine"})").status == 200);
    const auto renamed = json(post(2, "title", ann, R"({"title":"Ours"})")).at("newTitle");
    BOOST_TEST(text(renamed.at("data"), "from") == "Still mine");
    BOOST_TEST(text(renamed.at("data"), "to") == "Ours");
    BOOST_TEST(text(details(2), "title") == "Ours");
    BOOST_TEST(types(details(2)) == (Texts{"comment", "title-change", "title-change"}),
               boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(a_discussion_is_closed_once_and_opened_again, Talk)
{
    open("Something");
    const auto closed =
        json(post(1, "status", bob, R"({"status":"closed","comment":"Done"})")).at("newStatus");
    BOOST_TEST(text(closed, "type") == "status-change");
    BOOST_TEST(text(closed.at("data"), "status") == "closed");
    BOOST_TEST(post(1, "status", bob, R"({"status":"closed"})").header("x-error-message") ==
               "Discussion is already closed");
    BOOST_TEST(post(1, "status", bob, R"({"status":"open"})").status == 200);
    BOOST_TEST(types(details(1)) == (Texts{"comment", "comment", "status-change", "status-change"}),
               boost::test_tools::per_element());
    BOOST_TEST(post(1, "merge", ann).header("x-error-message") == "Discussion is not a pull request");
}

BOOST_AUTO_TEST_CASE(everything_is_there_after_a_restart)
{
    const tests::TempFolder folder;
    auto options = small_options();
    options.data = folder.path() / "data";
    std::string id;
    {
        Talk first(options);
        first.open("Kept", bob, true);
        first.commit(Talk::file_line("kept.txt", "kept\n"), "models/acme/tiny", "refs%2Fpr%2F1", bob);
        id = first.first_comment(1);
        first.post(1, "comment/" + id + "/edit", bob, R"({"content":"Other words"})");
    }
    HubFixture second(options);
    const auto it = HubFixture::json(second.ask("GET", base + "/1?diff=1"));
    BOOST_TEST(text(it, "title") == "Kept");
    BOOST_TEST(types(it) == (Texts{"comment", "commit"}), boost::test_tools::per_element());
    BOOST_TEST(text(it.at("events").at(0), "id") == id);
    BOOST_TEST(it.at("events").at(0).at("data").at("history").as_array().size() == 1u);
    BOOST_TEST(text(it, "diff").find("+kept") != std::string_view::npos);
    const auto next = second.ask("POST", base, bob, R"({"title":"Another"})");
    BOOST_TEST(HubFixture::json(next).at("num").to_number<int>() == 2);
}

BOOST_FIXTURE_TEST_CASE(discussions_go_with_their_repo_and_follow_its_name, Talk)
{
    open("Something");
    BOOST_TEST_REQUIRE(ask("POST", "/api/repos/move", ann,
                           R"({"fromRepo":"acme/tiny","toRepo":"acme/small","type":"model"})")
                           .status == 200);
    const auto moved = ask("GET", base + "/1");
    BOOST_TEST(moved.status == 307);
    BOOST_TEST(moved.header("location") == "/api/models/acme/small/discussions/1");
    BOOST_TEST(text(json(ask("GET", "/api/models/acme/small/discussions/1")).at("repo"), "name") ==
               "acme/small");
    const std::string body = R"({"name":"small","organization":"acme"})";
    BOOST_TEST(ask("DELETE", "/api/repos/delete", ann, body).status == 200);
    BOOST_TEST(ask("GET", "/api/models/acme/small/discussions").status == 404);
    BOOST_TEST(ask("POST", "/api/repos/create", ann, body).status == 200);
    BOOST_TEST(ask("GET", "/api/models/acme/small/discussions/1").status == 404);
}

BOOST_FIXTURE_TEST_CASE(a_damaged_file_is_named, tests::StoreFixture)
{
    const auto repo = make();
    const auto file = folder.path() / "data" / "repos" / repo->settings().uid / "discussions" / "1.json";
    {
        emulator::store::DiscussionStore discussions(*hub);
        discussions.of(repo)->open({.author = "a", .title = "Title"});
    }
    BOOST_TEST_REQUIRE(std::filesystem::exists(file));
    std::filesystem::resize_file(file, 10);
    emulator::store::DiscussionStore discussions(*hub);
    BOOST_CHECK_EXCEPTION(discussions.of(repo), OSError, [&](const OSError& error) {
        return std::string(error.what()).find(file.string()) != std::string::npos;
    });
}

BOOST_FIXTURE_TEST_CASE(observers_hear_of_every_change, tests::StoreFixture)
{
    const auto repo = make();
    emulator::store::DiscussionStore discussions(*hub);
    std::vector<std::string> heard;
    discussions.observe([&](const emulator::store::DiscussionNews& news) {
        heard.push_back(news.action + " " + news.scope + " " + std::to_string(news.discussion.num) + " " +
                        news.event.type);
        discussions.of(news.repo)->require(news.discussion.num); // no lock is held
    });
    const auto its = discussions.of(repo);
    its->open({.author = "hfasync", .title = "Title", .description = "d", .is_pull_request = true});
    const auto comment = its->comment(1, "hfasync", "text");
    its->edit(1, comment.id, "hfasync", "other");
    its->change_status(1, "hfasync", "open", "");
    its->merge(1, "hfasync", "e@e", "");
    const std::vector<std::string> expected{
        "create discussion 1 ", "create discussion.comment 1 comment", "update discussion.comment 1 comment",
        "update discussion 1 status-change", "update discussion 1 status-change"};
    BOOST_TEST(heard == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
