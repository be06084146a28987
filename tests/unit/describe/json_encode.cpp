#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include "describe/json.hpp"
#include "unit/describe/fixtures.hpp"

using namespace hfasync;
using namespace hfasync::detail;
using namespace fixture;

BOOST_AUTO_TEST_SUITE(describe_json_encode)

BOOST_AUTO_TEST_CASE(the_wire_form_leaves_out_what_is_absent)
{
    Model model{.id = "a/b"};
    model.common.author = "me";
    model.stage = Open<Stage>::unknown("NEW");
    BOOST_TEST(
        boost::json::serialize(encode(model, Naming::wire)) ==
        R"({"id":"a/b","downloads":7,"small":0,"ratio":5E-1,"tags":[],"gated":false,"stage":"NEW","parameters":{},)"
        R"("author":"me","likeCount":0,"secretNote":""})");
}

BOOST_AUTO_TEST_CASE(the_documented_form_has_null_and_hides_what_is_not_printed)
{
    const auto value = encode(Model{.id = "a/b", .private_ = true}, Naming::documented);
    BOOST_TEST(value.at("private").as_bool());
    BOOST_TEST(value.at("trending_score").is_null());
    BOOST_TEST(value.at("card_data").is_null());
    BOOST_TEST(value.at("like_count").as_int64() == 0);
    BOOST_TEST(!value.as_object().contains("secret_note"));
    BOOST_TEST(!value.as_object().contains("common"));
}

BOOST_AUTO_TEST_CASE(round_trip)
{
    Model model{.id = "a/b", .private_ = false, .trending_score = -1, .downloads = 1ULL << 63, .tags = {"x"}};
    model.last_modified = parse_timestamp("2024-01-02T03:04:05.678Z");
    model.siblings = {{"f", 5'000'000'000U}, {"g", std::nullopt}};
    model.gated = "manual";
    model.stage = Stage::static_;
    model.parameters = {{"F32", 1}};
    model.card_data = Json::parse(R"({"a":[1,null]})");
    model.common = {.author = "me", .like_count = 2};
    BOOST_TEST((decode<Model>(encode(model, Naming::wire), {.source = "x"}) == model));
    model.secret_note.clear();
    BOOST_TEST(
        (decode<Model>(encode(model, Naming::documented), {.source = "x"}, Naming::documented) == model));
}

BOOST_AUTO_TEST_CASE(options_show_no_token_and_no_callback)
{
    Options options;
    options.token = "hf_CANARY";
    options.callback = [] {};
    const auto text = boost::json::serialize(encode(options, Naming::documented));
    BOOST_TEST(text.find("CANARY") == std::string::npos);
    BOOST_TEST(text.find("callback") == std::string::npos);
    BOOST_TEST(!encode(options, Naming::wire).as_object().contains("full")); // sent when true only
    options.full = true;
    BOOST_TEST(encode(options, Naming::wire).at("full").as_bool());
}

BOOST_AUTO_TEST_SUITE_END()
