// Users: overview, likes, followers; members of organisations; likers of repos.
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "emulator/access.hpp"
#include "emulator/routes/account.hpp"
#include "emulator/routes/info.hpp"
#include "emulator/routes/page.hpp"

namespace hfasync::emulator {

namespace {

constexpr std::size_t most_per_page = 1000;
constexpr RepoType every_type[] = {RepoType::model, RepoType::dataset, RepoType::space};

const Account& asked_user(const Call& call)
{
    const auto* account = call.site.store.accounts().find(call.param("name"));
    if (!account || account->is_organization) throw Refusal(404, "", "This user does not exist");
    return *account;
}

const Account& asked_organization(const Call& call)
{
    const auto* account = call.site.store.accounts().find(call.param("name"));
    if (!account || !account->is_organization) throw Refusal(404, "", "This organization does not exist");
    return *account;
}

const Account* reader(const Call& call)
{
    return call.who ? call.who->account : nullptr;
}

/// Items come in the order of their keys. The cursor is the key of the last one given, so that what comes and
/// goes meanwhile shifts nothing.
template <class Item, class Key, class Write>
Reply page_of(const Call& call, const std::vector<Item>& items, Key key, Write write)
{
    const auto limit = read_limit(call, most_per_page);
    const auto after = read_cursor(call);
    JsonText out;
    out.open('[');
    std::size_t count = 0;
    const Item* last = nullptr;
    bool more = false;
    for (const auto& item : items) {
        if (!after.empty() && key(item) <= after) continue;
        more = count == limit;
        if (more) break;
        write(out, item);
        ++count;
        last = &item;
    }
    auto reply = json_reply(out.close(']').take());
    if (more && last) write_next(call, reply, key(*last));
    return reply;
}

/// Users in the order of their names.
Reply users_page(const Call& call, const std::vector<const Account*>& users)
{
    return page_of(
        call, users, [](const Account* user) { return user->name; },
        [&](JsonText& out, const Account* user) {
            out.open('{');
            write_user(out, *user, reader(call));
            out.close('}');
        });
}

struct Like {
    Timestamp since;
    RepoType type;
    std::string id;

