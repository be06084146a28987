// Reads JSON bodies of requests.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include <hfasync/repo_id.hpp>

namespace hfasync::emulator {

/// An empty body is an empty object. \throws Refusal 400
boost::json::object read_object(std::string_view body);
/// \throws Refusal 400
std::string require_text(const boost::json::object& body, std::string_view key);
/// The fallback for an absent or null member. \throws Refusal 400 for another kind
std::string text_or(const boost::json::object& body, std::string_view key, std::string_view fallback);
/// \throws Refusal 400 unless it is a whole number >= 0
std::optional<std::uint64_t> whole_number(const boost::json::object& body, std::string_view key);
bool flag(const boost::json::object& body, std::string_view key);
/// "visibility", or "private" of older clients; nullopt when the body says nothing.
std::optional<bool> read_private(const boost::json::object& body);
/// Refuses what stands under a key. \throws Refusal 400
[[noreturn]] void refuse_member(std::string_view key, std::string_view why);
/// \throws Refusal 400 naming what is allowed
void require_one_of(std::string_view key, std::string_view value, std::span<const std::string_view> allowed);
/// "type": model when absent. \throws Refusal 400
RepoType read_repo_type(const boost::json::object& body);

} // namespace hfasync::emulator
