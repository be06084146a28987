// A described type as names and texts for tables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "describe/json.hpp"

namespace hfasync::detail {

/// One line for a person: texts bare, lists of scalars with commas, nothing for null, compact JSON for the
/// rest. Control bytes are escaped: what a server sends must not drive a terminal.
std::string print_json(const boost::json::value& value);

/// Documented names and texts of the printed fields, in order; an empty text for what is absent.
template <Described T>
std::vector<std::pair<std::string, std::string>> print_fields(const T& value)
{
    boost::json::object members;
    write_members(value, Naming::documented, members);
    std::vector<std::pair<std::string, std::string>> out;
    out.reserve(members.size());
    for (const auto& member : members)
        out.emplace_back(std::string(member.key()), print_json(member.value()));
    return out;
}

} // namespace hfasync::detail
