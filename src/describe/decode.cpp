#include "describe/json.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace hfasync::detail {

namespace json = boost::json;

namespace {

std::string_view kind_name(json::kind kind)
{
    switch (kind) {
    case json::kind::null:
        return "null";
    case json::kind::bool_:
        return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
        return "an integer";
    case json::kind::double_:
        return "a number with a fraction or exponent";
    case json::kind::string:
        return "a string";
    case json::kind::array:
        return "an array";
    case json::kind::object:
        break;
    }
    return "an object";
}

std::string_view view(const json::string& text)
{
    return {text.data(), text.size()};
}

bool is_plain_key(std::string_view key)
{
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

void append_path(std::string& out, const JsonPath& path)
{
    if (!path.parent) return; // the root
    append_path(out, *path.parent);
    if (path.is_index)
        out += "[" + std::to_string(path.index) + "]";
    else if (is_plain_key(path.key))
        out.append(".").append(path.key);
    else
        out += "[\"" + printable(path.key.substr(0, 100)) + "\"]";
}

bool out_of_range(DecodeState& state, const JsonPath& path)
{
    return state.fail(path, "is an integer out of range");
}

} // namespace

bool DecodeState::fail(const JsonPath& path, std::string why)
{
    if (trying != 0) return false;
    failed_path = context.root;
    append_path(failed_path, path);
    failure = std::move(why);
    return false;
}

bool DecodeState::wrong_kind(const json::value& value, const JsonPath& path, std::string_view expected)
{
    if (trying != 0) return false;
    return fail(path,
                "should be " + std::string(expected) + ", but is " + std::string(kind_name(value.kind())));
}

bool DecodeState::unknown_name(const JsonPath& path, const std::string& known)
{
    return fail(path, "is not known here; known are: " + known);
}

void DecodeState::raise() const
{
    ErrorContext error;
    error.path = failed_path;
    if (unknown == Unknown::refuse) {
        // "$.limit" is how a path looks, `limit` how an argument is called.
        const auto name = failed_path.starts_with("$.") ? failed_path.substr(2) : failed_path;
        throw ValueError("Invalid argument: '" + name + "' " + failure, std::move(error));
    }
    error.hint = "Report this as a bug if the answer came from a Hub";
    throw BadResponseError(errc::bad_response,
                           context.source + ": unexpected answer: " + failed_path + " " + failure,
                           std::move(error));
}

bool read_bool(const json::value& value, bool& out, DecodeState& state, const JsonPath& path)
{
    const auto* flag = value.if_bool();
    if (!flag) return state.wrong_kind(value, path, "a boolean");
    out = *flag;
    return true;
}

bool read_string(const json::value& value, std::string& out, DecodeState& state, const JsonPath& path)
{
    const auto* text = value.if_string();
    if (!text) return state.wrong_kind(value, path, "a string");
    out.assign(text->data(), text->size());
    return true;
}

bool read_double(const json::value& value, double& out, DecodeState& state, const JsonPath& path)
{
    if (!value.is_number()) return state.wrong_kind(value, path, "a number");
    out = value.is_double()  ? value.get_double()
          : value.is_int64() ? static_cast<double>(value.get_int64())
                             : static_cast<double>(value.get_uint64());
    return true;
}

// Boost.JSON keeps 99999999999999999999 as the double 1e20: a double never counts as an integer here.
bool read_signed(const json::value& value, std::int64_t& out, std::int64_t low, std::int64_t high,
                 DecodeState& state, const JsonPath& path)
{
    if (value.is_uint64()) return out_of_range(state, path);
    if (!value.is_int64()) return state.wrong_kind(value, path, "an integer");
    out = value.get_int64();
    return (out >= low && out <= high) || out_of_range(state, path);
}

bool read_unsigned(const json::value& value, std::uint64_t& out, std::uint64_t high, DecodeState& state,
                   const JsonPath& path)
{
    if (value.is_uint64())
        out = value.get_uint64();
    else if (!value.is_int64())
        return state.wrong_kind(value, path, "an integer");
    else if (value.get_int64() < 0)
        return out_of_range(state, path);
    else
        out = static_cast<std::uint64_t>(value.get_int64());
    return out <= high || out_of_range(state, path);
}

bool read_timestamp(const json::value& value, Timestamp& out, DecodeState& state, const JsonPath& path)
{
    const auto* text = value.if_string();
    if (!text) return state.wrong_kind(value, path, "a time");
    const auto time = parse_timestamp(view(*text));
    if (!time) return state.fail(path, "should be a time like 2024-01-02T03:04:05Z");
    out = *time;
    return true;
}

bool read_json(const json::value& value, Json& out)
{
    out = Json::from(json::value(value, json::storage_ptr()));
    return true;
}

bool read_token(const json::value& value, Token& out, DecodeState& state, const JsonPath& path)
{
    if (const auto* flag = value.if_bool())
        out = Token(*flag);
    else if (const auto* text = value.if_string())
        out = Token(view(*text));
    else if (value.is_null())
        out = Token();
    else
        return state.wrong_kind(value, path, "a string or a boolean");
    return true;
}

bool read_strings(const json::value& value, Strings& out, DecodeState& state, const JsonPath& path)
{
    if (const auto* text = value.if_string()) {
        out = Strings(view(*text));
        return true;
    }
    if (!value.is_array()) return state.wrong_kind(value, path, "a string or an array of strings");
    std::vector<std::string> list;
    if (!Reader<std::vector<std::string>>::read(value, list, state, path)) return false;
    out = Strings(std::move(list));
    return true;
}

bool read_repo_type(const json::value& value, RepoType& out, DecodeState& state, const JsonPath& path)
{
    const auto* text = value.if_string();
    if (!text) return state.wrong_kind(value, path, "a string");
    for (RepoType type : {RepoType::model, RepoType::dataset, RepoType::space}) {
        if (view(*text) != to_string(type)) continue;
        out = type;
        return true;
    }
    return unknown_enum_text(view(*text), "model, dataset, space", state, path);
}

bool unknown_enum_text(std::string_view text, const std::string& known, DecodeState& state,
                       const JsonPath& path)
{
    if (state.trying != 0) return false;
    return state.fail(path,
                      "should be one of " + known + ", but is '" + printable(text.substr(0, 100)) + "'");
}

} // namespace hfasync::detail
