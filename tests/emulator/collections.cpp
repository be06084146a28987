// Collections of the embedded Hub, over plain HTTP.
#include <fstream>

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <hfasync/error.hpp>

#include "emulator/store/collection.hpp"
#include "hub_fixture.hpp"
#include "support/temp_folder.hpp"

using namespace hfasync;
using namespace hfasync::test;
namespace json = boost::json;

namespace {

emulator::Options options_at(const std::filesystem::path& data)
{
    auto options = small_options();
    options.data = data;
    return options;
}

struct Collections : HubFixture {
    explicit Collections(emulator::Options options = small_options()) : HubFixture(std::move(options)) {}

    std::string create(const std::string& title, const std::string& owner = "acme",
                       const std::string& more = {}, const Headers& who = ann)
    {
        ++now; // the newest is the last one made
        const auto made = ask("POST", "/api/collections", who,
                              R"({"title":")" + title + R"(","namespace":")" + owner + "\"" + more + "}");
        if (made.status != 200) throw std::runtime_error(made.head + made.body);
        return std::string(json(made).at("slug").as_string());
    }
    json::value get(const std::string& slug, const Headers& who = ann) const
    {
        return json(ask("GET", "/api/collections/" + slug, who));
    }
    PlainResponse add(const std::string& slug, const std::string& id, const std::string& type = "model",
                      const std::string& note = {}) const
    {
        return ask("POST", "/api/collections/" + slug + "/items", ann,
                   R"({"item":{"id":")" + id + R"(","type":")" + type + "\"}" +
                       (note.empty() ? "" : R"(,"note":")" + note + "\"") + "}");
    }
    std::vector<std::string> titles(const std::string& query, const Headers& who = ann) const
    {
        std::vector<std::string> out;
        const auto rows = json(ask("GET", "/api/collections" + query, who));
        for (const auto& one : rows.as_array())
            out.emplace_back(one.at("title").as_string());
        return out;
    }
    void expect_titles(const std::string& query, const std::vector<std::string>& want) const
    {
        const auto got = titles(query);
        BOOST_TEST(got == want, boost::test_tools::per_element());
    }
    /// "id@position", as the collection has them.
    std::string items(const std::string& slug, const Headers& who = ann) const
    {
        std::string out;
        const auto one = get(slug, who);
        for (const auto& item : one.at("items").as_array())
            out += std::string(item.at("id").as_string()) + "@" + json::serialize(item.at("position")) + " ";
        return out;
    }
    std::string object_id(const std::string& slug, std::size_t place) const
    {
        return std::string(get(slug).at("items").at(place).at("_id").as_string());
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_collections)

BOOST_AUTO_TEST_CASE(titles_become_slugs)
{
    using emulator::store::kebab_case;
    BOOST_TEST(kebab_case("Recent models") == "recent-models");
    BOOST_TEST(kebab_case("  A/B: (v2.0)! ") == "a-b-v2-0");
    BOOST_TEST(kebab_case("\xc3\xa9t\xc3\xa9") == "t");
    BOOST_TEST(kebab_case("!").empty());
}

BOOST_FIXTURE_TEST_CASE(a_new_one_has_the_hubs_fields, Collections)
{
    const auto slug = create("Recent models", "acme", R"(,"description":"All of them","private":false)");
    BOOST_TEST(slug.size() == std::string("acme/recent-models-").size() + 24);
    BOOST_TEST(slug.starts_with("acme/recent-models-"));
    const auto one = get(slug, nobody);
    BOOST_TEST(one.at("title").as_string() == "Recent models");
    BOOST_TEST(one.at("description").as_string() == "All of them");
    BOOST_TEST(one.at("items").as_array().empty());
    BOOST_TEST(!one.at("private").as_bool());
    BOOST_TEST(one.at("position").to_number<int>() == 0);
    BOOST_TEST(one.at("upvotes").to_number<int>() == 0);
    BOOST_TEST(one.at("lastUpdated").as_string() == "2023-11-14T22:13:21.000Z");
    BOOST_TEST(one.at("owner").at("name").as_string() == "acme");
    BOOST_TEST(one.at("owner").at("type").as_string() == "org");
}

