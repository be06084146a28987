#include "base/encoding.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace hf = hfasync::detail;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(base_encoding)

BOOST_AUTO_TEST_CASE(percent_encoding_is_the_one_of_pythons_quote)
{
    BOOST_TEST(hf::percent_encode("a b/c%2Fd?e#f+~") == "a%20b/c%252Fd%3Fe%23f%2B~");
    BOOST_TEST(hf::percent_encode_all("refs/pr/1") == "refs%2Fpr%2F1");
    BOOST_TEST(hf::percent_encode("\xc3\xa9\r\n") == "%C3%A9%0D%0A");
    BOOST_TEST(hf::percent_encode("a@b", "@") == "a@b");
}

BOOST_AUTO_TEST_CASE(percent_decoding_refuses_broken_escapes)
{
    BOOST_TEST(hf::percent_decode("a%2Fb%c3%A9+").value() == "a/b\xc3\xa9+");
    for (const char* broken : {"%", "%2", "%2g", "%%20", "a%"})
        BOOST_TEST(!hf::percent_decode(broken).has_value(), broken);
}

BOOST_AUTO_TEST_CASE(query_keeps_order_and_repeated_keys)
{
    const hf::QueryPairs pairs = {{"search", "a b&c=d"}, {"filter", "x"}, {"filter", "y/z"}, {"empty", ""}};
    const auto text = hf::encode_query(pairs);
    BOOST_TEST(text == "search=a+b%26c%3Dd&filter=x&filter=y%2Fz&empty=");
    BOOST_TEST((hf::decode_query(text).value() == pairs));
    BOOST_TEST((hf::decode_query("a&b=1&&").value() == hf::QueryPairs{{"a", ""}, {"b", "1"}}));
    BOOST_TEST(!hf::decode_query("a=%zz").has_value());
}

BOOST_AUTO_TEST_CASE(base64_round_trips_every_remainder)
{
    BOOST_TEST(hf::base64_encode("") == "");
    BOOST_TEST(hf::base64_encode("f") == "Zg==");
    BOOST_TEST(hf::base64_encode("fo") == "Zm8=");
    BOOST_TEST(hf::base64_encode("foo") == "Zm9v");
    BOOST_TEST(hf::base64_encode("foob") == "Zm9vYg==");
    std::string all;
    for (int i = 0; i < 256; ++i) {
        all.push_back(static_cast<char>(i));
        BOOST_TEST(hf::base64_decode(hf::base64_encode(all)).value() == all);
    }
    std::string out = "x";
    hf::base64_append(out, "foo");
    BOOST_TEST(out == "xZm9v");
}

BOOST_AUTO_TEST_CASE(base64_refuses_what_is_not_canonical)
{
    for (const char* bad :
         {"Zg", "Zg=", "Zg===", "Z===", "Zh==", "Zm9=", "Z m9v", "Zm9v\n", "====", "Zg==Zg=="})
        BOOST_TEST(!hf::base64_decode(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(printable_escapes_what_drives_a_terminal)
{
    BOOST_TEST(hf::printable("a\x1b[31mb\x7f\r\n"s) == "a\\x1b[31mb\\x7f\\x0d\\x0a");
    BOOST_TEST(hf::printable("\0"s) == "\\x00");
    BOOST_TEST(hf::printable("h\xc3\xa9llo \xe2\x9c\x93") == "h\xc3\xa9llo \xe2\x9c\x93");
    BOOST_TEST(hf::printable("\xc2\x9b\x33") == "\\xc2\\x9b3"); // CSI as one C1 character
    BOOST_TEST(hf::printable("\xff\xc3") == "\\xff\\xc3");
}

BOOST_AUTO_TEST_CASE(redact_url_drops_query_fragment_and_user)
{
    BOOST_TEST(hf::redact_url("https://u:p@h.co:1/a/b?X-Amz-Signature=s#f") == "https://h.co:1/a/b");
    BOOST_TEST(hf::redact_url("https://h.co/a@b") == "https://h.co/a@b");
    BOOST_TEST(hf::redact_url("//u@h/x?y") == "//h/x");
    BOOST_TEST(hf::redact_url("/a?b") == "/a");
    BOOST_TEST(hf::redact_url("https://h?x") == "https://h");
}

BOOST_AUTO_TEST_CASE(redact_text_leaves_no_secret)
{
    const auto text =
        hf::redact_text("GET https://s3.co/x?X-Amz-Signature=CANARY&y=1 failed, Authorization: Bearer "
                        "CANARYTOKEN9, see <HTTPS://u:CANARY@h/p?CANARY> /x?Signature=CANARY&Policy=CANARY "
                        "token hf_CANARYabcdefghijklmnopq.");
    BOOST_TEST(text.find("CANARY") == std::string::npos, text);
    BOOST_TEST(text.find("GET https://s3.co/x failed") == 0u);
    BOOST_TEST(text.find("<HTTPS://h/p>") != std::string::npos);
    BOOST_TEST(hf::redact_text("a bearer of news; hf_hub_download") == "a bearer of news; hf_hub_download");
}

BOOST_AUTO_TEST_CASE(utf8)
{
    BOOST_TEST(hf::is_valid_utf8(""));
    BOOST_TEST(hf::is_valid_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\xa4\x97"));
    for (const char* bad :
         {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"})
        BOOST_TEST(!hf::is_valid_utf8(bad));
}

BOOST_AUTO_TEST_SUITE_END()
