#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <hfasync/error.hpp>

#include "transfer/lfs_plan.hpp"

using namespace hfasync;
using namespace hfasync::detail;
using Header = std::map<std::string, std::string>;

namespace {

const std::string oid(64, 'a');
constexpr const char* hub = "https://hub.example";

LfsObject multipart(Header header)
{
    return {.oid = oid, .upload_href = "https://hub.example/complete", .upload_header = std::move(header)};
}

std::string part(int n)
{
    return "https://storage.example/" + std::to_string(n);
}

std::map<std::string, LfsObject> read(const std::string& text)
{
    return read_lfs_batch(boost::json::parse(text));
}

} // namespace

BOOST_AUTO_TEST_SUITE(transfer_lfs_plan)

BOOST_AUTO_TEST_CASE(an_answer_is_read)
{
    const auto objects = read(R"({"objects":[{"oid":")" + oid + R"(","size":3,"actions":{
        "upload":{"href":"https://s/x","header":{"chunk_size":"2","1":"https://s/1"},"expires_in":900},
        "verify":{"href":"https://hub/verify"}}}]})");
    const auto& object = objects.at(oid);
    BOOST_TEST(object.upload_href.value() == "https://s/x");
    BOOST_TEST(object.verify_href.value() == "https://hub/verify");
    BOOST_TEST(object.upload_header.at("chunk_size") == "2");
    BOOST_CHECK(object.expires_in == std::chrono::seconds(900));
}

BOOST_AUTO_TEST_CASE(an_object_may_be_refused)
{
    const auto objects =
        read(R"({"objects":[{"oid":")" + oid + R"(","error":{"code":422,"message":"too \u001b large"}}]})");
    BOOST_TEST(objects.at(oid).error.value() == "Error 422: too \\x1b large");
}

BOOST_AUTO_TEST_CASE(malformed_answers_are_value_errors)
{
    for (const char* text :
         {R"({"message":"maintenance"})", R"([])", R"({"objects":{}})", R"({"objects":[1]})",
          R"({"objects":[{"oid":"../x"}]})", R"({"objects":[{"size":1}]})"})
        BOOST_TEST_CONTEXT(text)
        {
            BOOST_CHECK_THROW(read(text), ValueError);
        }
    BOOST_CHECK_THROW(read(R"({"objects":[{"oid":")" + oid + R"(","actions":{"upload":{}}}]})"), ValueError);
}

BOOST_AUTO_TEST_CASE(no_upload_action_means_stored)
{
    const auto plan = plan_lfs_upload({.oid = oid, .verify_href = "https://hub.example/verify"}, 5, hub);
    BOOST_CHECK(plan.kind == LfsPlan::Kind::nothing);
    BOOST_CHECK(!plan.verify);
}

BOOST_AUTO_TEST_CASE(parts_are_sorted_as_numbers)
{
    Header header{{"chunk_size", "10"}};
    for (int n = 1; n <= 11; ++n)
        header[n % 2 ? std::to_string(n) : "0000" + std::to_string(n)] = part(n);
    const auto plan = plan_lfs_upload(multipart(header), 105, hub);
    BOOST_CHECK(plan.kind == LfsPlan::Kind::multipart);
    BOOST_TEST(plan.chunk_size == 10u);
    BOOST_REQUIRE_EQUAL(plan.parts.size(), 11u);
    for (int n = 1; n <= 11; ++n)
        BOOST_TEST(plan.parts[static_cast<std::size_t>(n - 1)].text() == part(n));
}

BOOST_AUTO_TEST_CASE(hostile_parts_are_refused)
{
    const Header headers[] = {
        {{"chunk_size", "many"}, {"1", part(1)}},
        {{"chunk_size", "0"}, {"1", part(1)}},
        {{"chunk_size", "-5"}, {"1", part(1)}},
        {{"chunk_size", "18446744073709551616"}, {"1", part(1)}},
        {{"chunk_size", "5"}, {"1", part(1)}},                                 // too few
        {{"chunk_size", "5"}, {"1", part(1)}, {"2", part(2)}, {"3", part(3)}}, // too many
        {{"chunk_size", "5"}, {"1", part(1)}, {"3", part(3)}},                 // a gap
        {{"chunk_size", "5"}, {"0", part(1)}, {"1", part(2)}},                 // from zero
        {{"chunk_size", "5"}, {"1", part(1)}, {"01", part(2)}},                // one twice
        {{"chunk_size", "1"}, {"1", part(1)}},
        {{"chunk_size", "5"}, {"1", "ftp://x/1"}, {"2", part(2)}},
        {{"chunk_size", "5"}, {"1", "https://x/\r\nA: b"}, {"2", part(2)}},
        {{"chunk_size", "5"}, {"1", "http://storage.example/1"}, {"2", part(2)}}, // TLS lost
    };
    for (const Header& header : headers)
        BOOST_TEST_CONTEXT(header.begin()->first << " " << header.size())
        {
            BOOST_CHECK_THROW(plan_lfs_upload(multipart(header), 10, hub), RuntimeError);
        }
    // A part count of the server's choice must not be allocated.
    BOOST_CHECK_THROW(plan_lfs_upload(multipart({{"chunk_size", "1"}, {"1", part(1)}}), 1ull << 50, hub),
                      RuntimeError);
}

BOOST_AUTO_TEST_CASE(files_are_cut_into_groups)
{
    constexpr auto full = lfs_group_bytes;
    using Counts = std::vector<std::size_t>;
    const struct {
        const char* what;
        std::vector<std::uint64_t> sizes;
        Counts groups;
    } rows[] = {
        {"none", {}, {}},
        {"a few small ones", {1, 2, 3}, {3}},
        {"a full one is closed", {full, 1, 1}, {1, 2}},
        {"by the sum too", {full / 2, full / 2, 1}, {2, 1}},
        {"the last file may be over it", {full - 1, 3 * full, 1}, {2, 1}},
        {"huge ones alone", {1ull << 62, 1ull << 63, 1ull << 63}, {1, 1, 1}},
        {"256 files a batch call", std::vector<std::uint64_t>(600, 1), {256, 256, 88}},
    };
    for (const auto& row : rows)
        BOOST_TEST_CONTEXT(row.what)
        {
            BOOST_TEST(lfs_groups(row.sizes) == row.groups, boost::test_tools::per_element());
        }
}

BOOST_AUTO_TEST_CASE(plain_http_only_for_a_plain_endpoint)
{
    const LfsObject object{.oid = oid, .upload_href = "http://127.0.0.1:9/x"};
    BOOST_CHECK_THROW(plan_lfs_upload(object, 1, hub), RuntimeError);
    BOOST_CHECK(plan_lfs_upload(object, 1, "http://127.0.0.1:8").kind == LfsPlan::Kind::basic);
}

BOOST_AUTO_TEST_CASE(hrefs_of_the_public_hub_become_the_endpoint)
{
    const LfsObject object{.oid = oid, .upload_href = "https://huggingface.co/api/complete?x=1"};
    BOOST_TEST(plan_lfs_upload(object, 1, "http://127.0.0.1:8").url.text() ==
               "http://127.0.0.1:8/api/complete?x=1");
    const LfsObject other{.oid = oid, .upload_href = "https://huggingface.co.evil.example/x"};
    BOOST_TEST(plan_lfs_upload(other, 1, "http://127.0.0.1:8").url.host == "huggingface.co.evil.example");
}

BOOST_AUTO_TEST_SUITE_END()
