#include "emulator/routes/body.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

#include "emulator/wire/message.hpp"

namespace hfasync::emulator {

namespace json = boost::json;

namespace {

[[noreturn]] void refuse(std::string_view key, std::string_view why)
{
    throw Refusal(400, "", "Invalid input: \"" + std::string(key) + "\" " + std::string(why));
}

} // namespace

json::object read_object(std::string_view body)
{
    if (body.empty()) return {};
    boost::system::error_code ec;
    auto value = json::parse(body, ec);
    if (ec || !value.is_object()) throw Refusal(400, "", "Invalid JSON in the body of the request");
    return std::move(value.get_object());
}

std::string require_text(const json::object& body, std::string_view key)
{
    const auto* value = body.if_contains(key);
    if (!value || !value->is_string()) refuse(key, "is required and must be a string");
    return std::string(value->get_string());
}

std::string text_or(const json::object& body, std::string_view key, std::string_view fallback)
{
    const auto* value = body.if_contains(key);
    if (!value || value->is_null()) return std::string(fallback);
    if (!value->is_string()) refuse(key, "must be a string");
    return std::string(value->get_string());
}

std::optional<std::uint64_t> whole_number(const json::object& body, std::string_view key)
{
    const auto* value = body.if_contains(key);
    if (!value || value->is_null()) return std::nullopt;
    boost::system::error_code ec;
    const auto number = value->to_number<std::uint64_t>(ec);
    if (ec) refuse(key, "must be a whole number that is not negative");
    return number;
}

bool flag(const json::object& body, std::string_view key)
{
    const auto* value = body.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

std::optional<bool> read_private(const json::object& body)
{
    constexpr std::string_view known[] = {"public", "private",
                                          "protected"}; // protected: a Space's code is hidden
    if (const auto visibility = text_or(body, "visibility", ""); !visibility.empty()) {
        require_one_of("visibility", visibility, known);
        return visibility != "public";
    }
    const auto* value = body.if_contains("private");
    return value && value->is_bool() ? std::optional(value->get_bool()) : std::nullopt;
}

RepoType read_repo_type(const json::object& body)
{
    const auto type = text_or(body, "type", "model");
    for (const auto known : {RepoType::model, RepoType::dataset, RepoType::space})
        if (to_string(known) == type) return known;
    refuse("type", "must be one of [model, dataset, space]");
}

void refuse_member(std::string_view key, std::string_view why)
{
    throw Refusal(400, "", "\"" + std::string(key) + "\" " + std::string(why));
}

void require_one_of(std::string_view key, std::string_view value, std::span<const std::string_view> allowed)
{
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
    std::string list;
    for (const auto one : allowed)
        list.append(list.empty() ? "" : ", ").append(one);
    refuse_member(key, "must be one of [" + list + "]");
}

} // namespace hfasync::emulator
