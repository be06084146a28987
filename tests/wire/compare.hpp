// What counts as the same conversation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/cassette.hpp"

namespace wire {

using Problems = std::vector<std::string>;

/// A request as it is compared: queries and forms as sorted lists with True and true alike, of the headers
/// authorization, range and content-type, and nothing that `ignore` names.
json::object normal_request(const json::object& request, const json::array& ignore);

/// Both sides after their normal form; an exact repeat of GET whoami-v2 counts once.
Problems compare_requests(std::vector<json::object> want, std::vector<json::object> got, bool unordered);

/// Absent and null are the same thing in a result.
json::value without_nulls(const json::value& value);

/// Where two values differ; numbers by value, doubles within 1e-9 of their size.
Problems differences(const json::value& want, const json::value& got, const std::string& at = {});

} // namespace wire
