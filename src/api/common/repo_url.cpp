#include <hfasync/types/repo_url.hpp>

#include <hfasync/error.hpp>
#include <hfasync/repo_id.hpp>

#include "base/encoding.hpp"

#include <array>
#include <vector>

namespace hfasync {

namespace {

std::string_view without_scheme(std::string_view url)
{
    for (const std::string_view scheme : {"https://", "http://"})
        if (url.starts_with(scheme)) return url.substr(scheme.size());
    return url;
}

bool take_prefix(std::string_view& text, std::string_view prefix)
{
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

// "datasets", "spaces" and "models" stand before an id; before one with a namespace the types themselves do
// too.
std::optional<RepoType> type_of(std::string_view part, std::size_t parts)
{
    for (const auto type : {RepoType::model, RepoType::dataset, RepoType::space})
        if (part == plural(type) || (parts == 3 && part == to_string(type))) return type;
    return std::nullopt;
}

[[noreturn]] void refuse(std::string_view url)
{
    throw ValueError("Unable to retrieve user and repo ID from the passed HF ID: '" +
                     detail::printable(detail::redact_url(url)) +
                     "'; give <endpoint>/[datasets/|spaces/][namespace/]name or hf://...");
}

std::vector<std::string_view> split(std::string_view text)
{
    std::vector<std::string_view> parts;
    for (std::size_t at = 0;;) {
        const auto slash = text.find('/', at);
        parts.push_back(text.substr(at, slash == text.npos ? text.npos : slash - at));
        if (slash == text.npos) return parts;
        at = slash + 1;
    }
}

} // namespace

RepoUrl RepoUrl::parse(std::string_view url, std::string_view endpoint)
{
    while (endpoint.ends_with('/'))
        endpoint.remove_suffix(1);
    std::string text(url);
    // Answers name the public Hub also where a mirror or a test server stands in for it.
    for (const std::string_view known : {"https://huggingface.co", "https://hub-ci.huggingface.co"})
        if (text == known || text.starts_with(std::string(known) + "/")) {
            text = std::string(endpoint) + text.substr(known.size());
            break;
        }

    std::string_view rest = text;
    if (!take_prefix(rest, "hf://")) {
        const auto host = without_scheme(endpoint);
        auto bare = without_scheme(rest);
        const bool had_scheme = bare.size() != rest.size();
        if (take_prefix(bare, std::string(host) + "/"))
            rest = bare;
        else if (had_scheme)
            refuse(url);
    }
    if (rest.find_first_of("@?#\\ ") != rest.npos || detail::printable(rest) != rest) refuse(url);

    const auto parts = split(rest);
    RepoType type = RepoType::model;
    std::size_t first = 0;
    if (parts.size() == 3 || (parts.size() == 2 && type_of(parts[0], 2))) {
        const auto known = type_of(parts[0], parts.size());
        if (!known)
            throw ValueError("Unknown `repo_type`: '" + std::string(parts[0]) + "' ('" +
                             detail::printable(url) + "'); use models, datasets or spaces");
        type = *known;
        first = 1;
    }
    if (parts.size() > 3) refuse(url);
    for (const auto part : parts)
        if (part.empty()) refuse(url);

    RepoUrl out;
    out.url = text; // a copy: the parts are views of it
    out.endpoint = endpoint;
    out.repo_name = parts.back();
    if (parts.size() - first == 2) out.namespace_ = std::string(parts[first]);
    out.repo_id = out.namespace_ ? *out.namespace_ + "/" + out.repo_name : out.repo_name;
    out.repo_type = to_string(type);
    return out;
}

} // namespace hfasync
