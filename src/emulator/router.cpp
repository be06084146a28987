#include "emulator/router.hpp"

#include <span>

#include "base/encoding.hpp"
#include "emulator/access.hpp"

namespace hfasync::emulator {

namespace asio = boost::asio;

namespace {

/// Bodies of routes that take them whole: listings of paths, LFS batches of thousands of objects.
constexpr std::size_t whole_body_limit = 32u << 20;

std::vector<std::string_view> split(std::string_view path)
{
    std::vector<std::string_view> parts;
    parts.reserve(16);
    while (!path.empty()) {
        if (path.front() == '/') path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        parts.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return parts;
}

std::size_t parts_of(std::string_view pattern, std::size_t id_parts)
{
    return pattern == "{id}" || pattern == "{git}" ? id_parts : 1;
}

/// Whether what the pattern spells out is in the path: nearly all routes end here, before anything is copied.
bool may_match(std::span<const std::string> pattern, std::span<const std::string_view> path,
               std::size_t id_parts)
{
    std::size_t at = 0;
    for (const auto& part : pattern) {
        if (part.ends_with("...}")) return true;
        if (at >= path.size() || (part.front() != '{' && path[at] != part)) return false;
        at += parts_of(part, id_parts);
    }
    return at == path.size();
}

/// One way to read the path; `id_parts` says how many parts a repo id has in it.
bool match(std::span<const std::string> pattern, std::span<const std::string_view> path, std::size_t id_parts,
           std::vector<std::pair<std::string_view, std::string>>& raw)
{
    std::size_t at = 0;
    for (const auto& part : pattern) {
        if (part.ends_with("...}")) {
            std::string rest;
            for (; at < path.size(); ++at)
                rest.append(rest.empty() ? "" : "/").append(path[at]);
            raw.emplace_back(std::string_view(part).substr(1, part.size() - 5), std::move(rest));
            return true;
        }
        const std::size_t takes = parts_of(part, id_parts);
        if (at + takes > path.size()) return false;
        if (part.front() != '{') {
            if (path[at] != part) return false;
        } else {
            std::string value(path[at]);
            if (takes == 2) value.append("/").append(path[at + 1]);
            if (value.empty()) return false;
            if (part == "{git}") {
                if (!value.ends_with(".git")) return false;
                value.resize(value.size() - 4);
            }
            raw.emplace_back(std::string_view(part).substr(1, part.size() - 2), std::move(value));
        }
        at += takes;
    }
    return at == path.size();
}

std::optional<RepoType> type_of(std::string_view plural_name)
{
    for (const auto type : {RepoType::model, RepoType::dataset, RepoType::space})
        if (plural(type) == plural_name) return type;
    return std::nullopt;
}

/// "/datasets/acme/books/resolve/...": pages of models have no such first part.
RepoType type_of_page(const std::vector<std::string_view>& path)
{
    return path.empty() ? RepoType::model : type_of(path.front()).value_or(RepoType::model);
}

} // namespace

const std::string& Call::param(std::string_view name) const
{
    static const std::string none;
    for (const auto& [key, value] : params)
        if (key == name) return value;
    return none;
}

Router::Route& Router::insert(std::string_view method, std::string_view pattern, QueryKeys keys)
{
    auto& route = routes_.emplace_back();
    route.method = method;
    for (const auto part : split(pattern))
        route.parts.emplace_back(part);
    route.keys.assign(keys.begin(), keys.end());
    return route;
}

void Router::add(std::string_view method, std::string_view pattern, QueryKeys keys, Plain route)
{
    insert(method, pattern, keys).plain = route;
}

void Router::add_streaming(std::string_view method, std::string_view pattern, QueryKeys keys, Streaming route)
{
    insert(method, pattern, keys).streaming = route;
}

const Router::Route* Router::find(const Request& request, const Site& site, Pairs& params) const
{
    const auto path = split(request.path);
    const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
    const Route* second_best = nullptr;
    Pairs second_params;
    for (const auto& route : routes_) {
        if (route.method != method) continue;
        // "/api/models/a/b": the repo a/b, or something about the repo a. Owner and name go first, unless
        // only the shorter reading names a repo that exists.
        for (const std::size_t id_parts : {2u, 1u}) {
            if (!may_match(route.parts, path, id_parts)) continue;
            std::vector<std::pair<std::string_view, std::string>> raw;
            if (!match(route.parts, path, id_parts, raw)) continue;
            Pairs found;
            for (auto& [name, value] : raw) {
                auto text = detail::percent_decode(value);
                if (!text) throw Refusal(400, "", "Failed to decode param '" + value + "'");
                found.emplace_back(name, std::move(*text));
            }
            const auto named = [&](std::string_view key) {
                for (const auto& [name, value] : found)
                    if (name == key) return std::string_view(value);
                return std::string_view{};
            };
            if (const auto kind = named("kind"); !kind.empty() && !type_of(kind)) continue;
            const auto id = named("id");
            if (id.empty() || site.store.find(type_of(named("kind")).value_or(type_of_page(path)), id)) {
                params = std::move(found);
                return &route;
            }
            if (!second_best) {
                second_best = &route;
                second_params = std::move(found);
            }
        }
    }
    params = std::move(second_params);
    return second_best;
}

asio::awaitable<Reply> Router::answer(Exchange& exchange, Site& site) const
{
    const Request& request = exchange.request;
    Call call{.exchange = exchange, .request = request, .site = site, .params = {}, .body = {}, .who = {}};
    const Route* const route = find(request, site, call.params);
    if (!route) throw Refusal(404, "", "Sorry, we can't find the page you are looking for.");
    for (const auto& [key, value] : request.query) {
        std::string_view bare = key;
        if (bare.ends_with("[]")) bare.remove_suffix(2);
        if (std::find(route->keys.begin(), route->keys.end(), bare) == route->keys.end())
            throw Refusal(400, "", "Unrecognized key in query: \"" + key + "\"");
    }
    if (request.origin == Origin::hub) call.who = identify(request, site);
    if (route->streaming) co_return co_await route->streaming(call);
    if (request.content_length.value_or(0) > 0 || request.chunked)
        call.body = co_await exchange.read_whole_body(whole_body_limit);
    co_return route->plain(call);
}

} // namespace hfasync::emulator
