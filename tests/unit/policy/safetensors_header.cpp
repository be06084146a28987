#include <boost/test/unit_test.hpp>

#include <limits>

#include "policy/safetensors_header.hpp"

using namespace hfasync::detail;

namespace {

std::string tensor(const std::string& shape, const std::string& offsets, const std::string& dtype = "F32")
{
    return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

SafetensorsHeader good(std::string_view text)
{
    auto parsed = parse_safetensors_header(text);
    if (const auto* fault = std::get_if<HeaderFault>(&parsed)) throw std::runtime_error(fault->what);
    return std::get<SafetensorsHeader>(std::move(parsed));
}

HeaderFault fault(std::string_view text)
{
    const auto parsed = parse_safetensors_header(text);
    const auto* fault = std::get_if<HeaderFault>(&parsed);
    return fault ? *fault : HeaderFault{.what = "no fault"};
}

void refuse(const std::string& text, std::string_view what)
{
    const auto found = fault(text);
    BOOST_TEST(found.is_json, text);
    BOOST_TEST(found.what == what, found.what << " != " << what);
}

} // namespace

BOOST_AUTO_TEST_SUITE(policy_safetensors_header)

BOOST_AUTO_TEST_CASE(the_length_is_little_endian)
{
    using namespace std::string_view_literals;
    BOOST_TEST(!read_safetensors_length("1234567").has_value());
    BOOST_TEST(read_safetensors_length("\x08\0\0\0\0\0\0\0"sv).value() == 8u);
    BOOST_TEST(read_safetensors_length("\xA8\x86\x01\0\0\0\0\0{"sv).value() == 100008u);
    BOOST_TEST(read_safetensors_length("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv).value() ==
               std::numeric_limits<std::uint64_t>::max());
}

BOOST_AUTO_TEST_CASE(tensors_and_metadata)
{
    const auto header =
        good(R"({"__metadata__":{"format":"pt","a":""},"b":)" + tensor("[3,2]", "[0,24]") + R"(,"a\u00e9":)" +
             tensor("[4]", "[24,32]", "BF16") + R"(,"step":)" + tensor("[]", "[32,40]", "F4_NEW") + "}     ");
    BOOST_TEST((header.metadata == std::map<std::string, std::string>{{"format", "pt"}, {"a", ""}}));
    BOOST_TEST(header.tensors.size() == 3u);
    const auto& b = header.tensors.at("b");
    BOOST_TEST(b.dtype == "F32");
    BOOST_TEST((b.shape == std::vector<std::uint64_t>{3, 2}));
    BOOST_TEST((b.data_offsets == std::pair<std::uint64_t, std::uint64_t>{0, 24}));
    BOOST_TEST(b.parameter_count == 6u);
    BOOST_TEST(header.tensors.at("a\xC3\xA9").parameter_count == 4u);
    BOOST_TEST(header.tensors.at("step").parameter_count == 1u); // a scalar
    BOOST_TEST(header.tensors.at("step").dtype == "F4_NEW");
}

BOOST_AUTO_TEST_CASE(what_may_be_absent_or_more)
{
    BOOST_TEST(good("{}").tensors.empty());
    BOOST_TEST(good(R"({"__metadata__":null})").metadata.empty());
    BOOST_TEST(good(R"({"__metadata__":{}})").metadata.empty());
    const auto more =
        good(R"({"w":{"new":{"dtype":1,"deep":[[{}],2.5,null]},"shape":[2,0,9000000000000000000],)"
             R"("more":-1,"data_offsets":[0,0],"dtype":"U8"},"z":)" +
             tensor("[0]", "[0,0]") + "}");
    BOOST_TEST(more.tensors.at("w").parameter_count == 0u);
    BOOST_TEST(more.tensors.at("w").shape.size() == 3u);
    BOOST_TEST(good(R"({"w":)" + tensor("[9223372036854775807,1]", "[0,18446744073709551615]") + "}")
                   .tensors.at("w")
                   .parameter_count == 9223372036854775807u);
}

BOOST_AUTO_TEST_CASE(what_is_no_json)
{
    for (const std::string_view text :
         {"", "not json", "{", R"({"a":)", "{} {}", "{}{}", "{,}", "{\"a\xFF\":1}", "{}\0"})
        BOOST_TEST(!fault(text).is_json, text);
    BOOST_TEST(!fault(std::string("{}\0", 3)).is_json);
    BOOST_TEST(!fault(R"({"w":{"x":)" + std::string(5000, '[')).is_json);
    BOOST_TEST(fault("{} x").what.find("at byte 3") != std::string::npos, fault("{} x").what);
}

BOOST_AUTO_TEST_CASE(other_kinds)
{
    for (const std::string text : {"[]", "null", "1", "\"a\"", "true", "2.5"})
        refuse(text, "$ is not an object");
    for (const std::string value : {"1", "null", "[]", "\"F32\"", "false"})
        refuse(R"({"w":)" + value + "}", "$['w'] is not an object");
    refuse(R"({"__metadata__":[]})", "$['__metadata__'] is not an object");
    for (const std::string value : {"1", "null", "[]", "{}", "false"})
        refuse(R"({"__metadata__":{"k":)" + value + "}}", "$['__metadata__']['k'] is not a text");
    for (const std::string value : {"1", "null", "[]", "{}"})
        refuse(R"({"w":{"dtype":)" + value + "}}", "$['w']['dtype'] is not a text");
    for (const std::string value : {"1", "null", "\"2\"", "{}"})
        refuse(R"({"w":{"shape":)" + value + "}}", "$['w']['shape'] is not a list");
    for (const std::string value : {"2.0", "1e3", "null", "\"2\"", "[1]", "{}", "18446744073709551616"})
        refuse(R"({"w":{"shape":[1,)" + value + "]}}", "$['w']['shape'][1] is not a whole number of 64 bits");
    refuse(R"({"w":{"data_offsets":[0,1.5]}})", "$['w']['data_offsets'][1] is not a whole number of 64 bits");
}

BOOST_AUTO_TEST_CASE(hostile_numbers)
{
    refuse(R"({"w":)" + tensor("[2,-3]", "[0,4]") + "}", "$['w']['shape'][1] is negative");
    refuse(R"({"w":)" + tensor("[1]", "[-4,0]") + "}", "$['w']['data_offsets'][0] is negative");
    refuse(R"({"w":)" + tensor("[1]", "[8,4]") + "}", "$['w'] ends before it begins (data_offsets)");
    refuse(R"({"w":)" + tensor("[1]", "[0]") + "}", "$['w'] does not have two data_offsets");
    refuse(R"({"w":)" + tensor("[1]", "[0,1,2]") + "}", "$['w']['data_offsets'] has more than two numbers");
    for (const std::string shape :
         {"[4294967296,4294967296]", "[9223372036854775808]", "[3,3074457345618258603]"})
        refuse(R"({"w":)" + tensor(shape, "[0,4]") + "}", "$['w'] has a shape of more than 2^63 parameters");
    std::string ones = "1";
    for (int i = 0; i < 1024; ++i)
        ones += ",1";
    refuse(R"({"w":)" + tensor("[" + ones + "]", "[0,4]") + "}",
           "$['w']['shape'] has more than 1024 numbers");
}

BOOST_AUTO_TEST_CASE(members_are_there_once)
{
    refuse(R"({"w":{"shape":[1],"data_offsets":[0,4]}})", "$['w'] has no dtype");
    refuse(R"({"w":{"dtype":"F32","data_offsets":[0,4]}})", "$['w'] has no shape");
    refuse(R"({"w":{"dtype":"F32","shape":[1]}})", "$['w'] does not have two data_offsets");
    refuse(R"({"w":{"dtype":"F32","shape":[1],"dtype":"F32"}})", "$['w']['dtype'] occurs twice");
    refuse(R"({"w":{"shape":[1],"shape":[1]}})", "$['w']['shape'] occurs twice");
    const auto w = R"("w":)" + tensor("[1]", "[0,4]");
    refuse("{" + w + "," + w + "}", "$['w'] occurs twice");
    refuse(R"({"__metadata__":{"a":"1","a":"2"}})", "$['__metadata__']['a'] occurs twice");
    refuse(R"({"__metadata__":{},"__metadata__":{}})", "$['__metadata__'] occurs twice");
}

BOOST_AUTO_TEST_CASE(the_data_is_whole)
{
    const auto two = [](const std::string& a, const std::string& b) {
        return R"({"a":)" + tensor("[1]", a) + R"(,"b":)" + tensor("[1]", b) + "}";
    };
    BOOST_TEST(good(two("[4,8]", "[0,4]")).tensors.size() == 2u); // in any order
    BOOST_TEST(good(two("[4,4]", "[0,4]")).tensors.size() == 2u);
    refuse(two("[0,4]", "[0,4]"), "$['b'] overlaps another tensor (data_offsets)");
    refuse(two("[0,4]", "[3,7]"), "$['b'] overlaps another tensor (data_offsets)");
    refuse(two("[0,4]", "[8,12]"), "$['b'] leaves a gap before it (data_offsets)");
    refuse(R"({"w":)" + tensor("[1]", "[1,5]") + "}", "$['w'] leaves a gap before it (data_offsets)");
}

BOOST_AUTO_TEST_CASE(places_are_safe_to_print)
{
    const std::string e = "\xC3\xA9";
    std::string name(79, 'x');
    name += e + e;
    refuse("{\"" + name + "\":1}", "$['" + std::string(79, 'x') + "...'] is not an object");
    refuse(R"({"a\u001b[31m":1})", "$['a\\x1b[31m'] is not an object");
}

BOOST_AUTO_TEST_CASE(sums_stop_before_they_overflow)
{
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    std::uint64_t sum = most - 1;
    BOOST_TEST(add_parameters(sum, 1));
    BOOST_TEST(sum == most);
    BOOST_TEST(add_parameters(sum, 0));
    BOOST_TEST(!add_parameters(sum, 1));
    BOOST_TEST(!add_parameters(sum, std::numeric_limits<std::uint64_t>::max()));
    BOOST_TEST(sum == most);
}

BOOST_AUTO_TEST_SUITE_END()
