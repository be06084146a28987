// list_models, model_info, get_model_tags against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include "read_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct TwoModels : ReadFixture {
    TwoModels()
    {
        seed("acme/one",
             "language: [en, fr]\nlibrary_name: timm\npipeline_tag: image-classification\ndatasets: [squad]\n"
             "tags: [spacy]\ninference: warm\nco2_eq_emissions: {emissions: 12.5}",
             RepoType::model, {{"config.json", R"({"model_type":"bert"})"}});
        seed("bob/other", "language: de\npipeline_tag: fill-mask\nco2_eq_emissions: {emissions: 900}");
        wait(ann.update_repo_settings("acme/one", {.gated = Gated("auto")}));
        emulator.forget_requests();
    }
    Texts found(ListModelsOptions options) { return ids(ann.list_models(std::move(options))); }
};

const Texts one{"acme/one"}, other{"bob/other"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_models, TwoModels)

BOOST_AUTO_TEST_CASE(every_filter_reaches_the_hub)
{
    BOOST_TEST(found({}).size() == 2u);
    BOOST_TEST(found({.filter = "timm"}) == one);
    BOOST_TEST(found({.filter = {"timm", "en"}}) == one);
    BOOST_TEST(found({.author = "bob"}) == other);
    BOOST_TEST(found({.gated = true}) == one);
    BOOST_TEST(found({.gated = false}) == other);
    BOOST_TEST(found({.inference = "warm"}) == one);
    BOOST_TEST(found({.library = "timm"}) == one);
    BOOST_TEST(found({.language = {"en", "fr"}}) == one);
    BOOST_TEST(found({.language = "de"}) == other);
    BOOST_TEST(found({.model_name = "OTH"}) == other);
    BOOST_TEST(found({.task = "fill-mask"}) == other);
    BOOST_TEST(found({.trained_dataset = "squad"}) == one);
    BOOST_TEST(found({.trained_dataset = "dataset:squad"}) == one);
    BOOST_TEST(found({.tags = "spacy"}) == one);
    BOOST_TEST(found({.search = "acme/o"}) == one);
    BOOST_TEST(found({.model_name = "one", .search = "other"}).empty()); // both must fit
    BOOST_TEST(found({.pipeline_tag = "image-classification"}) == one);
    BOOST_TEST(found({.emissions_thresholds = EmissionsThresholds{1.0, 100.0}, .card_data = true}) == one);
    BOOST_TEST(found({.emissions_thresholds = EmissionsThresholds{100.0, {}}, .card_data = true}) == other);
    BOOST_TEST(found({.filter = "gr\xc3\xb6\xc3\x9f"
                                "e & 100% #1"})
                   .empty());
}

BOOST_AUTO_TEST_CASE(sorted_and_limited)
{
    wait(bob.like("bob/other"));
    BOOST_TEST((found({.sort = "created_at", .direction = 1}) == Texts{"acme/one", "bob/other"}));
    BOOST_TEST((found({.sort = "created_at", .direction = -1}) == Texts{"bob/other", "acme/one"}));
    BOOST_TEST((found({.sort = "trending_score", .direction = -1}) == Texts{"bob/other", "acme/one"}));
    BOOST_TEST((found({.sort = "likes", .direction = 1}) == Texts{"acme/one", "bob/other"}));
    BOOST_TEST((found({.sort = "last_modified", .direction = -1, .limit = 1}) == other));
    BOOST_CHECK_THROW(found({.sort = "colour"}), BadRequestError);
    emulator.forget_requests();
    BOOST_TEST(found({.limit = 0}).empty());
    BOOST_TEST(emulator.requests().empty());
}

