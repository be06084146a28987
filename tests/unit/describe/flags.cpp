#include "describe/flags.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>

#include "unit/describe/fixtures.hpp"

using namespace hfasync;
using namespace hfasync::detail;
using namespace fixture;

namespace {

using Given = std::vector<std::pair<std::string, std::string>>;

FlagSpec spec(std::string_view flag)
{
    const auto specs = flag_specs<Options>();
    const auto found =
        std::find_if(specs.begin(), specs.end(), [&](const FlagSpec& s) { return s.flag == flag; });
    BOOST_REQUIRE(found != specs.end());
    return *found;
}

std::string arguments(const Given& given)
{
    return boost::json::serialize(arguments_of_flags(flag_specs<Options>(), given));
}

} // namespace

BOOST_AUTO_TEST_SUITE(describe_flags)

BOOST_AUTO_TEST_CASE(specs_follow_the_fields)
{
    BOOST_TEST((spec("--full").kind == FlagKind::toggle));
    BOOST_TEST(spec("--full").help == "Everything");
    BOOST_TEST(spec("--card-data").field == "card_data");
    BOOST_TEST((spec("--limit").kind == FlagKind::integer));
    BOOST_TEST((spec("--timeout").kind == FlagKind::number));
    BOOST_TEST(spec("--filter").repeated);
    BOOST_TEST((spec("--numbers").repeated && spec("--numbers").kind == FlagKind::integer));
    BOOST_TEST(spec("--stage").choices.at(2) == "static");
    BOOST_TEST(spec("--repo-type").choices.size() == 3u);
    BOOST_TEST((spec("--token").kind == FlagKind::maybe));
    BOOST_TEST((spec("--thresholds").kind == FlagKind::json));
    BOOST_TEST((spec("--like-count").kind == FlagKind::integer)); // of the flattened part
    const auto specs = flag_specs<Options>();
    BOOST_TEST(
        std::none_of(specs.begin(), specs.end(), [](const FlagSpec& s) { return s.field == "callback"; }));
}

BOOST_AUTO_TEST_CASE(what_was_given_is_what_decode_reads)
{
    const auto object = arguments_of_flags(flag_specs<Options>(), {{"--search", "true"},
                                                                   {"--filter", "x"},
                                                                   {"--filter", "y"},
                                                                   {"--full", ""},
                                                                   {"--no-card-data", ""},
                                                                   {"--gated", "false"},
                                                                   {"--limit", "-5"},
                                                                   {"--score", "1e3"},
                                                                   {"--numbers", "18446744073709551615"},
                                                                   {"--stage", "static"},
                                                                   {"--repo-type", "space"},
                                                                   {"--timeout", "3"},
                                                                   {"--thresholds", "[null, 2.5]"},
                                                                   {"--local-dir", "/x"},
                                                                   {"--token", "false"},
                                                                   {"--author", "me"}});
    const auto options =
        decode<Options>(object, {.source = "arguments"}, Naming::documented, Unknown::refuse);
    BOOST_TEST(options.search.value() == "true");
    BOOST_TEST(options.filter.size() == 2u);
    BOOST_TEST(options.full);
    BOOST_TEST(!options.card_data);
    BOOST_TEST(!options.gated.value());
    BOOST_TEST(options.limit.value() == -5);
    BOOST_TEST(options.score.value() == 1000.0);
    BOOST_TEST(options.numbers.at(0) == 18446744073709551615ULL);
    BOOST_TEST((options.token == Token(false)));
    BOOST_TEST(options.common.author.value() == "me");
    BOOST_TEST(arguments({}) == "{}");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_named)
{
    for (const Given& bad :
         {Given{{"--limit", "5x"}}, Given{{"--limit", ""}}, Given{{"--limit", "99999999999999999999"}},
          Given{{"--full", "yes"}}, Given{{"--no-full", "true"}}, Given{{"--no-limit", ""}},
          Given{{"--score", "nan"}}, Given{{"--stage", "gone"}}, Given{{"--thresholds", "[1"}},
          Given{{"--limit", "1"}, {"--limit", "2"}}, Given{{"--unknown", "x"}}, Given{{"--callback", "x"}}})
        BOOST_CHECK_EXCEPTION(arguments(bad), ValueError, [&](const ValueError& e) {
            return std::string(e.what()).find(bad.back().first) != std::string::npos;
        });
}

BOOST_AUTO_TEST_SUITE_END()
