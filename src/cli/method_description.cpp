#include "cli/method_description.hpp"

#include <algorithm>
#include <cctype>

namespace hfasync::cli::table {

std::string unqualified_type(std::string_view pretty)
{
    // Clang: "... type_name() [T = hfasync::X]"; GCC: "... [with T = hfasync::X; std::string = ...]".
    const auto begin = pretty.find("T = ") + 4;
    std::string text(pretty.substr(begin, pretty.find_first_of(";]", begin) - begin));
    for (std::string_view space : {"hfasync::", "cli::", "detail::"})
        for (auto at = text.find(space); at != std::string::npos; at = text.find(space))
            text.erase(at, space.size());
    return text;
}

std::string area_of_class(std::string_view name)
{
    if (name.ends_with("Api")) name.remove_suffix(3);
    std::string area(name);
    std::transform(area.begin(), area.end(), area.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return area;
}

void add_field(std::vector<FieldDescription>& out, const FieldRule& rule, std::string_view name,
               const std::string& in, TypeText text, bool only_code, boost::json::value default_value)
{
    out.push_back({.name = std::string(name),
                   .also = std::string(rule.also),
                   .member = std::string(rule.field),
                   .type = std::move(text.cpp),
                   .in = in,
                   .json = only_code ? std::string() : std::move(text.json),
                   .required = rule.required,
                   .default_ = Json::from(std::move(default_value)),
                   .help = std::string(rule.help)});
}

} // namespace hfasync::cli::table
