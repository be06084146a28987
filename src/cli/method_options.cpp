#include "cli/method_options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <utility>

#include "cli/method_description.hpp"
#include "cli/method_texts.hpp"
#include "describe/flags.hpp"

namespace hfasync::cli {

namespace {

using detail::FlagKind;
using detail::FlagSpec;

bool is_shown(const FlagSpec& spec)
{
    return spec.field != "token";
}

std::vector<std::string> choices_of(const FlagSpec& spec)
{
    if (spec.field == "repo_type") return {"model", "dataset", "space"};
    return spec.choices;
}

std::string type_name(const FlagSpec& spec)
{
    std::string choices;
    for (const auto& choice : choices_of(spec))
        choices.append(choices.empty() ? "{" : ",").append(choice);
    if (!choices.empty()) return choices + "}";
    switch (spec.kind) {
    case FlagKind::toggle:
        return {};
    case FlagKind::integer:
        return "INT";
    case FlagKind::number:
        return "NUMBER";
    case FlagKind::json:
        return "JSON";
    case FlagKind::text:
    case FlagKind::maybe:
        break;
    }
    return "TEXT";
}

std::string help_of(const FieldDescription& parameter, const FlagSpec& spec)
{
    auto text = parameter_text(parameter);
    if (spec.kind == FlagKind::json && !spec.repeated) text += (text.empty() ? "" : "; ") + parameter.json;
    if (spec.repeated) text += text.empty() ? "may be repeated" : " (may be repeated)";
    const auto& value = parameter.default_;
    if (!parameter.required && value.as_bool() != false && !value.is_null() && !value.is_array() &&
        text.find("default") == std::string::npos)
        text += (text.empty() ? "default: " : "; default: ") + value.text();
    return text;
}

/// `--no-x` is there where not to say anything is something else than false.
void add_toggle(CLI::App& command, const FlagSpec& spec, const FieldDescription& parameter,
                const std::string& help)
{
    const bool is_false = parameter.default_.as_bool() == false && parameter.type == "bool";
    command.add_flag(is_false ? spec.flag : spec.flag + ",!--no-" + spec.flag.substr(2), help);
}

void add_parameter(CLI::App& command, const FlagSpec& spec, const std::string& help, bool positional,
                   bool required)
{
    auto* option = command.add_option((positional ? spec.field + "," : std::string()) + spec.flag,
                                      CLI::callback_t{}, help);
    option->type_name(type_name(spec))->required(required);
    if (!spec.repeated)
        option->expected(1);
    else if (positional)
        option->expected(1, CLI::detail::expected_max_vector_size)
            ->allow_extra_args()
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    else
        option->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

} // namespace

std::vector<std::string> leading_parameters(const Method& method)
{
    std::vector<std::string> out;
    const auto specs = method.flags();
    for (const auto& parameter : method.describe().parameters) {
        if (parameter.in) break; // from here on: options
        const auto spec = std::find_if(specs.begin(), specs.end(),
                                       [&](const FlagSpec& s) { return s.field == parameter.name; });
        if (spec != specs.end() && spec->kind != FlagKind::json) out.push_back(parameter.name);
    }
    return out;
}

void add_parameters(CLI::App& command, const Method& method, const ParameterRules& rules)
{
    std::map<std::string, FieldDescription> described;
    for (auto& parameter : method.describe().parameters) {
        auto name = parameter.name;
        described.emplace(std::move(name), std::move(parameter));
    }
    const auto specs = method.flags();
    const auto add = [&](const FlagSpec& spec, bool positional, bool required) {
        const auto& parameter = described.at(spec.field);
        if (spec.kind == FlagKind::toggle)
            add_toggle(command, spec, parameter, help_of(parameter, spec));
        else
            add_parameter(command, spec, help_of(parameter, spec), positional, required);
    };
    for (std::size_t i = 0; i < rules.positional.size(); ++i)
        for (const auto& spec : specs)
            if (spec.field == rules.positional[i]) add(spec, true, i < rules.required);
    const auto is_in = [](const std::vector<std::string>& names, const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const auto& spec : specs)
        if (is_shown(spec) && !is_in(rules.positional, spec.field) && !is_in(rules.hidden, spec.field))
            add(spec, false, false);
}

boost::json::object given_parameters(const CLI::App& command, const Method& method)
{
    std::vector<std::pair<std::string, std::string>> given;
    const auto specs = method.flags();
    for (const auto& spec : specs) {
        const auto* option = command.get_option_no_throw(spec.flag);
        if (option == nullptr) continue;
        for (const auto& text : option->results())
            given.emplace_back(spec.flag, text);
    }
    return detail::arguments_of_flags(specs, given);
}

} // namespace hfasync::cli
