#include "request_target.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

namespace cache_server {

using hfasync::RepoType;

namespace {

std::vector<std::string_view> parts_of(std::string_view path)
{
    std::vector<std::string_view> parts;
    path.remove_prefix(std::min<std::size_t>(1, path.size()));
    while (true) {
        const auto slash = path.find('/');
        parts.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        path.remove_prefix(slash + 1);
    }
}

std::string decoded(std::string_view text)
{
    auto out = percent_decode(text);
    if (!out) throw hfasync::ValueError("The URL has a broken percent escape.");
    return std::move(*out);
}

std::optional<RepoType> type_of(std::string_view folder)
{
    for (const auto type : {RepoType::model, RepoType::dataset, RepoType::space})
        if (folder == hfasync::plural(type)) return type;
    return std::nullopt;
}

Repo repo_of(RepoType type, std::string id)
{
    hfasync::validate_repo_id(id);
    return {type, std::move(id)};
}

void check_path(std::string_view path)
{
    const bool control = std::any_of(path.begin(), path.end(), [](char c) { return c >= 0 && c < ' '; });
    const auto padded = "/" + std::string(path) + "/";
    for (const auto* bad : {"/../", "/./", "//"})
        if (control || padded.find(bad) != std::string::npos)
            throw hfasync::ValueError(
                "The path of the file has an empty, '.' or '..' part, or a control byte.");
}

constexpr std::array<std::string_view, 5> below_repo{"revision", "tree", "paths-info", "refs", "commits"};

/// Clients also say that they do not want it: expand=False.
bool expands(std::string_view query)
{
    while (!query.empty()) {
        const auto one = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), one.size() + 1));
        const auto value = one.substr(std::min(one.find('='), one.size()));
        const bool refused = value == "=False" || value == "=false" || value == "=0";
        if (!refused && (one.starts_with("expand") || one.starts_with("securityStatus"))) return true;
    }
    return false;
}

bool is_below_repo(std::string_view part)
{
    return std::find(below_repo.begin(), below_repo.end(), part) != below_repo.end();
}

} // namespace

std::string Repo::key() const
{
    auto out = std::string(hfasync::plural(type)) + "--" + id;
    if (const auto slash = out.find('/'); slash != std::string::npos) out.replace(slash, 1, "--");
    return out;
}

std::optional<FileTarget> file_target(std::string_view target)
{
    auto parts = parts_of(target.substr(0, target.find('?')));
    auto type = RepoType::model;
    std::size_t first = 0;
    if (parts.size() > 1 && parts[0] != hfasync::plural(RepoType::model))
        if (const auto found = type_of(parts[0])) {
            type = *found;
            first = 1;
        }
    for (const std::size_t names : {std::size_t{1}, std::size_t{2}}) {
        const auto at = first + names;
        if (parts.size() < at + 3 || parts[at] != "resolve") continue;
        auto id = decoded(parts[first]);
        if (names == 2) id += "/" + decoded(parts[first + 1]);
        FileTarget out{repo_of(type, std::move(id)), decoded(parts[at + 1]), {}};
        hfasync::validate_revision(out.revision);
        for (auto i = at + 2; i < parts.size(); ++i)
            out.path += (out.path.empty() ? "" : "/") + decoded(parts[i]);
        check_path(out.path);
        return out;
    }
    return std::nullopt;
}

std::optional<ApiTarget> api_target(std::string_view target)
{
    const auto question = target.find('?');
    const auto query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    const auto parts = parts_of(target.substr(0, question));
    if (parts.size() < 3 || parts[0] != "api") return std::nullopt;
    const auto type = type_of(parts[1]);
    if (!type) return std::nullopt;
    // An id of one part has no name of its own before what is asked of it.
    const std::size_t names = parts.size() == 3 || is_below_repo(parts[3]) ? 1 : 2;
    auto id = decoded(parts[2]);
    if (names == 2) id += "/" + decoded(parts[3]);
    ApiTarget out{.repo = repo_of(*type, std::move(id)), .what = {}, .revision = {}};
    const auto next = 2 + names;
    if (parts.size() > next) out.what = parts[next];
    if (parts.size() > next + 1 && is_below_repo(out.what)) out.revision = decoded(parts[next + 1]);
    out.expands = expands(query);
    return out;
}

std::optional<std::string> percent_decode(std::string_view text)
{
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = digit(text[i + 1]), low = digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return out;
}

} // namespace cache_server
