#include <boost/test/unit_test.hpp>

#include <hfasync/error.hpp>

#include "http/error_map.hpp"

using namespace hfasync;
using namespace hfasync::http;

namespace {

struct Answer {
    int status = 404;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::string url = "https://hub.example/api/models/acme/tiny?sig=canary";
};

/// The name, the code and the text of what is thrown.
struct Thrown {
    std::string name, text, server_message, request_id;
    errc code{};
};

Thrown thrown_for(const Answer& answer, const ErrorScope& scope = {})
{
    Headers headers;
    for (const auto& [name, value] : answer.headers)
        headers.add_received(name, value);
    try {
        throw_for_answer(
            {.status = answer.status, .url = Url::parse(answer.url), .headers = headers, .body = answer.body},
            scope);
    } catch (const Error& error) {
        return {std::string(error.detail_name()), error.message(), error.context().server_message,
                error.context().request_id, error.code()};
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_error_map)

BOOST_AUTO_TEST_CASE(codes_of_the_hub_win_over_the_status)
{
    const auto name = [](int status, const std::string& code) {
        return thrown_for({status, {{"X-Error-Code", code}}, {}}).name;
    };
    BOOST_TEST(name(404, "RevisionNotFound") == "RevisionNotFoundError");
    BOOST_TEST(name(404, "EntryNotFound") == "EntryNotFoundError");
    BOOST_TEST(name(403, "GatedRepo") == "GatedRepoError");
    BOOST_TEST(name(410, "RepoNotFound") == "RepositoryNotFoundError");
    BOOST_TEST(name(404, "SomethingNew") == "HfHubHTTPError");
}

BOOST_AUTO_TEST_CASE(the_disabled_message_and_its_place_in_the_order)
{
    const std::pair<std::string, std::string> disabled{"X-Error-Message",
                                                       "Access to this resource is disabled."};
    BOOST_TEST(thrown_for({403, {disabled}, {}}).name == "DisabledRepoError");
    BOOST_TEST(thrown_for({403, {disabled, {"X-Error-Code", "RepoNotFound"}}, {}}).name ==
               "DisabledRepoError");
    BOOST_TEST(thrown_for({403, {disabled, {"X-Error-Code", "GatedRepo"}}, {}}).name == "GatedRepoError");
    BOOST_TEST(thrown_for({403, {{"X-Error-Message", "Access to this resource is disabled"}}, {}}).name ==
               "HfHubHTTPError");
}

BOOST_AUTO_TEST_CASE(the_rule_of_401)
{
    const auto name = [](const std::string& url) { return thrown_for({401, {}, {}, url}).name; };
    BOOST_TEST(name("https://h/api/models/a/b") == "RepositoryNotFoundError");
    BOOST_TEST(name("https://h/api/spaces/a/b/tree/main") == "RepositoryNotFoundError");
    BOOST_TEST(name("https://h/a/b/resolve/main/x") == "RepositoryNotFoundError");
    BOOST_TEST(name("http://h/api/models/a/b") == "HfHubHTTPError");
    BOOST_TEST(name("https://h/api/whoami-v2") == "HfHubHTTPError");
    BOOST_TEST(name("https://h/api/models/") == "HfHubHTTPError");
    BOOST_TEST(thrown_for({401, {{"X-Error-Code", "Other"}}, {}}).name == "HfHubHTTPError");
}

BOOST_AUTO_TEST_CASE(statuses)
{
    BOOST_TEST(thrown_for({400, {}, {}}).name == "BadRequestError");
    BOOST_TEST(thrown_for({409, {}, {}}).name == "ConflictError");
    BOOST_TEST(thrown_for({412, {}, {}}).name == "ConflictError");
    BOOST_TEST((thrown_for({403, {}, {}}).code == errc::forbidden));
    BOOST_TEST((thrown_for({416, {}, {}}).code == errc::range_not_satisfiable));
    BOOST_TEST((thrown_for({429, {}, {}}).code == errc::rate_limited));
    BOOST_TEST((thrown_for({502, {}, {}}).code == errc::server_error));
    BOOST_TEST((thrown_for({418, {}, {}}).code == errc::http_status));
    const auto whoami =
        thrown_for({401, {}, {}, "https://h/api/whoami-v2"}, {.what = "whoami", .plain_http_error = true});
    BOOST_TEST(whoami.name == "HTTPError");
    BOOST_TEST(whoami.text.find("Invalid user token") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(messages_are_joined_without_doubles)
{
    const auto thrown =
        thrown_for({422,
                    {{"X-Error-Message", " one "}, {"X-Request-Id", "r-1"}},
                    R"({"error":["one","two"],"errors":[{"message":"three"},{"message":"two"},7]})"});
    BOOST_TEST(thrown.server_message == "one\ntwo\nthree");
    BOOST_TEST(thrown.request_id == "r-1");
    BOOST_TEST(thrown.text.find("r-1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(hostile_bodies_are_ignored)
{
    for (const std::string body :
         {"<html>error</html>", "[\"error\"]", R"({"error":{"a":1}})", R"({"errors":{"message":"x"}})",
          R"({"error":)", R"({"errors":[null,[],{"message":{}}]})"}) {
        BOOST_TEST(thrown_for({500, {}, body}).server_message == "");
    }
    BOOST_TEST(thrown_for({500, {}, "{\"error\":" + std::string(60000, '[')}).server_message == "");
}

BOOST_AUTO_TEST_CASE(nothing_secret_and_nothing_that_moves_a_terminal)
{
    const auto thrown =
        thrown_for({403,
                    {{"X-Error-Message", "\x1b[2J see https://u:canary@cdn/x?X-Amz-Signature=canary"}},
                    R"({"error":"sent Bearer hf_canary"})"});
    BOOST_TEST(thrown.text.find("canary") == std::string::npos);
    BOOST_TEST(thrown.text.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
