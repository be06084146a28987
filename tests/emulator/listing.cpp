// Which repos a listing gives, in what order, and page by page.
#include <boost/test/unit_test.hpp>

#include <map>

#include "hub_fixture.hpp"

using namespace hfasync;
using namespace hfasync::test;

namespace {

using Ids = std::vector<std::string>;

struct Listing : HubFixture {
    std::string seed(const std::string& id, const std::string& metadata, RepoType type = RepoType::model,
                     std::vector<std::pair<std::string, std::string>> files = {})
    {
        now += 10;
        files.emplace_back("README.md", "---\n" + metadata + "\n---\n# Title\n");
        return hub.seed_repo(id, files, type);
    }
    /// Without scheme and host; empty: no next page.
    std::string next(const PlainResponse& page) const
    {
        const auto link = page.header("link");
        if (link.empty()) return {};
        BOOST_TEST(link.ends_with("; rel=\"next\""));
        return link.substr(1 + hub.endpoint().size(), link.find('>') - 1 - hub.endpoint().size());
    }
    static Ids ids_of(const PlainResponse& page)
    {
        BOOST_TEST_REQUIRE(page.status == 200, page.head);
        Ids out;
        const auto rows = json(page);
        for (const auto& row : rows.as_array())
            out.emplace_back(row.at("id").as_string());
        return out;
    }
    /// Of all pages.
    Ids ids(std::string target, const Headers& headers = ann) const
    {
        Ids out;
        while (!target.empty()) {
            const auto page = ask("GET", target, headers);
            for (auto& id : ids_of(page))
                out.push_back(std::move(id));
            target = next(page);
        }
        return out;
    }
    void like(const std::string& path, const Headers& who) const
    {
        BOOST_TEST_REQUIRE(ask("POST", "/api/" + path + "/like", who).status == 200);
    }
    void set(const std::string& path, const std::string& settings) const
    {
        BOOST_TEST_REQUIRE(ask("PUT", "/api/" + path + "/settings", ann, settings).status == 200);
    }
};

const Ids one{"acme/one"};

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_listing)

BOOST_FIXTURE_TEST_CASE(every_filter_of_models_filters, Listing)
{
    seed("acme/one",
         "language: [en, fr]\nlicense: mit\nlibrary_name: timm\npipeline_tag: image-classification\n"
         "datasets: [acme/books, squad]\ntags: [spacy, 'arxiv:1810.04805', 'benchmark:raft']\nbase_model: "
         "acme/base\n"
         "inference: warm",
         RepoType::model, {{"pytorch_model.bin", "x"}, {"model.safetensors", "y"}});
    seed("bob/other", "language: de\npipeline_tag: fill-mask\ntags: [jax]");
    set("models/acme/one", R"({"gated":"auto"})");
    const std::pair<const char*, const char*> queries[] = {
        {"author", "acme"},
        {"gated", "True"},
        {"inference", "warm"},
        {"pipeline_tag", "image-classification"},
        {"search", "ONE"},
        {"search", "acme%2Fo"},
        {"filter", "timm"},
        {"filter", "image-classification"},
        {"filter", "en"},
        {"filter", "fr"},
        {"filter", "license:mit"},
        {"filter", "dataset:acme/books"},
        {"filter", "dataset%3Asquad"},
        {"filter", "spacy"},
        {"filter", "arxiv:1810.04805"},
        {"filter", "benchmark:raft"},
        {"filter", "base_model:acme/base"},
        {"filter", "base_model:finetune:acme/base"},
        {"filter", "pytorch"},
        {"filter", "safetensors"},
        {"filter", "en&filter=spacy&filter=timm"},
        {"filter[]", "en"},
    };
    for (const auto& [key, value] : queries)
        BOOST_TEST(ids(std::string("/api/models?") + key + "=" + value) == one, key << "=" << value);
    const Ids other{"bob/other"};
    BOOST_TEST((ids("/api/models?gated=False") == other));
    BOOST_TEST((ids("/api/models?inference=cold") == other));
    BOOST_TEST((ids("/api/models?author=bob") == other));
    BOOST_TEST(ids("/api/models?filter=en&filter=jax").empty()); // both must fit
    BOOST_TEST(ids("/api/models?search=one&search=other").empty());
    BOOST_TEST((ids("/api/models?filter=region:us") == Ids{"acme/one", "bob/other"}));
    BOOST_TEST(ids("/api/models?filter=spac").empty()); // a tag fits as a whole
}

