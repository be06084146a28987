#include "emulator/access.hpp"

#include "base/encoding.hpp"

namespace hfasync::emulator {

using store::Permission;

namespace {

constexpr std::string_view bearer = "Bearer ";
constexpr std::string_view basic = "Basic ";

[[noreturn]] void hide(const Call& call)
{
    // A private repo of others looks like none; nobody gets 401 for either (the Hub does not tell them
    // apart).
    if (!call.who) throw Refusal(401, "RepoNotFound", "Invalid username or password.");
    throw Refusal(404, "RepoNotFound", "Repository not found");
}

/// 307 with the old id replaced, as the Hub does for renamed repos.
[[noreturn]] void redirect_renamed(const Call& call, const std::string& to)
{
    std::string target = call.request.target;
    const auto& from = call.param("id").empty() ? call.param("git") : call.param("id");
    if (const auto at = target.find("/" + from); at != std::string::npos)
        target.replace(at + 1, from.size(), to);
    Reply reply = text_reply("Temporary Redirect. Redirecting to " + target, 307);
    reply.header("Location", target);
    throw Refusal(std::move(reply));
}

const std::string& asked_id(const Call& call)
{
    const auto& id = call.param("id");
    return id.empty() ? call.param("git") : id;
}

void require_write_token(const Call& call)
{
    if (signed_in(call).token->role == "read")
        throw Refusal(403, "", "Forbidden: you must use a write token to upload to a repository.");
}

} // namespace

std::optional<store::Identity> identify(const Request& request, const Site& site)
{
    const auto header = request.header("authorization");
    if (header.empty()) return std::nullopt;
    std::string token;
    if (header.starts_with(bearer))
        token = header.substr(bearer.size());
    else if (header.starts_with(basic)) {
        // git and git-lfs: the token is the password.
        const auto pair = detail::base64_decode(header.substr(basic.size())).value_or("");
        const auto colon = pair.find(':');
        token = colon == std::string::npos ? "" : pair.substr(colon + 1);
    }
    auto who = site.store.accounts().by_token(token);
    if (!who) throw Refusal(401, "", "Invalid credentials in Authorization header");
    return who;
}

const store::Identity& signed_in(const Call& call)
{
    if (!call.who) throw Refusal(401, "", "Invalid username or password.");
    return *call.who;
}

RepoType repo_type(const Call& call)
{
    const auto& kind = call.param("kind");
    const std::string_view path = call.request.path;
    if (kind == "datasets" || path.starts_with("/datasets/")) return RepoType::dataset;
    if (kind == "spaces" || path.starts_with("/spaces/")) return RepoType::space;
    return RepoType::model;
}

std::shared_ptr<store::Repo> readable(const Call& call)
{
    const auto& id = asked_id(call);
    auto repo = call.site.store.find(repo_type(call), id);
    if (!repo) hide(call);
    const auto settings = repo->settings();
    if (call.site.store.accounts().permission(call.identity(), settings) == Permission::none) hide(call);
    if (settings.is_disabled) throw Refusal(403, "", "Access to this resource is disabled.");
    if (settings.id != id) redirect_renamed(call, settings.id);
    return repo;
}

std::shared_ptr<store::Repo> content(const Call& call)
{
    auto repo = readable(call);
    const auto settings = repo->settings();
    if (settings.gated == "false" || call.site.store.accounts().may_read_content(call.identity(), settings))
        return repo;
    const std::string what =
        "Access to " + std::string(to_string(settings.type)) + " " + settings.id + " is restricted";
    if (!call.who) throw Refusal(401, "GatedRepo", what + ". You must be authenticated to access it.");
    throw Refusal(403, "GatedRepo",
                  what + " and you are not in the authorized list. Visit " + repo_url(call.site, *repo) +
                      " to ask for access.");
}

std::shared_ptr<store::Repo> writable(const Call& call, Permission least)
{
    auto repo = readable(call);
    require_write_token(call);
    if (call.site.store.accounts().permission(call.identity(), repo->settings()) < least)
        throw Refusal(403, "", "You don't have the required permissions to perform this action");
    return repo;
}

std::shared_ptr<store::Repo> contributable(const Call& call)
{
    auto repo = readable(call);
    require_write_token(call);
    return repo;
}

void require_namespace(const Call& call, std::string_view owner, const std::string& what)
{
    if (call.site.store.accounts().in_namespace(&signed_in(call), owner) < Permission::write)
        throw Refusal(403, "", what);
}

std::string repo_url(const Site& site, const store::Repo& repo)
{
    return site.endpoint + "/" + std::string(url_prefix(repo.type())) + repo.id();
}

} // namespace hfasync::emulator
