#include "emulator/routes/collection_json.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "emulator/access.hpp"
#include "emulator/routes/account.hpp"
#include "emulator/routes/info.hpp"

namespace hfasync::emulator {

namespace {

constexpr std::size_t items_in_listings = 4;

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else
            out.push_back(c);
    }
    return out;
}

void write_item_head(JsonText& out, const store::CollectionItem& item, std::size_t position)
{
    out.open('{').key("_id").string(item.id).key("position").number(position).key("type").string(item.type);
    if (!item.note) return;
    out.key("note").open('{').key("html").string(escaped(*item.note));
    out.key("text").string(*item.note).close('}');
}

void write_repo(JsonText& out, const RepoView& view, const store::Identity* reader)
{
    const auto& settings = *view.settings;
    out.key("author").string(settings.id.substr(0, settings.id.find('/'))).key("id").string(settings.id);
    out.key("likes").number(settings.likers.size());
    if (reader) out.key("isLikedByUser").boolean(settings.likers.contains(reader->account->name));
    out.key("private").boolean(settings.is_private).key("gated");
    settings.gated == "false" ? out.boolean(false) : out.string(settings.gated);
    out.key("lastModified").string(format_timestamp(settings.last_modified));
    out.key("repoType").string(to_string(settings.type));
    if (settings.type == RepoType::space)
        out.key("title")
            .string(settings.id.substr(settings.id.find('/') + 1))
            .key("sdk")
            .string(settings.sdk);
    else
        out.key("downloads").number(settings.downloads);
    if (!view.facts->pipeline_tag.empty()) out.key("pipeline_tag").string(view.facts->pipeline_tag);
}

std::optional<RepoType> repo_type_of(const store::CollectionItem& item)
{
    for (const auto type : {RepoType::model, RepoType::dataset, RepoType::space})
        if (to_string(type) == item.type) return type;
    return std::nullopt;
}

} // namespace

std::shared_ptr<store::Repo> repo_of(const Site& site, const store::CollectionItem& item)
{
    const auto type = repo_type_of(item);
    auto repo = type ? site.store.find(*type, item.name) : nullptr;
    if (repo && repo->settings().uid != item.key) repo.reset(); // deleted, and another made in its place
    return repo;
}

void CollectionJson::write_paper(JsonText& out, const store::CollectionItem& item) const
{
    const auto& papers = call_.site.options.papers;
    const auto paper =
        std::find_if(papers.begin(), papers.end(), [&](const Paper& one) { return one.id == item.name; });
    out.key("id").string(item.name).key("title").string(paper == papers.end() ? item.name : paper->title);
    out.key("upvotes").number(paper == papers.end() ? 0 : paper->upvotes);
    if (paper == papers.end()) return;
    out.key("publishedAt")
        .string(format_timestamp(std::chrono::floor<std::chrono::microseconds>(paper->published_at)));
}

void CollectionJson::write_items(JsonText& out, const store::Collection& collection, std::size_t most) const
{
    out.key("items").open('[');
    for (std::size_t i = 0; i < collection.items.size() && most > 0; ++i) {
        const auto& item = collection.items[i];
        if (item.type == "paper") {
            write_item_head(out, item, i);
            write_paper(out, item);
        } else {
            const auto repo = repo_of(call_.site, item);
            if (!repo) continue;
            const auto view = view_head(call_.site, repo);
            if (!may_see(call_.site, call_.identity(), view)) continue;
            write_item_head(out, item, i);
            write_repo(out, view, call_.identity());
        }
        out.close('}');
        --most;
    }
    out.close(']');
}

void CollectionJson::write_owner(JsonText& out, const std::string& owner) const
{
    const auto& accounts = call_.site.store.accounts();
    const Account* const account = accounts.find(owner);
    const bool organization = account && account->is_organization;
    std::uint64_t followers = 0;
    for (const auto& other : accounts.all())
        followers += std::count(other.following.begin(), other.following.end(), owner) > 0 ? 1 : 0;
    out.key("owner").open('{').key("_id").string(object_id(owner)).key("avatarUrl").string(avatar(owner));
    out.key("fullname").string(account ? full_name(*account) : owner).key("name").string(owner);
    out.key("type").string(organization ? "org" : "user");
    if (organization)
        out.key("isEnterprise").boolean(false);
    else
        out.key("isPro").boolean(account && account->is_pro);
    out.key("isHf").boolean(false).key("isMod").boolean(false);
    out.key("followerCount").number(followers).close('}');
}

void CollectionJson::write_members(JsonText& out, const store::Collection& collection,
                                   std::size_t most_items) const
{
    const auto* const reader = call_.identity();
    out.key("slug").string(collection.slug()).key("title").string(collection.title);
    if (collection.description) out.key("description").string(*collection.description);
    out.key("lastUpdated").string(format_timestamp(collection.last_updated)).key("gating").boolean(false);
    write_owner(out, collection.owner);
    write_items(out, collection, most_items);
    out.key("theme").string(collection.theme).key("private").boolean(collection.is_private);
    out.key("upvotes").number(collection.upvoters.size());
    out.key("isUpvotedByUser").boolean(reader && collection.upvoters.contains(reader->account->name));
}

void CollectionJson::write_row(JsonText& out, const store::Collection& collection) const
{
    out.open('{');
    write_members(out, collection, items_in_listings);
    out.close('}');
}

void CollectionJson::write(JsonText& out, const store::Collection& collection) const
{
    out.open('{');
    write_members(out, collection, std::numeric_limits<std::size_t>::max());
    out.key("position").number(call_.site.collections.position(collection));
    out.key("shareUrl").string(call_.site.endpoint + "/collections/" + collection.slug()).close('}');
}

} // namespace hfasync::emulator
