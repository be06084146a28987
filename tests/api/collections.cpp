// Collections: the client against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hf_api.hpp>

using namespace hfasync;

namespace {

emulator::Options two_users()
{
    emulator::Options options;
    options.page_size = 2;
    options.accounts = {
        {.name = "ann", .tokens = {{.token = "hf_ann"}}, .memberships = {{.organization = "acme"}}},
        {.name = "bob", .tokens = {{.token = "hf_bob"}}},
        {.name = "acme", .is_organization = true}};
    return options;
}

struct Fixture {
    emulator::Emulator emulator{two_users()};
    Hub hub{HubOptions{.endpoint = emulator.endpoint(), .token = "hf_ann", .retry = {.max_retries = 0}}};
    HfApi api{hub};

    Fixture()
    {
        emulator.seed_repo("acme/tiny", {{"x", "x"}});
        emulator.seed_repo("acme/rows", {{"x", "x"}}, RepoType::dataset);
    }
    template <class T>
    T wait(boost::asio::awaitable<T> call)
    {
        return hub.block_on(std::move(call));
    }
    std::vector<Collection> list(ListCollectionsOptions options = {})
    {
        return wait(api.list_collections(std::move(options)).collect());
    }
    int status_of(boost::asio::awaitable<void> call)
    {
        try {
            wait(std::move(call));
        } catch (const HfHubHTTPError& error) {
            return error.context().status;
        }
        return 200;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_collections, Fixture)

BOOST_AUTO_TEST_CASE(a_new_one_belongs_to_whose_token_it_is)
{
    const auto made = wait(api.create_collection("Recent models"));
    BOOST_TEST(made.slug.starts_with("ann/recent-models-"));
    BOOST_TEST(made.title == "Recent models");
    BOOST_TEST(made.owner["name"].as_string().value_or("") == "ann");
    BOOST_TEST(made.items.empty());
    BOOST_TEST(!made.private_);
    BOOST_TEST(!made.description.has_value());
    BOOST_TEST((made.last_updated != Timestamp{}));
    BOOST_TEST(made.url == emulator.endpoint() + "/collections/" + made.slug);
    BOOST_TEST((wait(api.get_collection(made.slug)) == made));
}

BOOST_AUTO_TEST_CASE(every_option_of_create_arrives)
{
    const auto made =
        wait(api.create_collection("T", {.namespace_ = "acme", .description = "D", .private_ = true}));
    BOOST_TEST(made.slug.starts_with("acme/t-"));
    BOOST_TEST(made.description.value_or("") == "D");
    BOOST_TEST(made.private_);
    BOOST_CHECK_THROW(wait(api.get_collection(made.slug, {.token = "hf_bob"})), HfHubHTTPError);
    BOOST_CHECK_THROW(wait(api.get_collection(made.slug, {.token = false})), HfHubHTTPError);
}

BOOST_AUTO_TEST_CASE(exists_ok_gives_the_one_that_is_there)
{
    const auto made = wait(api.create_collection("T"));
    BOOST_CHECK_THROW(wait(api.create_collection("T")), ConflictError);
    const auto again = wait(api.create_collection("T", {.exists_ok = true}));
    BOOST_TEST(again.slug == made.slug);
}

BOOST_AUTO_TEST_CASE(metadata_changes_one_by_one)
{
    const auto slug = wait(api.create_collection("T", {.description = "D"})).slug;
    wait(api.create_collection("U"));
    const auto same = wait(api.update_collection_metadata(slug));
    BOOST_TEST(same.title == "T");
    const auto themed = wait(api.update_collection_metadata(slug, {.theme = "indigo"}));
    BOOST_TEST(themed.theme == "indigo");
    BOOST_TEST(themed.description.value_or("") == "D");
    const auto all = wait(api.update_collection_metadata(
        slug, {.title = "New", .description = "E", .position = 1, .private_ = true, .theme = "pink"}));
    BOOST_TEST(all.title == "New");
    BOOST_TEST(all.slug.starts_with("ann/new-"));
    BOOST_TEST(all.position == 1);
    BOOST_TEST(all.private_);
    BOOST_CHECK_THROW(wait(api.update_collection_metadata(slug, {.theme = "black"})), BadRequestError);
}

BOOST_AUTO_TEST_CASE(items_come_change_and_go)
{
    const auto slug = wait(api.create_collection("T")).slug;
    wait(api.add_collection_item(slug, "acme/tiny", "model"));
    wait(api.add_collection_item(slug, "acme/rows", "dataset", {.note = "N\xc3\xb6te"}));
    const auto full = wait(api.add_collection_item(slug, "2307.09288", "paper"));
    BOOST_TEST_REQUIRE(full.items.size() == 3u);
    BOOST_TEST(full.items[1].item_id == "acme/rows");
    BOOST_TEST(full.items[1].item_type == "dataset");
    BOOST_TEST(full.items[1].position == 1);
    BOOST_TEST(full.items[1].note.value_or("") == "N\xc3\xb6te");
    BOOST_TEST(!full.items[0].note.has_value());

    BOOST_CHECK_THROW(wait(api.add_collection_item(slug, "acme/tiny", "model")), ConflictError);
    const auto kept = wait(api.add_collection_item(slug, "acme/tiny", "model", {.exists_ok = true}));
    BOOST_TEST(kept.items.size() == 3u);
    BOOST_CHECK_THROW(wait(api.add_collection_item(slug, "acme/none", "model", {.exists_ok = true})),
                      HfHubHTTPError);

    const auto paper = full.items[2].item_object_id;
    wait(api.update_collection_item(slug, paper, {.note = "", .position = 0}));
    const auto moved = wait(api.get_collection(slug));
    BOOST_TEST(moved.items[0].item_id == "2307.09288");
    BOOST_TEST((moved.items[0].note == std::optional<std::string>("")));
    wait(api.delete_collection_item(slug, paper));
    BOOST_TEST(status_of(api.delete_collection_item(slug, paper)) == 404);
    wait(api.delete_collection_item(slug, paper, {.missing_ok = true}));
    BOOST_TEST(status_of(api.update_collection_item(slug, paper)) == 404);
    BOOST_TEST(wait(api.get_collection(slug)).items.size() == 2u);
}

BOOST_AUTO_TEST_CASE(others_may_look_but_not_touch)
{
    const auto slug = wait(api.create_collection("T")).slug;
    BOOST_TEST(wait(api.get_collection(slug, {.token = "hf_bob"})).title == "T");
    BOOST_TEST(status_of(api.delete_collection(slug, {.token = "hf_bob"})) == 403);
    // A 403 is no 404.
    BOOST_TEST(status_of(api.delete_collection(slug, {.missing_ok = true, .token = "hf_bob"})) == 403);
    wait(api.delete_collection(slug));
    BOOST_TEST(status_of(api.delete_collection(slug)) == 404);
    wait(api.delete_collection(slug, {.missing_ok = true}));
}

BOOST_AUTO_TEST_CASE(listings_go_over_pages_and_count)
{
    for (const auto* title : {"A", "B", "C", "D", "E"})
        wait(api.create_collection(title, {.namespace_ = "acme"}));
    const auto tiny = wait(api.create_collection("With tiny")).slug;
    wait(api.add_collection_item(tiny, "acme/tiny", "model"));
    const auto acme = list({.owner = "acme"});
    BOOST_TEST_REQUIRE(acme.size() == 5u);
    for (std::size_t i = 0; i < acme.size(); ++i)
        BOOST_TEST(acme[i].position == static_cast<std::int64_t>(i));
    BOOST_TEST(acme.back().title == "E");
    BOOST_TEST(list({.owner = {"acme", "ann"}}).size() == 6u);
    BOOST_TEST(list({.owner = "bob"}).empty());
    BOOST_TEST(list({.item = "models/acme/tiny"}).size() == 1u);
    BOOST_TEST(list({.item = {"models/acme/none", "models/acme/tiny"}}).size() == 1u);
    BOOST_TEST(list({.sort = "upvotes", .limit = 3}).size() == 3u);
    emulator.forget_requests();
    BOOST_TEST(list({.limit = 0}).empty());
    BOOST_TEST(emulator.requests().empty());
    BOOST_TEST(list({.limit = 2}).size() == 2u);
    BOOST_TEST(emulator.requests().size() == 1u);
    BOOST_CHECK_THROW(list({.sort = "size"}), BadRequestError);
}

BOOST_AUTO_TEST_CASE(bad_slugs_are_refused_before_any_request)
{
    emulator.forget_requests();
    for (const auto* slug : {"", "a//b", "../x", "a/..", "a\r\nX: y", "a/\xff"}) {
        BOOST_CHECK_THROW(wait(api.get_collection(slug)), ValueError);
        BOOST_CHECK_THROW(wait(api.delete_collection(slug, {.missing_ok = true})), ValueError);
        BOOST_CHECK_THROW(wait(api.delete_collection_item("acme/t", slug)), ValueError);
    }
    BOOST_TEST(emulator.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_slug_cannot_cut_the_url)
{
    emulator.forget_requests();
    BOOST_CHECK_THROW(wait(api.get_collection("acme/a#b?c%2f")), HfHubHTTPError);
    BOOST_TEST_REQUIRE(emulator.requests().size() == 1u);
    BOOST_TEST(emulator.requests()[0].target == "/api/collections/acme/a%23b%3Fc%252f");
}

BOOST_AUTO_TEST_CASE(a_lost_answer_is_not_asked_for_twice)
{
    Hub patient(HubOptions{.endpoint = emulator.endpoint(), .token = "hf_ann", .retry = {.max_retries = 2}});
    const HfApi retrying(patient);
    emulator.add_fault(
        {.method = "POST", .path = "/api/collections", .action = emulator::FaultAction::lose_reply});
    emulator.forget_requests();
    BOOST_CHECK_THROW(patient.block_on(retrying.create_collection("T", {.namespace_ = "acme"})), HubError);
    BOOST_TEST(emulator.requests().size() == 1u);
    BOOST_TEST(list({.owner = "acme"}).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
