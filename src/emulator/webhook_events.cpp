// From what happens in the store to what webhooks are told.
#include "emulator/json_text.hpp"
#include "emulator/routes/account.hpp"
#include "emulator/site.hpp"
#include "emulator/webhook_delivery.hpp"

namespace hfasync::emulator {

namespace {

WebhookEvent event_of(const store::Repo& repo, std::string action, std::string scope)
{
    WebhookEvent event;
    event.action = std::move(action);
    event.scope = std::move(scope);
    event.repo = repo.settings();
    if (const auto head = repo.try_resolve("main")) event.head_sha = head->hex();
    return event;
}

std::string first_parent(const store::Repo& repo, const store::Oid& commit)
{
    const auto parents = repo.commit_record(commit).parents;
    return parents.empty() ? std::string() : parents.front().hex();
}

struct DiscussionUrls {
    DiscussionUrls(const Site& site, const store::RepoSettings& repo, int num)
    {
        const auto place = "/discussions/" + std::to_string(num);
        web = site.endpoint + "/" + std::string(url_prefix(repo.type)) + repo.id + place;
        api = site.endpoint + "/api/" + std::string(plural(repo.type)) + "/" + repo.id + place;
    }
    std::string web, api;
};

void write_author(JsonText& out, const std::string& name)
{
    out.key("author").open('{').key("id").string(object_id(name)).close('}');
}

std::string discussion_json(const store::RepoSettings& repo, const store::Discussion& discussion,
                            const DiscussionUrls& urls)
{
    JsonText out;
    out.open('{').key("id").string(object_id(repo.uid + "/" + std::to_string(discussion.num)));
    out.key("title").string(discussion.title).key("url").open('{').key("web").string(urls.web);
    out.key("api").string(urls.api).close('}').key("status").string(discussion.status);
    write_author(out, discussion.author);
    out.key("isPullRequest").boolean(discussion.is_pull_request);
    if (discussion.is_pull_request)
        out.key("changes").open('{').key("base").string(discussion.base).close('}');
    return out.key("num").number(static_cast<std::uint64_t>(discussion.num)).close('}').take();
}

std::string comment_json(const store::DiscussionEvent& comment, const DiscussionUrls& urls)
{
    const bool hidden = !comment.hidden_by.empty();
    JsonText out;
    out.open('{').key("id").string(comment.id);
    write_author(out, comment.author);
    out.key("hidden").boolean(hidden);
    // A hidden comment is not told to anyone.
    if (!hidden && !comment.texts.empty()) out.key("content").string(comment.texts.back().raw);
    out.key("url").open('{').key("web").string(urls.web + "#" + comment.id).close('}');
    return out.close('}').take();
}

/// The comment that the event is about: the changed one, or the one that a new discussion begins with.
const store::DiscussionEvent* comment_of(const store::DiscussionNews& news)
{
    if (news.event.type == "comment") return &news.event;
    if (news.scope != "discussion" || news.action != "create") return nullptr;
    for (const auto& event : news.discussion.events)
        if (event.type == "comment") return &event;
    return nullptr;
}

} // namespace

void notify(Site& site, const WebhookEvent& event)
{
    const auto& accounts = site.store.accounts();
    for (const auto& webhook : site.webhooks.all()) {
        if (webhook->state != store::Webhook::State::enabled || !covers(*webhook, event)) continue;
        // Who watches an organisation does not learn of its private repos by that.
        const store::Identity owner{.account = accounts.find(webhook->owner), .token = nullptr};
        if (accounts.permission(&owner, event.repo) == store::Permission::none) continue;
        if (!loopback_target(webhook->url)) continue;
        site.deliveries.send({webhook->id, webhook_payload(site.endpoint, *webhook, event)});
    }
}

void notify_moved(Site& site, const store::Repo& repo, UpdatedRef ref)
{
    auto event = event_of(repo, "update", "repo.content");
    event.updated_refs.push_back(std::move(ref));
    notify(site, event);
}

void notify_commit(Site& site, const store::Repo& repo, std::string_view revision,
                   const store::CommitOutcome& outcome)
{
    if (outcome.pull_request) {
        notify_moved(site, repo,
                     {.ref = "refs/pr/" + std::to_string(*outcome.pull_request),
                      .old_sha = {},
                      .new_sha = outcome.commit.hex()});
    } else if (outcome.changed) {
        const std::string_view prefix = revision.starts_with("refs/") ? "" : "refs/heads/";
        notify_moved(site, repo,
                     {.ref = std::string(prefix) + std::string(revision),
                      .old_sha = first_parent(repo, outcome.commit),
                      .new_sha = outcome.commit.hex()});
    }
}

void notify_discussion(Site& site, const store::DiscussionNews& news)
{
    auto event = event_of(*news.repo, news.action, news.scope);
    const DiscussionUrls urls(site, event.repo, news.discussion.num);
    event.discussion = discussion_json(event.repo, news.discussion, urls);
    if (const auto* comment = comment_of(news)) event.comment = comment_json(*comment, urls);
    notify(site, event);
    // A merge also moves the branch.
    if (news.event.type == "status-change" && news.event.to == "merged")
        if (const auto merged = store::Oid::parse(news.discussion.merge_commit))
            notify_moved(site, *news.repo,
                         {.ref = news.discussion.base,
                          .old_sha = first_parent(*news.repo, *merged),
                          .new_sha = merged->hex()});
}

} // namespace hfasync::emulator
