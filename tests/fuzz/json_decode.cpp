// Hostile JSON ends in BadResponseError or in a value that survives being written and read again.
#include <boost/json/serialize.hpp>

#include <cstddef>
#include <cstdint>

#include <hfasync/error.hpp>

#include "describe/json.hpp"
#include "fuzz/expect.hpp"
#include "unit/describe/fixtures.hpp"

using namespace hfasync;
using fuzz::expect;

namespace {

const detail::DecodeContext context{.source = "GET https://hub.example/api/models"};

void as(detail::Naming naming, const boost::json::value& json)
{
    fixture::Model model;
    try {
        model = detail::decode<fixture::Model>(json, context, naming);
    } catch (const Error&) {
        return;
    }
    const auto written = boost::json::serialize(detail::encode(model, naming));
    const auto again = detail::decode<fixture::Model>(boost::json::parse(written), context, naming);
    expect(boost::json::serialize(detail::encode(again, naming)) == written, "writing is stable");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    boost::json::value json;
    try {
        json = detail::parse_json({reinterpret_cast<const char*>(data), size}, context);
    } catch (const BadResponseError&) {
        return 0;
    }
    as(detail::Naming::wire, json);
    as(detail::Naming::documented, json);
    return 0;
}