BOOST_FIXTURE_TEST_CASE(models_are_found_by_their_size, Listing)
{
    const std::string header =
        R"({"a":{"dtype":"F32","shape":[30,40],"data_offsets":[0,4800]}})"; // 1200 parameters
    std::string weights(8, '\0');
    weights[0] = static_cast<char>(header.size());
    seed("acme/one", "license: mit", RepoType::model, {{"model.safetensors", weights + header}});
    seed("acme/two", "license: mit");
    for (const char* range : {"min:1K", "min:1.2K,max:1M", "max:1200", "max:1B,min:0"})
        BOOST_TEST(ids(std::string("/api/models?num_parameters=") + range) == one, range);
    for (const char* range : {"min:1201", "max:1.1K", "min:1T"})
        BOOST_TEST(ids(std::string("/api/models?num_parameters=") + range).empty(), range);
    for (const char* range : {"6B", "min:", "min:x", "min:1G", "min:-1", "most:1"})
        BOOST_TEST(ask("GET", std::string("/api/models?num_parameters=") + range).status == 400, range);
    BOOST_TEST(ids("/api/models?inference_provider=all").empty()); // nobody serves them
}

BOOST_FIXTURE_TEST_CASE(every_filter_of_datasets_filters, Listing)
{
    seed("acme/one",
         "language: [en]\nlicense: cc-by-4.0\ntask_categories: [qa]\ntask_ids: [extractive-qa]\n"
         "language_creators: [found]\nmultilinguality: monolingual\nsize_categories: 10K<n<100K\n"
         "benchmark: raft\ntags: [fiftyone]",
         RepoType::dataset);
    seed("acme/two", "language: de", RepoType::dataset);
    set("datasets/acme/one", R"({"gated":"manual"})");
    for (const char* query :
         {"filter=language:en", "filter=license:cc-by-4.0", "filter=task_categories:qa",
          "filter=task_ids:extractive-qa", "filter=language_creators:found",
          "filter=multilinguality:monolingual", "filter=size_categories:10K%3Cn%3C100K",
          "filter=benchmark:raft", "filter=fiftyone", "gated=True", "search=one", "author=acme&search=on"})
        BOOST_TEST(ids(std::string("/api/datasets?") + query) == one, query);
    BOOST_TEST(ids("/api/datasets?author=bob").empty());
    BOOST_TEST(ids("/api/datasets?filter=en").empty()); // datasets name languages with their prefix
}

BOOST_FIXTURE_TEST_CASE(every_filter_of_spaces_filters, Listing)
{
    seed("acme/one", "sdk: gradio\nmodels: [acme/tiny, bob/m]\ndatasets: [acme/books]\ntags: [mcp]",
         RepoType::space);
    seed("acme/two", "sdk: static\ndatasets: acme/logs", RepoType::space);
    seed("acme/unlinked", "sdk: static", RepoType::space);
    for (const char* query : {"models=acme/tiny", "models=bob%2Fm", "models=none&models=acme/tiny",
                              "datasets=acme/books", "models=acme/tiny&datasets=acme/books", "filter=gradio",
                              "filter=mcp", "search=one", "author=acme&filter=mcp"})
        BOOST_TEST(ids(std::string("/api/spaces?") + query) == one, query);
    BOOST_TEST((ids("/api/spaces?linked=True") == Ids{"acme/one", "acme/two"}));
    BOOST_TEST((ids("/api/spaces?datasets=acme/books&datasets=acme/logs") == Ids{"acme/one", "acme/two"}));
    BOOST_TEST(ids("/api/spaces?models=acme/tiny&datasets=acme/logs").empty());
    BOOST_TEST(ids("/api/spaces?linked=False").size() == 3u);
    const auto row = json(ask("GET", "/api/spaces?linked=True&search=one")).at(0).as_object();
    BOOST_TEST(row.at("models").as_array().size() == 2u);
    BOOST_TEST(row.at("sdk").as_string() == "gradio");
}

