#include "cli/describe_methods.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

#include "cli/method_description.hpp"
#include "cli/method_table.hpp"

namespace hfasync::cli {

namespace {

constexpr std::size_t widest_column = 40;

/// What stands behind the type: whether it must be given, and what it is otherwise.
std::string remark(const FieldDescription& field, bool is_argument)
{
    std::string text;
    if (is_argument && field.required)
        text = "required";
    else if (is_argument && !field.default_.is_null() && !field.default_.is_array())
        text = "default " + field.default_.text();
    if (!field.help.empty()) text.append(text.empty() ? "" : "; ").append(field.help);
    return text;
}

void append_fields(std::string& out, const std::vector<FieldDescription>& fields, bool are_arguments)
{
    std::size_t name_width = 0, type_width = 0;
    for (const auto& field : fields) {
        name_width = std::max(name_width, field.name.size());
        type_width = std::max(type_width, std::min(field.json.size(), widest_column));
    }
    for (const auto& field : fields) {
        if (field.json.empty()) continue; // code only
        auto line = fmt::format("  {:<{}}  {:<{}}  {}", field.name, name_width, field.json, type_width,
                                remark(field, are_arguments));
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    }
}

} // namespace

std::string method_as_text(std::string_view name)
{
    const auto method = method_named(name).describe();
    std::string out =
        fmt::format("{}: {}{}\n", method.name, method.result.listing ? "list of " : "", method.result.json);
    out += method.parameters.empty() ? "\nno arguments\n" : "\narguments\n";
    append_fields(out, method.parameters, true);
    for (const auto& type : method.types) {
        out += fmt::format("\n{}\n", type.name);
        append_fields(out, type.fields, false);
    }
    return out;
}

std::string methods_as_json()
{
    boost::json::array all;
    for (const auto& [name, method] : methods())
        all.push_back(detail::encode<MethodDescription>(method.describe(), detail::Naming::documented));
    return boost::json::serialize(all);
}

} // namespace hfasync::cli
