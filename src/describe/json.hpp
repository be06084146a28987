// Described types from and to JSON.
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

#include <hfasync/describe.hpp>
#include <hfasync/error.hpp>

#include "describe/names.hpp"

namespace hfasync::detail {

/// Where a value came from, for BadResponseError: "GET https://hub/api/models page 3".
struct DecodeContext {
    std::string source;
    std::string root = "$"; ///< JSON path of the value
};

/// How strict decoding is.
enum class Unknown {
    ignore, ///< the Hub may add fields at any time
    refuse, ///< arguments of a user: ValueError naming the field and the known ones
};

/// Reads a T. Absent and null members keep their default; a value of another kind is
/// BadResponseError naming the source and the JSON path (ValueError with Unknown::refuse).
/// Handles: bool, integers (exact; 64 bit), double, std::string, Timestamp, Json, Token,
/// std::filesystem::path, std::optional, std::vector, std::map<std::string, T>, std::variant (first
/// alternative that fits), Open<E>, described enums and described types (rules: wire, also, flatten,
/// required).
template <class T>
T decode(const boost::json::value& value, const DecodeContext& context, Naming naming = Naming::wire,
         Unknown unknown = Unknown::ignore);

/// Writes a T; empty optionals are left out with Naming::wire and null with Naming::documented.
template <class T>
boost::json::value encode(const T& value, Naming naming);

/// Parses text with the library's limits (depth 32, a monotonic resource for the DOM is the caller's choice).
/// \throws BadResponseError naming the source
boost::json::value parse_json(std::string_view text, const DecodeContext& context,
                              boost::json::storage_ptr storage = {});

} // namespace hfasync::detail

#include "describe/decode.hpp"
#include "describe/encode.hpp"
