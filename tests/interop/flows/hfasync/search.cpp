// Listings: filters, orders, limits, pages, tags. All repos have the flow's name in theirs, so that others do
// not count.
#include "interop/flows/hfasync/run.hpp"

namespace hfasync::flows {

namespace {

using Names = std::vector<std::string>;

asio::awaitable<void> with_card(Run run, std::string id, std::string card, std::string type = "model")
{
    CreateRepoOptions options{.repo_type = type};
    if (type == "space") options.space_sdk = "gradio";
    co_await run.make_repo(id, options);
    co_await run.put_all(id, {{"README.md", "---\n" + card + "---\n# Title\n"}}, {.repo_type = type});
}

Task models(Run run)
{
    const std::string one = "acme/search-models-one", two = "acme/search-models-two",
                      own = "ann/search-models-own";
    co_await with_card(
        run, one,
        "language: [en, fr]\nlicense: mit\nlibrary_name: timm\npipeline_tag: image-classification\n"
        "datasets: [squad]\ntags: [flowing]\n");
    co_await with_card(run, two, "language: de\npipeline_tag: fill-mask\ntags: [flowing]\n");
    co_await with_card(run, own, "license: mit\nlibrary_name: spacy\n");
    co_await run.ann.update_repo_settings(two, {.gated = "auto"});
    co_await run.ann.like(own);
    co_await run.ann.like(two);
    co_await run.bob.like(two);
    auto found = [&](ListModelsOptions options) -> asio::awaitable<std::vector<ModelInfo>> {
        if (!options.search) options.search = "search-models";
        co_return co_await run.ann.list_models(std::move(options)).collect();
    };
    run.same(sorted(ids(co_await found({}))), (Names{one, two, own}), "all");
    run.same(ids(co_await found({.author = "ann"})), Names{own}, "author");
    run.same(sorted(ids(co_await found({.author = "acme"}))), (Names{one, two}), "another author");
    run.same(sorted(ids(co_await found({.tags = "flowing"}))), (Names{one, two}), "tag");
    run.same(ids(co_await found({.filter = {"flowing", "license:mit"}})), Names{one}, "two tags");
    run.same(ids(co_await found({.task = "image-classification"})), Names{one}, "task");
    run.same(ids(co_await found({.pipeline_tag = "fill-mask"})), Names{two}, "pipeline_tag");
    run.same(ids(co_await found({.library = "spacy"})), Names{own}, "library");
    run.same(ids(co_await found({.language = {"en", "fr"}})), Names{one}, "languages");
    run.same(ids(co_await found({.trained_dataset = "squad"})), Names{one}, "dataset");
    run.same(ids(co_await found({.search = "models-TWO"})), Names{two}, "text, whatever its case");
    run.same(ids(co_await found({.gated = true})), Names{two}, "gated");
    run.same(sorted(ids(co_await found({.gated = false}))), (Names{one, own}), "not gated");
    run.check((co_await found({.author = "bob"})).empty(), "of nobody");
    run.same(ids(co_await found({.sort = "created_at", .direction = 1})), (Names{one, two, own}),
             "the first that was made first");
    run.same(ids(co_await found({.sort = "created_at", .direction = -1})), (Names{own, two, one}),
             "and last");
    run.same(ids(co_await found({.sort = "created_at"})), (Names{own, two, one}), "which is the default");
    run.same(ids(co_await found({.sort = "likes", .direction = -1})), (Names{two, own, one}), "by likes");
    run.same(ids(co_await found({.sort = "created_at", .direction = 1, .limit = 2})), (Names{one, two}),
             "limit");
    const auto rows = co_await found({.search = "search-models-one", .full = true, .card_data = true});
    run.check(rows.size() == 1 && rows[0].sha && rows[0].siblings && rows[0].last_modified, "full rows");
    run.same(rows[0].card_data["library_name"].as_string(), "timm", "with the card");
    run.same(rows[0].pipeline_tag, "image-classification", "and the task");
    co_await run.raises<BadRequestError>(found({.sort = "colour"}), "no such order", 400);
}

Task datasets(Run run)
{
    const std::string books = "acme/search-datasets-books", logs = "acme/search-datasets-logs",
                      own = "ann/search-datasets-own";
    co_await with_card(
        run, books,
        "language: [en]\ntask_categories: [question-answering]\nsize_categories: n<1K\ntags: [flowing]\n",
        "dataset");
    co_await with_card(run, logs, "language: [de, fr]\nsize_categories: 1M<n<10M\ntags: [flowing]\n",
                       "dataset");
    co_await with_card(run, own, "license: mit\n", "dataset");
    auto found = [&](ListDatasetsOptions options) -> asio::awaitable<std::vector<DatasetInfo>> {
        if (!options.search) options.search = "search-datasets";
        co_return co_await run.ann.list_datasets(std::move(options)).collect();
    };
    run.same(sorted(ids(co_await found({}))), (Names{books, logs, own}), "all");
    run.same(ids(co_await found({.author = "ann"})), Names{own}, "author");
    run.same(ids(co_await found({.language = "en"})), Names{books}, "language");
    run.same(ids(co_await found({.language = {"de", "fr"}})), Names{logs}, "languages");
    run.same(ids(co_await found({.task_categories = "question-answering"})), Names{books}, "task");
    run.same(ids(co_await found({.size_categories = "1M<n<10M"})), Names{logs}, "size");
    run.same(sorted(ids(co_await found({.tags = "flowing"}))), (Names{books, logs}), "tag");
    run.same(ids(co_await found({.filter = "license:mit"})), Names{own}, "filter");
    run.same(ids(co_await found({.search = "datasets-LOG"})), Names{logs}, "text");
    run.same(ids(co_await found({.sort = "created_at", .direction = -1})), (Names{own, logs, books}), "sort");
    run.same(ids(co_await found({.sort = "created_at", .direction = 1, .limit = 1})), Names{books}, "limit");
    const auto rows = co_await found({.search = "search-datasets-books", .full = true});
    run.check(rows.size() == 1 && rows[0].sha && rows[0].siblings, "full rows");
    run.same(rows[0].card_data["task_categories"][0].as_string(), "question-answering", "with the card");
}

Task spaces(Run run)
{
    const std::string demo = "acme/search-spaces-demo", plain = "acme/search-spaces-plain",
                      own = "ann/search-spaces-own";
    const std::string model = "acme/search-spaces-model", data = "acme/search-spaces-data";
    co_await run.make_repo(model);
    co_await run.make_repo(data, {.repo_type = "dataset"});
    co_await with_card(run, demo, "sdk: gradio\nmodels: [" + model + "]\ndatasets: [" + data + "]\n",
                       "space");
    co_await with_card(run, plain, "sdk: static\n", "space");
    co_await with_card(run, own, "sdk: gradio\ndatasets: [" + data + "]\n", "space");
    auto found = [&](ListSpacesOptions options) -> asio::awaitable<std::vector<SpaceInfo>> {
        if (!options.search) options.search = "search-spaces";
        co_return co_await run.ann.list_spaces(std::move(options)).collect();
    };
    run.same(sorted(ids(co_await found({}))), (Names{demo, plain, own}), "all");
    run.same(ids(co_await found({.author = "ann"})), Names{own}, "author");
    run.same(ids(co_await found({.models = model})), Names{demo}, "model");
    run.same(sorted(ids(co_await found({.datasets = data}))), (Names{demo, own}), "dataset");
    run.same(sorted(ids(co_await found({.linked = true}))), (Names{demo, own}), "linked");
    run.same(ids(co_await found({.filter = "static"})), Names{plain}, "filter");
    run.same(ids(co_await found({.search = "spaces-PLAIN"})), Names{plain}, "text");
    run.same(ids(co_await found({.sort = "created_at", .direction = -1})), (Names{own, plain, demo}), "sort");
    run.same(ids(co_await found({.sort = "created_at", .direction = 1, .limit = 2})), (Names{demo, plain}),
             "limit");
    const auto rows = co_await found({.search = "search-spaces-demo", .full = true});
    run.check(rows.size() == 1 && rows[0].sdk == "gradio" && rows[0].siblings, "full rows");
    run.same((co_await run.ann.model_info(model)).spaces, Names{demo}, "the model knows its Spaces");
}

Task pages(Run run)
{
    constexpr int count = 1'010; // a page has 1,000
    Names wanted;
    for (int i = 0; i < count; ++i) {
        wanted.push_back("ann/search-pages-" + std::to_string(i));
        co_await run.ann.create_repo(wanted.back());
        run.delete_later(wanted.back());
    }
    auto requests = std::make_shared<int>(0);
    auto options = run.options();
    options.on_request = [requests](const RequestReport&) { ++*requests; };
    const HfApi api(run.hub(options));
    run.same(sorted(ids(co_await api.list_models({.search = "search-pages"}).collect())), sorted(wanted),
             "each once");
    run.same(*requests, 2, "in two pages");
    const auto newest =
        co_await api
            .list_models({.search = "search-pages", .sort = "created_at", .direction = 1, .limit = 1'005})
            .collect();
    const auto some = sorted(ids(newest));
    run.same(some.size(), 1'005u, "a limit above a page");
    run.check(std::adjacent_find(some.begin(), some.end()) == some.end(), "each once");
    *requests = 0;
    run.same((co_await api.list_models({.search = "search-pages"}).take(10).collect()).size(), 10u,
             "the first ten");
    run.same(*requests, 1, "in one page");
}

Task tags(Run run)
{
    co_await with_card(run, "ann/search-tags",
                       "license: mit\nlanguage: fr\nlibrary_name: timm\npipeline_tag: fill-mask\n");
    co_await with_card(run, "ann/search-tags",
                       "language: [de]\nsize_categories: n<1K\ntask_categories: [qa]\n", "dataset");
    const auto names = [](const Json& tags) {
        Names out;
        for (std::size_t i = 0; i < tags.size(); ++i)
            out.push_back(tags[i]["id"].as_string().value_or("?"));
        return out;
    };
    const auto models = co_await run.ann.get_model_tags();
    run.check(has(names(models["library"]), "timm"), "library");
    run.check(has(names(models["license"]), "license:mit"), "license");
    run.check(has(names(models["language"]), "fr"), "language");
    run.check(has(names(models["pipeline_tag"]), "fill-mask"), "task");
    const auto datasets = co_await run.nobody.get_dataset_tags();
    run.check(has(names(datasets["language"]), "language:de"), "language of a dataset");
    run.check(has(names(datasets["size_categories"]), "size_categories:n<1K"), "size of a dataset");
    run.check(has(names(datasets["task_categories"]), "task_categories:qa"), "task of a dataset");
}

} // namespace

Flows search_flows()
{
    return {{"search.models", models},
            {"search.datasets", datasets},
            {"search.spaces", spaces},
            {"search.pages", pages},
            {"search.tags", tags}};
}

} // namespace hfasync::flows
