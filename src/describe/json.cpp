#include "describe/json.hpp"

#include <boost/json/parse.hpp>

namespace hfasync::detail {

namespace json = boost::json;

json::value parse_json(std::string_view text, const DecodeContext& context, json::storage_ptr storage)
{
    json::parse_options options;
    options.max_depth = 32; // deep nesting would cost stack, and no answer of a Hub has it
    boost::system::error_code failed;
    json::value value = json::parse({text.data(), text.size()}, failed, std::move(storage), options);
    if (!failed) return value;
    ErrorContext error;
    error.path = context.root;
    error.cause = failed;
    error.body = text.substr(0, 4096);
    error.hint = "A proxy or a login page may have answered in place of the Hub";
    throw BadResponseError(errc::bad_response,
                           context.source + ": the answer is not JSON: " + failed.message(),
                           std::move(error));
}

} // namespace hfasync::detail