BOOST_FIXTURE_TEST_CASE(every_sort_sorts, Listing)
{
    for (const char* name : {"acme/a", "acme/b", "acme/c", "acme/d"})
        seed(name, "license: mit", RepoType::model, {{"config.json", "{}"}});
    like("models/acme/b", ann);
    now += 8 * 24 * 3600;
    like("models/acme/c", ann);
    like("models/acme/c", bob);
    like("models/acme/a", bob);
    for (int i = 0; i < 3; ++i)
        BOOST_TEST_REQUIRE(ask("GET", "/acme/d/resolve/main/config.json").status == 200);
    BOOST_TEST_REQUIRE(ask("GET", "/acme/a/resolve/main/config.json").status == 200);
    now += 10;
    commit(file_line("x", "x"), "models/acme/b");
    const std::map<std::string, Ids> expected{
        {"createdAt", {"acme/a", "acme/b", "acme/c", "acme/d"}},
        {"lastModified", {"acme/a", "acme/c", "acme/d", "acme/b"}},
        {"likes", {"acme/d", "acme/a", "acme/b", "acme/c"}},
        {"downloads", {"acme/b", "acme/c", "acme/a", "acme/d"}},
        {"trendingScore", {"acme/b", "acme/d", "acme/a", "acme/c"}}}; // the like of last week is too old
    for (const auto& [sort, up] : expected) {
        BOOST_TEST(ids("/api/models?direction=1&sort=" + sort) == up, sort);
        const auto down = ids("/api/models?direction=-1&sort=" + sort);
        BOOST_TEST(ids("/api/models?sort=" + sort) == down, sort); // the highest first, unless told otherwise
        BOOST_TEST(down.front() == up.back(), sort);
        BOOST_TEST(down.size() == 4u);
    }
    BOOST_TEST((ids("/api/models") == expected.at("createdAt"))); // by id
}

