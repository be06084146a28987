#include <boost/test/unit_test.hpp>

#include <hfasync/error.hpp>

#include "http/chunked.hpp"
#include "http/proxy.hpp"
#include "http/redirect.hpp"

using namespace hfasync;
using namespace hfasync::http;

namespace {

RedirectStep step(int status, std::string_view location, Method method = Method::get,
                  RedirectRules rules = {}, int hops = 0)
{
    return decide_redirect(Url::parse("https://hub/a/b"), method, status, location, hops, rules);
}

/// The data of a chunked body that arrives `piece` bytes at a time; "!" when it is broken, "?" when it has no
/// end.
std::string decode(std::string_view wire, std::size_t piece)
{
    ChunkDecoder decoder;
    std::string out;
    while (!wire.empty()) {
        auto some = wire.substr(0, piece);
        wire.remove_prefix(some.size());
        while (!some.empty()) {
            if (decoder.next() == ChunkDecoder::Next::end)
                return out + "<" + std::string(some) + std::string(wire);
            if (decoder.next() == ChunkDecoder::Next::broken) return "!";
            if (decoder.next() == ChunkDecoder::Next::data) {
                const auto take = std::min<std::uint64_t>(decoder.data_left(), some.size());
                out += some.substr(0, take);
                some.remove_prefix(take);
                decoder.took_data(take);
            } else {
                some.remove_prefix(decoder.feed(some));
            }
        }
    }
    if (decoder.next() == ChunkDecoder::Next::broken) return "!";
    return decoder.next() == ChunkDecoder::Next::end ? out : "?";
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_hops)

BOOST_AUTO_TEST_CASE(where_redirects_lead)
{
    using enum RedirectVerdict;
    BOOST_TEST((step(200, "/x").verdict == none));
    BOOST_TEST((step(304, "/x").verdict == none));
    BOOST_TEST((step(302, "").verdict == none));
    BOOST_TEST((step(302, "/x").verdict == follow));
    BOOST_TEST(step(308, "../x").url.text() == "https://hub/x");
    BOOST_TEST((step(302, "ftp://x/").verdict == unusable));
    BOOST_TEST((step(302, "http://hub/x").verdict == insecure));
    BOOST_TEST((step(302, "http://hub/x", Method::get, {.insecure_allowed = true}).verdict == follow));
    BOOST_TEST((step(302, "/x", Method::get, {}, 9).verdict == follow));
    BOOST_TEST((step(302, "/x", Method::get, {}, 10).verdict == too_many));
    const RedirectRules relative{.mode = Redirects::relative_only};
    BOOST_TEST((step(302, "/x", Method::head, relative).verdict == follow));
    BOOST_TEST((step(302, "https://hub/x", Method::head, relative).verdict == hand_back));
    BOOST_TEST((step(302, "//hub/x", Method::head, relative).verdict == hand_back));
    BOOST_TEST((step(302, "/x", Method::get, {.mode = Redirects::none}).verdict == none));
}

BOOST_AUTO_TEST_CASE(methods_and_bodies)
{
    BOOST_TEST((step(303, "/x", Method::post).method == Method::get));
    BOOST_TEST(!step(303, "/x", Method::post).keep_body);
    BOOST_TEST((step(301, "/x", Method::post).method == Method::get));
    BOOST_TEST((step(301, "/x", Method::put).method == Method::put));
    BOOST_TEST((step(307, "/x", Method::post).method == Method::post));
    BOOST_TEST(step(308, "/x", Method::put).keep_body);
    BOOST_TEST((step(303, "/x", Method::head).method == Method::head));
}

BOOST_AUTO_TEST_CASE(chunks_however_they_arrive)
{
    const std::string wire =
        "4;a=b\r\nWiki\r\n0005\r\npedia\r\nE \r\n in\r\n\r\nchunks.\r\n0\r\nA: b\r\nC: d\r\n\r\n";
    for (std::size_t piece = 1; piece <= wire.size(); ++piece)
        BOOST_TEST(decode(wire, piece) == "Wikipedia in\r\n\r\nchunks.");
    BOOST_TEST(decode("0\r\n\r\nHTTP", 100) == "<HTTP");
    BOOST_TEST(decode("5\r\nhel", 100) == "?");
    for (const std::string bad :
         {"x\r\n", "\r\n", "5\r\nhelloXX", "-1\r\n", "5\nhello", "1000000000000000\r\n", "5;a\nb\r\n"})
        BOOST_TEST(decode(bad, 100) == "!");
    BOOST_TEST(decode("1;" + std::string(5000, 'x') + "\r\n", 100) == "!");
    BOOST_TEST(decode("0\r\n" + std::string(20000, 'x') + "\r\n\r\n", 100) == "!");
}

BOOST_AUTO_TEST_CASE(which_proxy)
{
    BOOST_TEST((parse_proxy("http://u:p%40@h:3128") == Proxy{"h", 3128, "Basic dTpwQA=="}));
    BOOST_TEST((parse_proxy("h:3128") == Proxy{"h", 3128, ""}));
    BOOST_TEST((parse_proxy("http://h") == Proxy{"h", 80, ""}));
    BOOST_CHECK_THROW(parse_proxy("https://h"), ValueError);
    BOOST_CHECK_THROW(parse_proxy("socks5://h"), ValueError);
    BOOST_CHECK_THROW(parse_proxy("http://u:%zz@h"), ValueError);
    const auto bypassed = [](std::string entry, std::string_view url) {
        return bypasses_proxy({std::move(entry)}, Url::parse(url));
    };
    BOOST_TEST(bypassed("*", "https://any/"));
    BOOST_TEST(bypassed("hub.example", "https://hub.example/"));
    BOOST_TEST(bypassed("example", "https://hub.example/"));
    BOOST_TEST(bypassed(" .Example", "https://hub.example/"));
    BOOST_TEST(bypassed("hub.example:443", "https://hub.example/"));
    BOOST_TEST(!bypassed("hub.example:444", "https://hub.example/"));
    BOOST_TEST(!bypassed("ample", "https://hub.example/"));
    BOOST_TEST(!bypassed("", "https://hub.example/"));
    BOOST_TEST(!bypassed(":443", "https://hub.example/"));
    BOOST_TEST(bypassed("::1", "http://[::1]:80/"));
    BOOST_TEST(bypassed("[::1]", "http://[::1]:80/"));
    BOOST_TEST(!bypassed("::2", "http://[::1]:80/"));
    const ProxyOptions options{.http = "a:1", .https = "b:2", .no_proxy = {"local"}};
    BOOST_TEST(choose_proxy(options, Url::parse("http://x/"))->host == "a");
    BOOST_TEST(choose_proxy(options, Url::parse("https://x/"))->host == "b");
    BOOST_TEST(!choose_proxy(options, Url::parse("https://local/")).has_value());
    BOOST_TEST(!choose_proxy({}, Url::parse("https://x/")).has_value());
}

BOOST_AUTO_TEST_CASE(the_proxies_of_one_call)
{
    BOOST_TEST(!proxies_of(std::nullopt).has_value());
    const auto some = proxies_of({{{"http", "a:1"}, {"no_proxy", " one, ,two:80,"}}});
    BOOST_TEST(some->http.value() == "a:1");
    BOOST_TEST(!some->https.has_value());
    BOOST_TEST(some->no_proxy == (std::vector<std::string>{"one", "two:80"}),
               boost::test_tools::per_element());
    const auto all = proxies_of({{{"https", "b:2"}, {"all", "c:3"}}});
    BOOST_TEST(all->http.value() == "c:3");
    BOOST_TEST(all->https.value() == "b:2");
    BOOST_CHECK_THROW((void)proxies_of({{{"ftp", "a:1"}}}), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
