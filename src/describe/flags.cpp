#include "describe/flags.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"

namespace hfasync::detail {

namespace json = boost::json;

namespace {

[[noreturn]] void refuse(const std::string& flag, std::string_view text, std::string_view wanted)
{
    throw ValueError("Invalid value of " + flag + ": it wants " + std::string(wanted) + ", not '" +
                     printable(text.substr(0, 100)) + "'");
}

/// The whole text as a number, or nothing.
template <class T>
std::optional<T> number(std::string_view text)
{
    T value{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

json::value integer_of(const FlagSpec& spec, std::string_view text)
{
    if (const auto value = number<std::int64_t>(text)) return *value;
    if (const auto value = number<std::uint64_t>(text)) return *value;
    refuse(spec.flag, text, "an integer");
}

json::value number_of(const FlagSpec& spec, std::string_view text)
{
    if (const auto value = number<double>(text); value && *value == *value) return *value;
    refuse(spec.flag, text, "a number");
}

json::value json_of(const FlagSpec& spec, std::string_view text)
{
    boost::system::error_code failed;
    auto value = json::parse({text.data(), text.size()}, failed);
    if (failed) refuse(spec.flag, text, "JSON");
    return value;
}

json::value value_of(const FlagSpec& spec, std::string_view text)
{
    const bool yes = text == "true", no = text == "false";
    switch (spec.kind) {
    case FlagKind::toggle:
        if (text.empty() || yes) return true;
        if (no) return false;
        refuse(spec.flag, text, "true or false");
    case FlagKind::integer:
        return integer_of(spec, text);
    case FlagKind::number:
        return number_of(spec, text);
    case FlagKind::json:
        return json_of(spec, text);
    case FlagKind::maybe:
        if (yes || no) return yes;
        break;
    case FlagKind::text:
        break;
    }
    const auto& choices = spec.choices;
    if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end()) {
        std::string known;
        for (const auto& choice : choices)
            known.append(known.empty() ? "one of " : ", ").append(choice);
        refuse(spec.flag, text, known);
    }
    return json::string_view(text.data(), text.size());
}

const FlagSpec* find(const std::vector<FlagSpec>& specs, std::string_view flag)
{
    const auto found =
        std::find_if(specs.begin(), specs.end(), [flag](const FlagSpec& s) { return s.flag == flag; });
    return found == specs.end() ? nullptr : &*found;
}

[[noreturn]] void refuse_unknown(const std::vector<FlagSpec>& specs, std::string_view flag)
{
    std::string known;
    for (const auto& spec : specs)
        known.append(known.empty() ? "" : ", ").append(spec.flag);
    throw ValueError("Unknown flag '" + printable(flag.substr(0, 100)) + "'; known are: " + known);
}

} // namespace

std::string flag_name(std::string_view field)
{
    std::string out = "--";
    out += without_trailing_underscore(field);
    std::replace(out.begin() + 2, out.end(), '_', '-');
    return out;
}

json::object arguments_of_flags(const std::vector<FlagSpec>& specs,
                                const std::vector<std::pair<std::string, std::string>>& given)
{
    json::object out;
    for (const auto& [flag, text] : given) {
        const auto* spec = find(specs, flag);
        json::value value;
        if (spec) {
            value = value_of(*spec, text);
        } else {
            if (flag.starts_with("--no-")) spec = find(specs, "--" + flag.substr(5));
            if (!spec || spec->kind != FlagKind::toggle || spec->repeated) refuse_unknown(specs, flag);
            if (!text.empty()) refuse(flag, text, "no value");
            value = false;
        }
        if (spec->repeated) {
            auto& list = out[spec->field];
            if (!list.is_array()) list = json::array();
            list.get_array().push_back(std::move(value));
        } else if (!out.emplace(spec->field, std::move(value)).second) {
            throw ValueError("The flag " + spec->flag + " is given twice; give it once");
        }
    }
    return out;
}

} // namespace hfasync::detail
