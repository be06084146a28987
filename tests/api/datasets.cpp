// list_datasets, dataset_info, get_dataset_tags against the embedded Hub.
#include <boost/test/unit_test.hpp>

#include "read_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace {

struct TwoDatasets : ReadFixture {
    TwoDatasets()
    {
        seed("acme/one",
             "language: [en]\ntask_categories: [qa]\ntask_ids: [extractive-qa]\nlanguage_creators: [found]\n"
             "multilinguality: monolingual\nsize_categories: n<1K\nbenchmark: raft\ntags: [fiftyone]\n"
             "paperswithcode_id: one",
             RepoType::dataset, {{"a.csv", "a"}});
        seed("bob/other", "language: de", RepoType::dataset);
        wait(ann.update_repo_settings("acme/one", {.gated = Gated("manual"), .repo_type = "dataset"}));
        emulator.forget_requests();
    }
    Texts found(ListDatasetsOptions options) { return ids(ann.list_datasets(std::move(options))); }
};

const Texts one{"acme/one"}, other{"bob/other"};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_datasets, TwoDatasets)

BOOST_AUTO_TEST_CASE(every_filter_reaches_the_hub)
{
    BOOST_TEST(found({}).size() == 2u);
    BOOST_TEST(found({.filter = {"language:en", "fiftyone"}}) == one);
    BOOST_TEST(found({.author = "bob"}) == other);
    BOOST_TEST(found({.benchmark = "raft"}) == one);
    BOOST_TEST(found({.benchmark = "benchmark:raft"}) == one);
    BOOST_TEST(found({.dataset_name = "OTH"}) == other);
    BOOST_TEST(found({.gated = true}) == one);
    BOOST_TEST(found({.gated = false}) == other);
    BOOST_TEST(found({.language_creators = "found"}) == one);
    BOOST_TEST(found({.language = "de"}) == other);
    BOOST_TEST(found({.language = "language:en"}) == one);
    BOOST_TEST(found({.multilinguality = "monolingual"}) == one);
    BOOST_TEST(found({.size_categories = {"n<1K"}}) == one);
    BOOST_TEST(found({.tags = "fiftyone"}) == one);
    BOOST_TEST(found({.task_categories = "qa"}) == one);
    BOOST_TEST(found({.task_ids = "extractive-qa"}) == one);
    BOOST_TEST(found({.search = "one"}) == one);
    BOOST_TEST(found({.dataset_name = "one", .search = "other"}).empty());
    BOOST_TEST((found({.sort = "last_modified", .direction = -1, .limit = 1}) == other));
    BOOST_CHECK_THROW(found({.sort = "colour"}), BadRequestError);
}

BOOST_AUTO_TEST_CASE(infos_and_rows)
{
    const auto rows = wait(ann.list_datasets({.full = true}).collect());
    BOOST_TEST(rows.at(0).card_data["benchmark"].as_string().value_or("") == "raft");
    BOOST_TEST(rows.at(0).paperswithcode_id.value_or("") == "one");
    BOOST_TEST(rows.at(0).siblings.value().size() == 2u);
    const auto info = wait(bob.dataset_info("acme/one", {.files_metadata = true}));
    BOOST_TEST(std::get<std::string>(info.gated.value()) == "manual");
    BOOST_TEST(info.siblings.value().at(1).size.value_or(0) == 1u);
    BOOST_TEST(wait(ann.dataset_info("acme/one", {.expand = "trendingScore"})).trending_score.value_or(-1) ==
               0);
    BOOST_CHECK_THROW(wait(ann.dataset_info("acme/one", {.expand = "gguf"})), BadRequestError);
    BOOST_CHECK_THROW(wait(ann.model_info("acme/one")), RepositoryNotFoundError);
    // A gated repo is there for all; its content is not.
    wait(ann.auth_check("acme/one", {.repo_type = "dataset"}));
    BOOST_CHECK_THROW(wait(bob.auth_check("acme/one", {.repo_type = "dataset"})), GatedRepoError);
    BOOST_TEST(wait(bob.repo_exists("acme/one", {.repo_type = "dataset"})));
}

BOOST_AUTO_TEST_CASE(tags_come_grouped)
{
    const auto tags = wait(nobody.get_dataset_tags());
    BOOST_TEST(tags["language"].size() == 2u);
    BOOST_TEST(tags["benchmark"][0]["id"].as_string().value_or("") == "benchmark:raft");
    BOOST_TEST(tags["size_categories"][0]["label"].as_string().value_or("") == "n<1K");
}

BOOST_AUTO_TEST_SUITE_END()
