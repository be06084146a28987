#include "describe/json.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include "unit/describe/fixtures.hpp"

using namespace hfasync;
using namespace hfasync::detail;
using namespace fixture;

namespace {

template <class T = Model>
T read(std::string_view text)
{
    return decode<T>(boost::json::parse({text.data(), text.size()}), {.source = "GET https://h/api/models"});
}

/// The JSON path and the message of the refusal; empty when it is read.
template <class T = Model>
std::string refusal(std::string_view text)
{
    try {
        read<T>(text);
    } catch (const BadResponseError& error) {
        BOOST_TEST(std::string(error.what()).starts_with("GET https://h/api/models: "), error.what());
        BOOST_TEST((error.code() == errc::bad_response));
        return error.context().path;
    }
    return {};
}

std::string argument_refusal(std::string_view text)
{
    try {
        decode<Options>(boost::json::parse({text.data(), text.size()}), {.source = "arguments"},
                        Naming::documented, Unknown::refuse);
    } catch (const ValueError& error) {
        return error.what();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(describe_json_decode)

BOOST_AUTO_TEST_CASE(reads_every_kind_of_field)
{
    const auto model = read(R"({"id":"a/b","private":true,"trendingScore":-3,"downloads":18446744073709551615,
        "small":-2147483648,"ratio":2,"lastModified":"2024-01-02T03:04:05.678Z","tags":["x","y"],
        "siblings":[{"rfilename":"f","size":5000000000},{"rfilename":"g"}],"gated":"auto","stage":"no_app_file",
        "parameters":{"F32":4294967296},"cardData":{"license":["mit"]},"author":"me","likeCount":3,"unknown":{"a":[]}})");
    BOOST_TEST(model.id == "a/b");
    BOOST_TEST(model.private_.value());
    BOOST_TEST(model.trending_score.value() == -3);
    BOOST_TEST(model.downloads == 18446744073709551615ULL);
    BOOST_TEST(model.small == -2147483647 - 1);
    BOOST_TEST(model.ratio == 2.0);
    BOOST_TEST(format_timestamp(model.last_modified.value()) == "2024-01-02T03:04:05.678Z");
    BOOST_TEST((model.tags == std::vector<std::string>{"x", "y"}));
    BOOST_TEST(model.siblings->at(0).size.value() == 5'000'000'000U);
    BOOST_TEST(!model.siblings->at(1).size.has_value());
    BOOST_TEST(std::get<std::string>(model.gated) == "auto");
    BOOST_TEST((model.stage == Stage::no_app_file));
    BOOST_TEST(model.parameters.at("F32") == 4294967296U);
    BOOST_TEST(model.card_data["license"][std::size_t{0}].as_string().value() == "mit");
    BOOST_TEST(model.common.author.value() == "me"); // flattened
    BOOST_TEST(model.common.like_count == 3);
}

BOOST_AUTO_TEST_CASE(absent_and_null_keep_the_default)
{
    const auto model =
        read(R"({"id":"x","downloads":null,"siblings":null,"tags":null,"gated":null,"cardData":null,
                                "likeCount":null,"parameters":{"a":null}})");
    BOOST_TEST(model.downloads == 7u);
    BOOST_TEST(!model.siblings.has_value());
    BOOST_TEST(model.card_data.is_null());
    BOOST_TEST(model.common.like_count == 0);
    BOOST_TEST(model.parameters.at("a") == 0u);
    BOOST_TEST(!model.private_.has_value());
}

BOOST_AUTO_TEST_CASE(a_wrong_kind_names_the_path)
{
    BOOST_TEST(
        refusal<std::vector<Model>>(R"([{"id":"a"},{"id":"b","siblings":[{"rfilename":"f","size":"5"}]}])") ==
        "$[1].siblings[0].size");
    BOOST_TEST(refusal(R"({"id":5})") == "$.id");
    BOOST_TEST(refusal(R"({"id":"x","likeCount":"3"})") == "$.likeCount");
    BOOST_TEST(refusal(R"({"id":"x","tags":"t"})") == "$.tags");
    BOOST_TEST(refusal(R"({"id":"x","tags":[null]})") == "$.tags[0]");
    BOOST_TEST(refusal(R"({"id":"x","gated":5})") == "$.gated");
    BOOST_TEST(refusal(R"({"id":"x","lastModified":"yesterday"})") == "$.lastModified");
    BOOST_TEST(refusal(R"({"id":"x","parameters":{"a b\u001b":"x"}})") == "$.parameters[\"a b\\x1b\"]");
    BOOST_TEST(refusal("[]") == "$");
    BOOST_TEST(refusal(R"({"id":"x","private":0})") == "$.private");
}

BOOST_AUTO_TEST_CASE(integers_are_exact_or_refused)
{
    for (const char* bad : {"99999999999999999999", "1e3", "5.0", "-1", "true", "18446744073709551616"})
        BOOST_TEST(refusal(std::string(R"({"id":"x","downloads":)") + bad + "}") == "$.downloads", bad);
    BOOST_TEST(refusal(R"({"id":"x","small":2147483648})") == "$.small");
    BOOST_TEST(refusal(R"({"id":"x","trendingScore":9223372036854775808})") == "$.trendingScore");
    BOOST_TEST(read(R"({"id":"x","trendingScore":9223372036854775807})").trending_score.value() ==
               9223372036854775807);
}

BOOST_AUTO_TEST_CASE(required_fields_and_second_spellings)
{
    BOOST_TEST(refusal("{}") == "$.id");
    BOOST_TEST(refusal(R"({"id":null})") == "$.id");
    BOOST_TEST(read(R"({"modelId":"m"})").id == "m");
    BOOST_TEST(read(R"({"id":"i","modelId":"m"})").id == "i");
    BOOST_TEST(read(R"({"modelId":"m","id":"i"})").id == "i");
    BOOST_TEST(read(R"({"id":null,"modelId":"m"})").id == "m");
}

BOOST_AUTO_TEST_CASE(a_variant_takes_the_first_alternative_that_fits)
{
    using Entry = std::variant<File, Folder>;
    BOOST_TEST(read<Entry>(R"({"path":"f","size":1})").index() == 0u);
    BOOST_TEST(read<Entry>(R"({"path":"d"})").index() == 1u);
    BOOST_TEST(refusal<std::vector<Entry>>(R"([{"path":"d"},{"size":1}])") == "$[1]");
}

BOOST_AUTO_TEST_CASE(open_enums_keep_what_they_do_not_know)
{
    const auto model = read(R"({"id":"x","stage":"SLEEPING_NEW"})");
    BOOST_TEST(!model.stage.known());
    BOOST_TEST(model.stage.text_if_unknown() == "SLEEPING_NEW");
    BOOST_TEST((read(R"({"id":"x","stage":"static"})").stage == Stage::static_));
    BOOST_TEST(refusal(R"({"id":"x","stage":1})") == "$.stage");
}

BOOST_AUTO_TEST_CASE(arguments_by_their_documented_names)
{
    const auto options = decode<Options>(
        boost::json::parse(
            R"({"search":"s","filter":"one","full":true,"cardData":false,"limit":3,"timeout":1.5,
            "numbers":[1],"stage":"static","repo_type":"space","thresholds":[null,2],"local_dir":"/x","token":false,
            "like_count":4})"),
        {.source = "arguments"}, Naming::documented, Unknown::refuse);
    BOOST_TEST(options.filter.values().at(0) == "one");
    BOOST_TEST(!options.card_data);
    BOOST_TEST(options.timeout.value().count() == 1.5);
    BOOST_TEST((options.stage == Stage::static_));
    BOOST_TEST((options.repo_type == RepoType::space));
    BOOST_TEST((!options.thresholds->first && options.thresholds->second == 2.0));
    BOOST_TEST(options.local_dir.string() == "/x");
    BOOST_TEST((options.token == Token(false)));
    BOOST_TEST(options.common.like_count == 4);
}

BOOST_AUTO_TEST_CASE(unexpected_arguments_are_refused_with_the_known_names)
{
    const auto text = argument_refusal(R"({"serach":"x"})");
    BOOST_TEST(text.find("'serach'") != std::string::npos, text);
    BOOST_TEST(text.find("search, filter, full") != std::string::npos, text);
    BOOST_TEST(text.find("like_count") != std::string::npos, text);
    BOOST_TEST(text.find("callback") == std::string::npos, text);
    for (const char* bad : {R"({"limit":"3"})", R"({"stage":"gone"})", R"({"callback":1})",
                            R"({"likeCount":1})", R"({"thresholds":[1]})", R"({"repo_type":"models"})", "[]"})
        BOOST_TEST(!argument_refusal(bad).empty(), bad);
    BOOST_TEST(argument_refusal(R"({"gated":null,"full":null})").empty());
}

BOOST_AUTO_TEST_CASE(text_that_is_not_json)
{
    const DecodeContext context{.source = "GET https://h/x"};
    for (const std::string& bad : {std::string("<html>"), std::string(), std::string("{\"a\":1"),
                                   std::string("{} x"), std::string(1'000'000, '['), std::string("\"\xff\"")})
        BOOST_CHECK_EXCEPTION(parse_json(bad, context), BadResponseError, [](const BadResponseError& e) {
            return std::string(e.what()).starts_with("GET https://h/x: ") && e.context().body.size() <= 4096;
        });
    BOOST_TEST(parse_json("{\"a\":1}", context).at("a").as_int64() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