BOOST_FIXTURE_TEST_CASE(a_title_is_an_owners_once, Collections)
{
    const auto slug = create("T");
    const auto again = ask("POST", "/api/collections", ann, R"({"title":"T","namespace":"acme"})");
    BOOST_TEST(again.status == 409);
    BOOST_TEST(json(again).at("slug").as_string() == slug);
    create("T", "ann"); // another owner's
    const auto other = create("U");
    const auto renamed = ask("PATCH", "/api/collections/" + other, ann, R"({"title":"T"})");
    BOOST_TEST(renamed.status == 409);
    BOOST_TEST(get(other).at("title").as_string() == "U");
}

BOOST_FIXTURE_TEST_CASE(input_is_checked, Collections)
{
    const auto post = [&](const std::string& body) { return ask("POST", "/api/collections", ann, body); };
    const auto too_long = post(R"({"title":")" + std::string(61, 'x') + R"(","namespace":"acme"})");
    BOOST_TEST(too_long.status == 400);
    BOOST_TEST(too_long.header("x-error-message") ==
               "\"title\" length must be less than or equal to 60 characters long");
    BOOST_TEST(post(R"({"namespace":"acme"})").status == 400);
    BOOST_TEST(post(R"({"title":"","namespace":"acme"})").status == 400);
    BOOST_TEST(post(R"({"title":"T"})").status == 400);
    const auto slug = create("T");
    const auto theme = ask("PATCH", "/api/collections/" + slug, ann, R"({"theme":"black"})");
    BOOST_TEST(theme.status == 400);
    BOOST_TEST(theme.header("x-error-message") ==
               "\"theme\" must be one of [orange, blue, green, purple, pink, indigo]");
    BOOST_TEST(ask("PATCH", "/api/collections/" + slug, ann, R"({"position":-1})").status == 400);
    BOOST_TEST(ask("GET", "/api/collections?sort=size").status == 400);
    BOOST_TEST(ask("GET", "/api/collections?size=1").status == 400);
    BOOST_TEST(ask("GET", "/api/collections?limit=0").status == 400);
    BOOST_TEST(ask("GET", "/api/collections?cursor=x").status == 400);
}

BOOST_FIXTURE_TEST_CASE(only_the_owner_changes_it, Collections)
{
    const auto slug = create("T");
    const auto path = "/api/collections/" + slug;
    for (const auto* method : {"PATCH", "DELETE"}) {
        BOOST_TEST(ask(method, path, bob, "{}").status == 403);
        BOOST_TEST(ask(method, path, ann_reads, "{}").status == 403);
        BOOST_TEST(ask(method, path, nobody, "{}").status == 401);
    }
    BOOST_TEST(ask("POST", "/api/collections", bob, R"({"title":"B","namespace":"acme"})").status == 403);
    BOOST_TEST(ask("POST", "/api/collections", nobody, R"({"title":"B","namespace":"acme"})").status == 401);
}