    /// Newest first: what is left until the end of time, in digits of one width.
    std::string key() const
    {
        char digits[24];
        std::snprintf(digits, sizeof digits, "%020llu",
                      static_cast<unsigned long long>(
                          ~std::uint64_t{0} - static_cast<std::uint64_t>(since.time_since_epoch().count())));
        return digits + std::string(url_prefix(type)) + id;
    }
};

/// Of repos that the caller may see.
std::vector<Like> likes_of(Call& call, const Account& user)
{
    std::vector<Like> out;
    for (const auto type : every_type)
        for (const auto& repo : call.site.store.repos(type)) {
            const auto view = view_head(call.site, repo);
            const auto found = view.settings->likers.find(user.name);
            if (found != view.settings->likers.end() && may_see(call.site, call.identity(), view))
                out.push_back({found->second, type, view.settings->id});
        }
    std::sort(out.begin(), out.end(), [](const Like& a, const Like& b) { return a.key() < b.key(); });
    return out;
}

std::uint64_t repo_count(Call& call, RepoType type, const std::string& owner)
{
    std::uint64_t count = 0;
    for (const auto& repo : call.site.store.repos(type)) {
        const auto view = view_head(call.site, repo);
        if (view.settings->id.starts_with(owner + "/") && may_see(call.site, call.identity(), view)) ++count;
    }
    return count;
}

std::uint64_t discussion_count(Call& call, const std::string& author)
{
    std::uint64_t count = 0;
    for (const auto type : every_type)
        for (const auto& repo : call.site.store.repos(type)) {
            const auto view = view_head(call.site, repo);
            if (view.settings->last_number == 0 || !may_see(call.site, call.identity(), view)) continue;
            const auto all = call.site.discussions.of(repo)->all();
            count += static_cast<std::uint64_t>(std::count_if(
                all.begin(), all.end(), [&](const auto& discussion) { return discussion.author == author; }));
        }
    return count;
}

/// Of the repos that the caller may see.
void write_repo_counts(JsonText& out, Call& call, const std::string& owner)
{
    out.key("numModels").number(repo_count(call, RepoType::model, owner));
    out.key("numDatasets").number(repo_count(call, RepoType::dataset, owner));
    out.key("numSpaces").number(repo_count(call, RepoType::space, owner));
}

void write_paper_counts(JsonText& out, const Call& call, const Account& user)
{
    std::uint64_t papers = 0, upvotes = 0;
    for (const auto& paper : call.site.options.papers)
        if (std::any_of(paper.authors.begin(), paper.authors.end(),
                        [&](const Paper::Author& author) { return author.user == user.name; })) {
            ++papers;
            upvotes += paper.upvotes;
        }
    out.key("numPapers").number(papers).key("numUpvotes").number(upvotes);
}

void write_organizations(JsonText& out, const Call& call, const Account& user)
{
    out.key("orgs").open('[');
    for (const auto& membership : user.memberships) {
        const auto* organization = call.site.store.accounts().find(membership.organization);
        out.open('{').key("avatarUrl").string(avatar(membership.organization));
        out.key("name").string(membership.organization);
        out.key("fullname").string(organization ? full_name(*organization) : membership.organization);
        out.key("type")
            .string("org")
            .key("isHf")
            .boolean(false)
            .key("isEnterprise")
            .boolean(false)
            .close('}');
    }
    out.close(']');
}

Reply overview(Call& call)
{
    const auto& user = asked_user(call);
    const auto& accounts = call.site.store.accounts();
    JsonText out;
    out.open('{');
    write_user(out, user, reader(call));
    if (!user.details.empty()) out.key("details").string(user.details);
    write_repo_counts(out, call, user.name);
    out.key("numDiscussions").number(discussion_count(call, user.name));
    write_paper_counts(out, call, user);
    out.key("numLikes").number(likes_of(call, user).size());
    out.key("numFollowing").number(accounts.following(user).size());
    out.key("numFollowers").number(accounts.followers(user.name).size());
    write_organizations(out, call, user);
    return json_reply(out.close('}').take());
}

Reply followers(Call& call)
{
    return users_page(call, call.site.store.accounts().followers(asked_user(call).name));
}

Reply following(Call& call)
{
    return users_page(call, call.site.store.accounts().following(asked_user(call)));
}

Reply likes(Call& call)
{
    return page_of(
        call, likes_of(call, asked_user(call)), [](const Like& like) { return like.key(); },
        [](JsonText& out, const Like& like) {
            out.open('{').key("createdAt").string(format_timestamp(like.since)).key("repo").open('{');
            out.key("name").string(like.id).key("type").string(to_string(like.type)).close('}').close('}');
        });
}

std::vector<const Account*> members_of(const Call& call, const Account& organization)
{
    std::vector<const Account*> users;
    for (const auto& [user, role] : call.site.store.accounts().members(organization.name))
        users.push_back(user);
    std::sort(users.begin(), users.end(),
              [](const Account* a, const Account* b) { return a->name < b->name; });
    return users;
}

Reply members(Call& call)
{
    return users_page(call, members_of(call, asked_organization(call)));
}

Reply organization_followers(Call& call)
{
    return users_page(call, call.site.store.accounts().followers(asked_organization(call).name));
}

Reply organization_overview(Call& call)
{
    const auto& organization = asked_organization(call);
    const auto followers = call.site.store.accounts().followers(organization.name);
    JsonText out;
    out.open('{').key("_id").string(object_id(organization.name));
    out.key("avatarUrl").string(avatar(organization.name));
    out.key("name").string(organization.name).key("fullname").string(full_name(organization));
    out.key("type").string("org").key("isHf").boolean(false).key("isVerified").boolean(false);
    if (!organization.details.empty()) out.key("details").string(organization.details);
    if (const auto* me = reader(call))
        out.key("isFollowing").boolean(std::find(followers.begin(), followers.end(), me) != followers.end());
    out.key("numUsers").number(members_of(call, organization).size());
    write_repo_counts(out, call, organization.name);
    out.key("numFollowers").number(followers.size());
    return json_reply(out.close('}').take());
}

/// What list_user_repos() of newer clients asks: all repos of a namespace with what they store.
Reply repositories_of(Call& call, const std::string& owner)
{
    std::vector<std::pair<RepoView, std::uint64_t>> repos;
    std::uint64_t total = 0;
    for (const auto type : every_type)
        for (const auto& repo : call.site.store.repos(type)) {
            auto view = view_head(call.site, repo);
            if (!view.settings->id.starts_with(owner + "/")) continue;
            const auto stored = used_storage(view);
            total += stored;
            repos.emplace_back(std::move(view), stored);
        }
    const auto key = [](const auto& one) {
        return std::string(url_prefix(one.first.repo->type())) + one.first.settings->id;
    };
    std::sort(repos.begin(), repos.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
    return page_of(call, repos, key, [&](JsonText& out, const auto& one) {
        const auto& [view, stored] = one;
        out.open('{').key("id").string(view.settings->id);
        out.key("type").string(to_string(view.repo->type()));
        out.key("visibility").string(view.settings->is_private ? "private" : "public");
        out.key("updatedAt").string(format_timestamp(view.settings->last_modified));
        const auto share =
            total == 0 ? 0.0 : 100.0 * static_cast<double>(stored) / static_cast<double>(total);
        out.key("storage").number(stored).key("storagePercent").raw(fmt::format("{:.4f}", share)).close('}');
    });
}

Reply own_repositories(Call& call)
{
    return repositories_of(call, signed_in(call).account->name);
}

Reply organization_repositories(Call& call)
{
    const auto& organization = asked_organization(call);
    const auto& who = signed_in(call);
    if (call.site.store.accounts().in_namespace(&who, organization.name) < store::Permission::admin)
        throw Refusal(403, "", "You don't have the required permissions to perform this action");
    return repositories_of(call, organization.name);
}

Reply likers(Call& call)
{
    std::vector<const Account*> users;
    for (const auto& [name, since] : readable(call)->settings().likers)
        if (const auto* user = call.site.store.accounts().find(name)) users.push_back(user);
    return users_page(call, users);
}

/// The repo and the name of who likes it or no longer does. \throws Refusal 401, 403, 404
std::pair<std::shared_ptr<store::Repo>, std::string> liking(const Call& call)
{
    auto repo = readable(call);
    const auto& who = signed_in(call);
    if (who.token->role == "read")
        throw Refusal(403, "", "Forbidden: you must use a write token to like a repository.");
    return {std::move(repo), who.account->name};
}

Reply like(Call& call)
{
    const auto [repo, name] = liking(call);
    if (!repo->settings().likers.contains(name))
        repo->update([&, now = call.site.store.now()](store::RepoSettings& settings) {
            settings.likers.emplace(name, now); // the first date stays
        });
    return text_reply("OK");
}

Reply unlike(Call& call)
{
    const auto [repo, name] = liking(call);
    if (repo->settings().likers.contains(name))
        repo->update([&](store::RepoSettings& settings) { settings.likers.erase(name); });
    return text_reply("OK");
}

} // namespace

void add_user_routes(Router& router)
{
    router.add("GET", "/api/users/{name}/overview", {}, overview);
    router.add("GET", "/api/users/{name}/followers", {"limit", "cursor"}, followers);
    router.add("GET", "/api/users/{name}/following", {"limit", "cursor"}, following);
    router.add("GET", "/api/users/{name}/likes", {"limit", "cursor"}, likes);
    router.add("GET", "/api/settings/repositories", {"limit", "cursor"}, own_repositories);
    router.add("GET", "/api/organizations/{name}/settings/repositories", {"limit", "cursor"},
               organization_repositories);
    router.add("GET", "/api/organizations/{name}/overview", {}, organization_overview);
    router.add("GET", "/api/organizations/{name}/followers", {"limit", "cursor"}, organization_followers);
    router.add("GET", "/api/organizations/{name}/members", {"limit", "cursor"}, members);
    router.add("GET", "/api/{kind}/{id}/likers", {"limit", "cursor"}, likers);
    router.add("POST", "/api/{kind}/{id}/like", {}, like);
    router.add("DELETE", "/api/{kind}/{id}/like", {}, unlike);
}

} // namespace hfasync::emulator