BOOST_AUTO_TEST_CASE(rows_have_the_fields_that_were_asked_for)
{
    const auto first = [&](ListModelsOptions options) {
        options.author = "acme";
        return wait(ann.list_models(std::move(options)).collect()).at(0);
    };
    const auto plain = first({});
    BOOST_TEST(plain.library_name.value_or("") == "timm");
    BOOST_TEST(plain.pipeline_tag.value_or("") == "image-classification");
    BOOST_TEST(!plain.sha);
    BOOST_TEST(plain.card_data.is_null());
    const auto full = first({.full = true});
    BOOST_TEST(full.sha.value_or("").size() == 40u);
    BOOST_TEST(full.siblings.value().size() == 2u);
    BOOST_TEST(first({.card_data = true}).card_data["license"].is_null());
    BOOST_TEST(first({.card_data = true}).card_data["library_name"].as_string().value_or("") == "timm");
    BOOST_TEST(first({.fetch_config = true}).config["model_type"].as_string().value_or("") == "bert");
    const auto expanded = first({.expand = {"gated", "downloadsAllTime", "inference", "author"}});
    BOOST_TEST(std::get<std::string>(expanded.gated.value()) == "auto");
    BOOST_TEST(expanded.downloads_all_time.value() == 0u);
    BOOST_TEST(expanded.inference.value_or("") == "warm");
    BOOST_TEST(!expanded.likes);
    BOOST_CHECK_THROW(first({.expand = "nonsense"}), BadRequestError);
    BOOST_CHECK_THROW(first({.expand = "sha", .full = true}), ValueError);
}

BOOST_AUTO_TEST_CASE(one_model_seen_by_everybody)
{
    wait(ann.update_repo_settings("acme/one", {.private_ = true}));
    const auto info = wait(ann.model_info("acme/one", {.security_status = true, .files_metadata = true}));
    BOOST_TEST(info.author.value_or("") == "acme");
    BOOST_TEST(info.private_.value_or(false));
    BOOST_TEST(info.siblings.value().at(1).size.value_or(0) == 21u);
    BOOST_TEST(info.security_repo_status["scansDone"].as_bool().value_or(false));
    BOOST_TEST(!info.spaces.value_or(Texts{"x"}).size());
    BOOST_CHECK_THROW(wait(bob.model_info("acme/one")), RepositoryNotFoundError);
    BOOST_CHECK_THROW(wait(nobody.model_info("acme/one")), RepositoryNotFoundError);
    BOOST_TEST(found({}).size() == 2u);
    BOOST_TEST(ids(bob.list_models()) == other);
    BOOST_TEST(ids(nobody.list_models()) == other);
    BOOST_CHECK_THROW(wait(ann.model_info("acme/none")), RepositoryNotFoundError);
    BOOST_CHECK_THROW(wait(ann.model_info("acme/one", {.revision = "v\xc3\xa9 #1"})), RevisionNotFoundError);
}

BOOST_AUTO_TEST_CASE(computed_fields_arrive)
{
    const std::string header = R"({"a":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]}})";
    std::string weights(8, '\0');
    weights[0] = static_cast<char>(header.size());
    emulator.seed_repo(
        "acme/bert",
        {{"model.safetensors", weights + header},
         {"config.json", R"({"architectures":["BertForMaskedLM"],"model_type":"bert"})"},
         {"tokenizer_config.json", R"({"mask_token":"[MASK]"})"},
         {"README.md", "---\nwidget: [{text: Hi}]\nmodel-index: [{name: tiny, results: []}]\n---\n"}});
    seed("acme/demo", "sdk: static\nmodels: acme/bert", RepoType::space);
    const auto info = wait(ann.model_info("acme/bert"));
    BOOST_TEST(info.safetensors.value().total.value_or(0) == 12u);
    BOOST_TEST(info.safetensors.value().parameters.at("F32") == 12u);
    BOOST_TEST(info.transformers_info.value().auto_model.value_or("") == "AutoModelForMaskedLM");
    BOOST_TEST(info.mask_token.value_or("") == "[MASK]");
    BOOST_TEST(info.widget_data[0]["text"].as_string().value_or("") == "Hi");
    BOOST_TEST(info.model_index[0]["name"].as_string().value_or("") == "tiny");
    BOOST_TEST((info.spaces.value() == Texts{"acme/demo"}));
}

BOOST_AUTO_TEST_CASE(tags_come_grouped_and_without_a_token)
{
    const auto tags = wait(ann.get_model_tags());
    BOOST_TEST(tags["library"][0]["id"].as_string().value_or("") == "timm");
    BOOST_TEST(tags["dataset"][0]["label"].as_string().value_or("") == "squad");
    BOOST_TEST(tags["language"].size() == 3u);
    const auto requests = emulator.requests();
    for (const auto& [name, value] : requests.back().headers)
        BOOST_TEST(name != "Authorization");
}

BOOST_AUTO_TEST_SUITE_END()
