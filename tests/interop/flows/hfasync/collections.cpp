// Collections and their items.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

using Names = std::vector<std::string>;

Names slugs(const std::vector<Collection>& collections)
{
    Names out;
    for (const auto& one : collections)
        out.push_back(one.slug);
    return out;
}

Task manage(Run run)
{
    const auto repo = co_await run.make_repo("acme/collections-manage");
    const auto made = co_await run.ann.create_collection(
        "Recent & new", {.namespace_ = "acme", .description = "Größe", .private_ = true});
    run.check(made.slug.starts_with("acme/recent-new-"), made.slug);
    run.same(made.title, "Recent & new", "title");
    run.same(made.description, "Größe", "description");
    run.check(made.private_ && made.items.empty(), "private and empty");
    run.same(made.owner["name"].as_string(), "acme", "owner");
    run.same(made.url, run.endpoint() + "/collections/" + made.slug, "URL");
    co_await run.raises<HfHubHTTPError>(run.bob.get_collection(made.slug), "private", 404);
    co_await run.raises<HfHubHTTPError>(run.nobody.get_collection(made.slug), "private, without a token",
                                        401);
    co_await run.raises<ConflictError>(run.ann.create_collection("Recent & new", {.namespace_ = "acme"}),
                                       "exists", 409);
    run.same(
        (co_await run.ann.create_collection("Recent & new", {.namespace_ = "acme", .exists_ok = true})).slug,
        made.slug, "exists_ok");
    const auto changed = co_await run.ann.update_collection_metadata(
        made.slug, {.title = "Models", .description = "None", .private_ = false, .theme = "pink"});
    run.check(changed.slug.starts_with("acme/models-") &&
                  changed.slug.substr(changed.slug.size() - 24) == made.slug.substr(made.slug.size() - 24),
              "another title, another slug, the same id");
    const auto seen = co_await run.bob.get_collection(changed.slug);
    run.same(seen.title, "Models", "another title");
    run.same(seen.description, "None", "another description");
    run.same(seen.theme, "pink", "another theme");
    run.check(!seen.private_, "public");
    co_await run.raises<BadRequestError>(run.ann.update_collection_metadata(made.slug, {.theme = "black"}),
                                         "no such theme", 400);
    co_await run.raises<HfHubHTTPError>(run.bob.update_collection_metadata(changed.slug, {.title = "Bob's"}),
                                        "not bob's", 403);

    const auto own = co_await run.ann.create_collection("Of ann");
    run.check(own.slug.starts_with("ann/of-ann-"), "one's own is the default");
    co_await run.ann.add_collection_item(changed.slug, repo, "model");
    run.same(sorted(slugs(co_await run.ann.list_collections({.owner = {"ann", "acme"}}).collect())),
             sorted({own.slug, changed.slug}), "by owners");
    run.same(slugs(co_await run.ann.list_collections({.owner = "ann"}).collect()), Names{own.slug},
             "by owner");
    run.same(slugs(co_await run.ann.list_collections({.item = "models/" + repo}).collect()),
             Names{changed.slug}, "by item");
    run.same((co_await run.ann.list_collections({.owner = {"ann", "acme"}, .limit = 1}).collect()).size(), 1u,
             "limit");
    co_await run.raises<HfHubHTTPError>(run.bob.delete_collection(changed.slug), "not bob's", 403);
    for (const auto& slug : {own.slug, changed.slug}) {
        co_await run.ann.delete_collection(slug);
        co_await run.raises<HfHubHTTPError>(run.ann.get_collection(slug), "it is gone", 404);
    }
    co_await run.raises<HfHubHTTPError>(run.ann.delete_collection(own.slug), "deleted twice", 404);
    co_await run.ann.delete_collection(own.slug, {.missing_ok = true});
}

std::vector<std::pair<std::string, std::optional<std::string>>> notes(const Collection& collection)
{
    std::vector<std::pair<std::string, std::optional<std::string>>> out;
    for (const auto& item : collection.items)
        out.emplace_back(item.item_id, item.note);
    return out;
}

Task items(Run run)
{
    using Notes = std::vector<std::pair<std::string, std::optional<std::string>>>;
    const auto model = co_await run.make_repo("ann/collections-items");
    const auto data = co_await run.make_repo("ann/collections-items", {.repo_type = "dataset"});
    const std::string paper = "2407.21783";
    const auto slug = (co_await run.ann.create_collection("Items")).slug;
    co_await run.ann.add_collection_item(slug, model, "model");
    co_await run.ann.add_collection_item(slug, data, "dataset", {.note = "Größe"});
    const auto full = co_await run.ann.add_collection_item(slug, paper, "paper");
    run.same(notes(full), (Notes{{model, {}}, {data, "Größe"}, {paper, {}}}), "items");
    run.check(full.items[0].item_type == "model" && full.items[1].item_type == "dataset" &&
                  full.items[2].item_type == "paper",
              "their types");
    for (std::int64_t i = 0; i < 3; ++i)
        run.same(full.items[static_cast<std::size_t>(i)].position, i, "their places");
    co_await run.raises<ConflictError>(run.ann.add_collection_item(slug, model, "model"), "a second time",
                                       409);
    run.same((co_await run.ann.add_collection_item(slug, model, "model", {.exists_ok = true})).items.size(),
             3u, "exists_ok");
    co_await run.raises<HfHubHTTPError>(run.ann.add_collection_item(slug, model + "-none", "model"),
                                        "no such repo", 404);
    co_await run.raises<HfHubHTTPError>(run.bob.add_collection_item(slug, model, "model"), "not bob's", 403);
    const auto last = full.items[2].item_object_id;
    co_await run.ann.update_collection_item(slug, last, {.note = "First", .position = 0});
    run.same(notes(co_await run.ann.get_collection(slug)),
             (Notes{{paper, "First"}, {model, {}}, {data, "Größe"}}), "annotated and moved");
    co_await run.ann.delete_collection_item(slug, last);
    run.same(notes(co_await run.ann.get_collection(slug)), (Notes{{model, {}}, {data, "Größe"}}), "removed");
    co_await run.raises<HfHubHTTPError>(run.ann.delete_collection_item(slug, last), "removed twice", 404);
    co_await run.ann.delete_collection_item(slug, last, {.missing_ok = true});
    co_await run.ann.delete_collection(slug);
}

} // namespace

Flows collection_flows()
{
    return {{"collections.manage", manage}, {"collections.items", items}};
}

} // namespace hfasync::flows
