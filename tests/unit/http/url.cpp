#include <boost/test/unit_test.hpp>

#include <hfasync/error.hpp>

#include "http/url.hpp"

using namespace hfasync;
using http::Url;

BOOST_AUTO_TEST_SUITE(http_url)

BOOST_AUTO_TEST_CASE(parts)
{
    const auto url = Url::parse("HTTPS://user:pw@Hub.Example:8443/a%2Fb/c?x=1&y=%20#frag");
    BOOST_TEST(url.scheme == "https");
    BOOST_TEST(url.host == "hub.example");
    BOOST_TEST(url.port == 8443);
    BOOST_TEST(url.path == "/a%2Fb/c");
    BOOST_TEST(url.query == "x=1&y=%20");
    BOOST_TEST(url.userinfo == "user:pw");
    BOOST_TEST(url.origin() == "https://hub.example:8443");
    BOOST_TEST(url.text() == "https://hub.example:8443/a%2Fb/c?x=1&y=%20");
    BOOST_TEST(url.redacted() == "https://hub.example:8443/a%2Fb/c");
    BOOST_TEST(Url::parse("http://h").target() == "/");
    BOOST_TEST(Url::parse("http://h?x=1").target() == "/?x=1");
    BOOST_TEST(Url::parse("https://h:443/").origin() == "https://h");
    BOOST_TEST(Url::parse("http://[::1]:80/x").host == "::1");
    BOOST_TEST(Url::parse("http://[::1]:81/x").origin() == "http://[::1]:81");
    BOOST_TEST(Url::parse("http://h/\xc3\xbc").path == "/%C3%BC");
}

BOOST_AUTO_TEST_CASE(what_is_refused)
{
    for (const std::string bad : {"",
                                  "h",
                                  "/x",
                                  "ftp://h",
                                  "file:///etc/passwd",
                                  "http://",
                                  "http:///x",
                                  "http://h:0",
                                  "http://h:65536",
                                  "http://h:x",
                                  "http://[::1",
                                  "http://[::g]",
                                  "http://[::1]x",
                                  "http://h h/",
                                  "http://h/a b",
                                  "http://h/\r\nX: y",
                                  "http://h/\x7f",
                                  "http://h\\@evil/",
                                  "http://h%2f/",
                                  "http://\xc3\xbc/",
                                  "://h",
                                  "http:/h"})
        BOOST_CHECK_THROW(Url::parse(bad), ValueError);
    try {
        Url::parse("ftp://user:canary@h/?sig=canary");
        BOOST_ERROR("accepted");
    } catch (const ValueError& error) {
        BOOST_TEST(std::string(error.what()).find("canary") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(references)
{
    const auto base = Url::parse("https://h:1/a/b/c?q=1");
    const auto at = [&](std::string_view reference) {
        const auto url = base.resolve(reference);
        return url ? url->text() : "-";
    };
    BOOST_TEST(at("/x?y=2#f") == "https://h:1/x?y=2");
    BOOST_TEST(at("d") == "https://h:1/a/b/d");
    BOOST_TEST(at("../d") == "https://h:1/a/d");
    BOOST_TEST(at("../../../../d") == "https://h:1/d");
    BOOST_TEST(at("./d/./e/..") == "https://h:1/a/b/d/");
    BOOST_TEST(at("?z=3") == "https://h:1/a/b/c?z=3");
    BOOST_TEST(at("") == "https://h:1/a/b/c?q=1");
    BOOST_TEST(at("//other/x") == "https://other/x");
    BOOST_TEST(at("http://other:5/x") == "http://other:5/x");
    BOOST_TEST(at("d:e/f") == "-"); // a scheme
    for (const auto* bad : {"ftp://h/x", "javascript:alert(1)", "http://", "/a\r\nb", "/a b"})
        BOOST_TEST(at(bad) == "-");
}

BOOST_AUTO_TEST_CASE(queries)
{
    auto url = Url::parse("http://h/x");
    url.add_query({{"a", "1"}, {"b", "x y"}});
    BOOST_TEST(url.query == "a=1&b=x+y");
    url.add_query({}).add_query({{"c", "&"}});
    BOOST_TEST(url.query == "a=1&b=x+y&c=%26");
}

BOOST_AUTO_TEST_SUITE_END()