BOOST_FIXTURE_TEST_CASE(private_ones_are_their_owners, Collections)
{
    const auto slug = create("Secret", "acme", R"(,"private":true)");
    BOOST_TEST(ask("GET", "/api/collections/" + slug).status == 200);
    BOOST_TEST(ask("GET", "/api/collections/" + slug, bob).status == 404);
    BOOST_TEST(ask("GET", "/api/collections/" + slug, nobody).status == 401);
    BOOST_TEST(titles("", bob).empty());
    expect_titles("", {"Secret"});
    BOOST_TEST(ask("PATCH", "/api/collections/" + slug, ann, R"({"private":false})").status == 200);
    BOOST_TEST(ask("GET", "/api/collections/" + slug, bob).status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_change_moves_the_slug_but_not_the_id, Collections)
{
    const auto slug = create("Old title");
    const auto id = slug.substr(slug.size() - 24);
    const auto answer = json(ask("PATCH", "/api/collections/" + slug, ann,
                                 R"({"title":"New title","description":"D","theme":"pink"})"));
    BOOST_TEST(answer.at("success").as_bool());
    BOOST_TEST(answer.at("data").at("slug").as_string() == "acme/new-title-" + id);
    BOOST_TEST(answer.at("data").at("theme").as_string() == "pink");
    BOOST_TEST(get(slug).at("title").as_string() == "New title"); // by its id
    BOOST_TEST(ask("GET", "/api/collections/acme/new-title-000000000000000000000000").status == 404);
    BOOST_TEST(ask("GET", "/api/collections/ann/new-title-" + id).status == 404);
}

BOOST_FIXTURE_TEST_CASE(collections_have_an_order, Collections)
{
    create("A");
    create("X", "ann");
    create("B");
    const auto c = create("C");
    expect_titles("?owner=acme", {"A", "B", "C"});
    const auto moved = json(ask("PATCH", "/api/collections/" + c, ann, R"({"position":0})"));
    BOOST_TEST(moved.at("data").at("position").to_number<int>() == 0);
    expect_titles("?owner=acme", {"C", "A", "B"}); // a page of three
    ask("PATCH", "/api/collections/" + c, ann, R"({"position":99})");
    expect_titles("?owner=acme", {"A", "B", "C"});
    BOOST_TEST(get(c).at("position").to_number<int>() == 2);
}

BOOST_FIXTURE_TEST_CASE(items_are_added_moved_and_removed, Collections)
{
    for (const auto* id : {"acme/a", "acme/b", "acme/c"})
        hub.seed_repo(id, {{"x", "x"}});
    hub.seed_repo("acme/rows", {{"x", "x"}}, RepoType::dataset);
    const auto slug = create("T");
    BOOST_TEST(add(slug, "acme/a").status == 200);
    const auto noted = json(add(slug, "acme/b", "model", "see <this>"));
    BOOST_TEST(noted.at("items").at(1).at("note").at("text").as_string() == "see <this>");
    BOOST_TEST(noted.at("items").at(1).at("note").at("html").as_string() == "see &lt;this&gt;");
    BOOST_TEST(add(slug, "acme/rows", "dataset").status == 200);
    BOOST_TEST(add(slug, "2307.09288", "paper").status == 200);
    BOOST_TEST(items(slug) == "acme/a@0 acme/b@1 acme/rows@2 2307.09288@3 ");

    const auto path = "/api/collections/" + slug + "/items/";
    const auto b = object_id(slug, 1);
    BOOST_TEST(ask("PATCH", path + b, ann, R"({"position":0,"note":"new"})").status == 200);
    BOOST_TEST(items(slug) == "acme/b@0 acme/a@1 acme/rows@2 2307.09288@3 ");
    BOOST_TEST(get(slug).at("items").at(0).at("note").at("text").as_string() == "new");
    BOOST_TEST(ask("PATCH", path + b, ann, R"({"position":50})").status == 200);
    BOOST_TEST(items(slug) == "acme/a@0 acme/rows@1 2307.09288@2 acme/b@3 ");
    BOOST_TEST(ask("DELETE", path + object_id(slug, 0)).status == 200);
    BOOST_TEST(items(slug) == "acme/rows@0 2307.09288@1 acme/b@2 ");
    BOOST_TEST(ask("DELETE", path + "000000000000000000000000").status == 404);
    BOOST_TEST(ask("PATCH", path + "000000000000000000000000", ann, "{}").status == 404);
    BOOST_TEST(ask("DELETE", path + b, bob).status == 403);
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_added_is_refused, Collections)
{
    hub.seed_repo("acme/a", {{"x", "x"}});
    const auto slug = create("T");
    BOOST_TEST(add(slug, "acme/a").status == 200);
    const auto again = add(slug, "acme/a");
    BOOST_TEST(again.status == 409);
    BOOST_TEST(again.header("x-error-message") == "Item already in collection");
    BOOST_TEST(add(slug, "acme/none").status == 404);
    BOOST_TEST(add(slug, "acme/a", "dataset").status == 404);
    BOOST_TEST(add(slug, "not-a-paper", "paper").status == 404);
    BOOST_TEST(add(slug, "acme/a", "thing").status == 400);
    BOOST_TEST(add(slug, "2307.09288", "paper", std::string(501, 'x')).status == 400);
    BOOST_TEST(items(slug) == "acme/a@0 ");
}

BOOST_FIXTURE_TEST_CASE(items_follow_their_repos, Collections)
{
    hub.seed_repo("acme/a", {{"x", "x"}});
    hub.seed_repo("acme/b", {{"x", "x"}});
    const auto slug = create("T");
    add(slug, "acme/a");
    add(slug, "acme/b");
    BOOST_TEST(
        ask("POST", "/api/repos/move", ann, R"({"fromRepo":"acme/a","toRepo":"acme/new","type":"model"})")
            .status == 200);
    BOOST_TEST(items(slug) == "acme/new@0 acme/b@1 ");
    BOOST_TEST(add(slug, "acme/new").status == 409);
    ask("PUT", "/api/models/acme/new/settings", ann, R"({"private":true})");
    BOOST_TEST(items(slug, bob) == "acme/b@1 ");
    ask("DELETE", "/api/repos/delete", ann, R"({"name":"b","organization":"acme"})");
    hub.seed_repo("acme/b", {{"x", "x"}}); // another one
    BOOST_TEST(items(slug) == "acme/new@0 ");
}

BOOST_FIXTURE_TEST_CASE(listings_filter_sort_and_page, Collections)
{
    hub.seed_repo("acme/a", {{"x", "x"}});
    const auto one = create("One");
    create("Two", "bob", {}, bob);
    const auto three = create("Three", "ann");
    create("Four");
    ++now;
    add(one, "acme/a");
    expect_titles("?owner=acme&owner=bob&sort=lastModified", {"One", "Four", "Two"});
    expect_titles("?item=models%2Facme%2Fa", {"One"});
    BOOST_TEST(titles("?item=datasets%2Facme%2Fa").empty());
    expect_titles("?q=THR", {"Three"});

    const auto first = ask("GET", "/api/collections?limit=3");
    const auto link = first.header("link");
    BOOST_TEST_REQUIRE(link.ends_with(">; rel=\"next\""));
    BOOST_TEST(json(first).as_array().size() == 3u);
    const auto next = link.substr(1, link.find('>') - 1).substr(hub.endpoint().size());
    const auto second = ask("GET", next);
    BOOST_TEST(json(second).as_array().size() == 1u);
    BOOST_TEST(second.header("link").empty());

    BOOST_TEST(ask("POST", "/api/collections/" + three + "/upvote", bob).status == 200);
    BOOST_TEST(ask("POST", "/api/collections/" + three + "/upvote", bob).status == 200); // once a user
    BOOST_TEST(get(three).at("upvotes").to_number<int>() == 1);
    BOOST_TEST(get(three, bob).at("isUpvotedByUser").as_bool());
    BOOST_TEST(titles("?sort=upvotes").front() == "Three");
    BOOST_TEST(titles("?sort=trending").front() == "Three");
    now += 8 * 24 * 3600;
    BOOST_TEST(titles("?sort=trending").front() == "One");
    BOOST_TEST(titles("?sort=upvotes").front() == "Three");
    BOOST_TEST(ask("DELETE", "/api/collections/" + three + "/upvote", bob).status == 200);
    BOOST_TEST(get(three).at("upvotes").to_number<int>() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_listing_shows_four_items, Collections)
{
    const auto slug = create("T");
    for (const auto* id : {"2307.00001", "2307.00002", "2307.00003", "2307.00004", "2307.00005"})
        BOOST_TEST(add(slug, id, "paper").status == 200);
    BOOST_TEST(json(ask("GET", "/api/collections")).at(0).at("items").as_array().size() == 4u);
    BOOST_TEST(get(slug).at("items").as_array().size() == 5u);
}

BOOST_AUTO_TEST_CASE(they_outlive_the_server)
{
    tests::TempFolder folder;
    std::string slug;
    json::value before;
    {
        Collections first(options_at(folder.path()));
        slug = first.create("T", "acme", R"(,"description":"D","private":true)");
        first.add(slug, "2307.09288", "paper", "read it");
        before = first.get(slug);
    }
    Collections second(options_at(folder.path()));
    auto after = second.get(slug);
    for (auto* one : {&before, &after})
        one->as_object().erase("shareUrl"); // has the port
    BOOST_TEST(json::serialize(after) == json::serialize(before));
    BOOST_TEST(second.ask("DELETE", "/api/collections/" + slug).status == 200);
    BOOST_TEST(second.ask("GET", "/api/collections/" + slug).status == 404);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_named)
{
    for (const auto* text : {"[", "{}", "[1]", R"([{"id":"x"}])"}) {
        tests::TempFolder folder;
        std::ofstream(folder.path() / "collections.json") << text;
        BOOST_CHECK_EXCEPTION(
            emulator::Emulator{options_at(folder.path())}, OSError, [&](const OSError& error) {
                return std::string(error.what()).find("collections.json") != std::string::npos;
            });
    }
}

BOOST_AUTO_TEST_SUITE_END()