BOOST_FIXTURE_TEST_CASE(pages_stay_whole_while_repos_come_and_go, Listing)
{
    for (const char* name : {"acme/b", "acme/d", "acme/f", "acme/h", "acme/j"})
        seed(name, "license: mit");
    const auto first = ask("GET", "/api/models?limit=2&filter=license:mit");
    BOOST_TEST((ids_of(first) == Ids{"acme/b", "acme/d"}));
    seed("acme/a", "license: mit"); // before the cursor
    seed("acme/e", "license: mit"); // behind it
    BOOST_TEST_REQUIRE(
        ask("DELETE", "/api/repos/delete", ann, R"({"name":"d","organization":"acme"})").status == 200);
    BOOST_TEST((ids(next(first)) == Ids{"acme/e", "acme/f", "acme/h", "acme/j"}));

    const auto newest = ask("GET", "/api/models?limit=2&sort=createdAt&direction=-1");
    BOOST_TEST((ids_of(newest) == Ids{"acme/e", "acme/a"}));
    seed("acme/z", "license: mit");
    BOOST_TEST((ids(next(newest)) == Ids{"acme/j", "acme/h", "acme/f", "acme/b"}));
    // The next page of a filter keeps the filter, and a cursor belongs to its order.
    BOOST_TEST(next(first).find("filter=license%3Amit") != std::string::npos);
    const auto cursor = next(newest).substr(next(newest).find("cursor="));
    BOOST_TEST(ask("GET", "/api/models?sort=likes&" + cursor).status == 400);
    BOOST_TEST(ask("GET", "/api/models?" + cursor).status == 400);
    // A limit above the page's size goes over several pages of that size.
    BOOST_TEST(ids_of(ask("GET", "/api/models?limit=5000")).size() == 3u);
    BOOST_TEST(next(ask("GET", "/api/models?limit=5000")).find("limit=5000") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(private_repos_are_listed_for_their_owners, Listing)
{
    seed("acme/open", "license: mit");
    seed("acme/secret", "license: mit");
    set("models/acme/secret", R"({"private":true})");
    seed("acme/guarded", "license: mit");
    set("models/acme/guarded", R"({"gated":"manual"})");
    const Ids all{"acme/guarded", "acme/open", "acme/secret"}, open{"acme/guarded", "acme/open"};
    BOOST_TEST((ids("/api/models", ann) == all));
    BOOST_TEST((ids("/api/models", ann_reads) == all));
    BOOST_TEST((ids("/api/models", bob) == open));
    BOOST_TEST((ids("/api/models", nobody) == open));
    BOOST_TEST(ask("GET", "/api/models", {{"Authorization", "Bearer hf_wrong"}}).status == 401);
    const auto row = json(ask("GET", "/api/models?search=secret")).at(0);
    BOOST_TEST(row.at("private").as_bool());
}

BOOST_FIXTURE_TEST_CASE(wrong_values_and_unknown_keys_are_refused, Listing)
{
    for (const char* target : {"/api/models?sort=colour",      "/api/models?sort=last_modified",
                               "/api/spaces?sort=downloads",   "/api/models?direction=down",
                               "/api/models?limit=0",          "/api/models?limit=-1",
                               "/api/models?limit=ten",        "/api/models?limit=3x",
                               "/api/models?cursor=%21%21",    "/api/models?cursor=",
                               "/api/models?cursor=YWJj",      "/api/models?expand=nonsense",
                               "/api/models?expand=citation",  "/api/datasets?expand=gguf",
                               "/api/spaces?expand=downloads", "/api/models?gated=maybe",
                               "/api/models?inference=hot",    "/api/models?library=timm",
                               "/api/models?models=x",         "/api/datasets?cardData=True",
                               "/api/datasets?inference=warm", "/api/spaces?gated=True",
                               "/api/models?serach=x"})
        BOOST_TEST(ask("GET", target).status == 400, target);
    BOOST_TEST(ask("GET", "/api/models?sort=colour").header("x-error-message") ==
               "Invalid value for sort: colour");
}

BOOST_FIXTURE_TEST_CASE(rows_have_what_was_asked_for, Listing)
{
    seed("acme/one", "license: mit\nco2_eq_emissions: {emissions: 12.5}", RepoType::model,
         {{"config.json", R"({"architectures":["BertForMaskedLM"],"model_type":"bert","vocab_size":3})"}});
    const auto row = [&](const std::string& query) {
        return json(ask("GET", "/api/models" + query)).at(0).as_object();
    };
    const auto plain = row("");
    for (const char* key : {"_id", "id", "modelId", "likes", "trendingScore", "private", "downloads", "tags",
                            "pipeline_tag", "library_name", "createdAt"})
        BOOST_TEST(plain.contains(key), key);
    for (const char* key : {"sha", "siblings", "cardData", "config", "gated", "inference"})
        BOOST_TEST(!plain.contains(key), key);
    BOOST_TEST(row("?full=True").contains("siblings"));
    BOOST_TEST(row("?full=True").contains("sha"));
    BOOST_TEST(!row("?full=False").contains("sha"));
    BOOST_TEST(row("?cardData=True").at("cardData").at("co2_eq_emissions").at("emissions").as_double() ==
               12.5);
    BOOST_TEST(row("?config=True").at("config").at("model_type").as_string() == "bert");
    BOOST_TEST(!row("?config=True").at("config").as_object().contains("vocab_size"));
    BOOST_TEST(row("?inference=cold").at("inference").as_string() == "cold");
    const auto expanded = row("?expand=sha&expand=gated&expand[]=resourceGroup");
    BOOST_TEST(expanded.size() == 6u); // and _id, id, modelId
    BOOST_TEST(!expanded.at("gated").as_bool());
    BOOST_TEST(expanded.at("resourceGroup").is_null());
}

BOOST_FIXTURE_TEST_CASE(what_a_commit_changes_shows_at_once, Listing)
{
    seed("acme/one", "license: mit");
    BOOST_TEST(ids("/api/models?filter=license:mit").size() == 1u);
    commit(file_line("README.md", "---\nlicense: apache-2.0\n---\n"), "models/acme/one");
    BOOST_TEST(ids("/api/models?filter=license:mit").empty());
    BOOST_TEST((ids("/api/models?filter=license:apache-2.0") == one));
    BOOST_TEST_REQUIRE(
        ask("POST", "/api/repos/move", ann, R"({"fromRepo":"acme/one","toRepo":"acme/two"})").status == 200);
    BOOST_TEST((ids("/api/models") == Ids{"acme/two"}));
    // Another repo under a name that was deleted.
    BOOST_TEST_REQUIRE(
        ask("DELETE", "/api/repos/delete", ann, R"({"name":"two","organization":"acme"})").status == 200);
    seed("acme/two", "license: bsd");
    BOOST_TEST((ids("/api/models?filter=license:bsd") == Ids{"acme/two"}));
}

BOOST_AUTO_TEST_SUITE_END()
