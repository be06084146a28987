// A Hub with acme/tiny, where Ann may write and Bob may talk.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "hub_fixture.hpp"

namespace hfasync::test {

inline const std::string discussions_of_tiny = "/api/models/acme/tiny/discussions";

struct Talk : HubFixture {
    Talk() : Talk(small_options()) {}
    explicit Talk(emulator::Options options) : HubFixture(std::move(options))
    {
        hub.seed_repo("acme/tiny", {{"README.md", "one\ntwo\nthree\n"}, {"d/x.txt", "x\n"}});
    }

    int open(const std::string& title, const Headers& who = bob, bool pull_request = false) const
    {
        const auto answer =
            ask("POST", discussions_of_tiny, who,
                boost::json::serialize(boost::json::object{
                    {"title", title}, {"description", "First words"}, {"pullRequest", pull_request}}));
        BOOST_TEST_REQUIRE(answer.status == 200, answer.body);
        BOOST_TEST(json(answer).at("pullRequest").as_bool() == pull_request);
        return json(answer).at("num").to_number<int>();
    }
    PlainResponse post(int num, const std::string& what, const Headers& who,
                       const std::string& body = "{}") const
    {
        return ask("POST", discussions_of_tiny + "/" + std::to_string(num) + "/" + what, who, body);
    }
    boost::json::value details(int num) const
    {
        const auto answer = ask("GET", discussions_of_tiny + "/" + std::to_string(num) + "?diff=1");
        BOOST_TEST_REQUIRE(answer.status == 200, answer.body);
        return json(answer);
    }
    std::string first_comment(int num) const
    {
        return std::string(details(num).at("events").at(0).at("id").as_string());
    }
    std::vector<int> listed(const std::string& query = "") const
    {
        std::vector<int> out;
        const auto page = json(ask("GET", discussions_of_tiny + query));
        for (const auto& row : page.at("discussions").as_array())
            out.push_back(row.at("num").to_number<int>());
        return out;
    }
    std::string text_on(const std::string& revision, const std::string& path) const
    {
        const auto answer = ask("GET", "/acme/tiny/resolve/" + revision + "/" + path);
        return answer.status == 200 ? answer.body : std::to_string(answer.status);
    }
};

inline std::string_view text(const boost::json::value& value, std::string_view key)
{
    return value.at(key).as_string();
}

inline std::vector<std::string> types(const boost::json::value& discussion)
{
    std::vector<std::string> out;
    for (const auto& event : discussion.at("events").as_array())
        out.emplace_back(event.at("type").as_string());
    return out;
}

using Texts = std::vector<std::string>;
using Numbers = std::vector<int>;

} // namespace hfasync::test
