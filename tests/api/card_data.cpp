// Card metadata in the form that the reference gives it.
#include "api/common/card_data.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using hfasync::RepoType;
namespace json = boost::json;

namespace {

std::string tidy(std::string_view card, RepoType type = RepoType::model)
{
    auto value = json::parse(card);
    hfasync::detail::tidy_card_data(value, type);
    return json::serialize(value);
}

// A model-index with one metric, and what is put in the place of a part of it.
std::string index_with(std::string_view task, std::string_view metric = R"({"type":"wer","value":1})")
{
    return R"({"model-index":[{"name":"m","results":[{"task":)" + std::string(task) +
           R"(,"dataset":{"name":"d","type":"t"},"metrics":[)" + std::string(metric) + "]}]}]}";
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_card_data)

BOOST_AUTO_TEST_CASE(null_keys_go_and_tags_stand_once_each)
{
    BOOST_TEST(tidy(R"({"license":"mit","a":null,"tags":["x","y","x"]})") ==
               R"({"license":"mit","tags":["x","y"]})");
    BOOST_TEST(tidy(R"({"tags":["x","x"]})", RepoType::space) == R"({"tags":["x"]})");
    BOOST_TEST(tidy(R"({"tags":["x","x"],"b":null})", RepoType::dataset) == R"({"tags":["x","x"]})");
}

BOOST_AUTO_TEST_CASE(what_is_no_object_stays)
{
    for (const auto* card : {"null", "\"text\"", "[1,null]", "3"})
        BOOST_TEST(tidy(card) == card);
}

BOOST_AUTO_TEST_CASE(a_model_index_is_rebuilt)
{
    const auto whole = index_with(R"({"type":"asr"})");
    BOOST_TEST(json::parse(tidy(whole)) == json::parse(whole));
    // Nulls and what the reference does not know are dropped on the way.
    BOOST_TEST(json::parse(tidy(index_with(R"({"type":"asr","name":null,"extra":1})"))) ==
               json::parse(whole));
}

BOOST_AUTO_TEST_CASE(results_of_one_task_and_dataset_become_one)
{
    const auto rebuilt = hfasync::detail::rebuild_model_index(json::parse(R"([{"name":"m","results":[
        {"task":{"type":"asr"},"dataset":{"name":"d","type":"t"},"metrics":[{"type":"wer","value":1}]},
        {"task":{"type":"asr"},"dataset":{"name":"d","type":"t","split":"test"},"metrics":[{"type":"wer","value":2}]},
        {"task":{"type":"asr"},"dataset":{"name":"d","type":"t"},"metrics":[{"type":"cer","value":3}]}]}])"));
    BOOST_REQUIRE(rebuilt.has_value());
    const auto& results = rebuilt->at(0).at("results").as_array();
    BOOST_TEST_REQUIRE(results.size() == 2u);
    BOOST_TEST(json::serialize(results[0].at("metrics")) ==
               R"([{"type":"wer","value":1},{"type":"cer","value":3}])");
    BOOST_TEST(json::serialize(results[1].at("metrics")) == R"([{"type":"wer","value":2}])");
}

BOOST_AUTO_TEST_CASE(a_broken_model_index_disappears)
{
    for (const auto& card :
         {index_with("{}"), index_with("3"), index_with(R"({"type":"asr"})", R"({"type":"wer"})"),
          index_with(R"({"type":"asr"})", "[]"), std::string(R"({"model-index":{"name":"m"}})"),
          std::string(R"({"model-index":[]})"), std::string(R"({"model-index":"x"})"),
          std::string(R"({"model-index":[{"results":[]}]})")})
        BOOST_TEST(tidy(card) == "{}", card);
}

BOOST_AUTO_TEST_SUITE_END()
