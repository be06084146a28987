#include "cli/method_texts.hpp"

#include <algorithm>

#include "cli/method_description.hpp"

namespace hfasync::cli {

namespace {

struct Text {
    std::string_view key, text;
};

// Made by scripts/make-method-texts: method_texts, deprecations, field_texts ("Type.member"), usual_texts.
#include "cli/generated/method_texts.inc"

template <std::size_t N>
std::string_view find(const Text (&texts)[N], std::string_view key)
{
    const auto* found = std::lower_bound(std::begin(texts), std::end(texts), key,
                                         [](const Text& text, std::string_view k) { return text.key < k; });
    return found != std::end(texts) && found->key == key ? found->text : std::string_view{};
}

} // namespace

std::string_view method_text(std::string_view method)
{
    return find(method_texts, method);
}

std::string_view method_summary(std::string_view method)
{
    const auto text = method_text(method);
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        const bool ends = text[i] == '.' || text[i] == ';' || text[i] == ':';
        if (ends && depth == 0 && (i + 1 == text.size() || text[i + 1] == ' ')) return text.substr(0, i);
    }
    return text;
}

std::string_view method_deprecation(std::string_view method)
{
    return find(deprecations, method);
}

std::string parameter_text(const FieldDescription& parameter)
{
    const auto member = parameter.member.substr(parameter.member.rfind('.') + 1);
    std::string text;
    if (parameter.in) text = find(field_texts, *parameter.in + "." + member);
    if (text.empty()) text = parameter.help;
    if (text.empty()) text = find(usual_texts, parameter.name);
    // The texts of an enum, unless they are named already.
    const auto& json = parameter.json;
    if (json.find('"') != std::string::npos && json.find('{') == std::string::npos &&
        text.find('"') == std::string::npos && parameter.name != "repo_type")
        text.append(text.empty() ? "" : "; ").append(json.substr(0, json.find(" or null")));
    return text;
}

} // namespace hfasync::cli
