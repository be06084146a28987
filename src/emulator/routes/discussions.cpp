// Discussions and pull requests.
#include <algorithm>
#include <charconv>

#include "emulator/access.hpp"
#include "emulator/routes/body.hpp"
#include "emulator/routes/discussion_json.hpp"

namespace hfasync::emulator {

namespace {

using store::Permission;

constexpr std::size_t most_per_page = 10; // the Hub's
constexpr std::size_t shortest_title = 3, longest_title = 200;
constexpr std::size_t longest_comment = 65'536;

// ---- what is asked for

std::optional<std::size_t> number_in(std::string_view text)
{
    std::size_t value = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

int asked_number(const Call& call)
{
    const auto num = number_in(call.param("num"));
    if (!num || *num == 0) throw Refusal(400, "", "Invalid discussion number: " + call.param("num"));
    if (*num > 1'000'000'000) throw Refusal(404, "", "Discussion not found");
    return static_cast<int>(*num);
}

/// One of a few words; the first when absent.
std::string word_of(const Request& request, std::string_view key,
                    std::initializer_list<std::string_view> words)
{
    const auto given = request.query_value(key).value_or(*words.begin());
    if (std::find(words.begin(), words.end(), given) == words.end())
        throw Refusal(400, "", "Invalid value for " + std::string(key) + ": " + std::string(given));
    return std::string(given);
}

std::size_t characters(std::string_view text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string quoted(std::string_view key)
{
    return "\"" + std::string(key) + "\"";
}

/// In the words of the Hub's own validation.
std::string text_within(const boost::json::object& body, std::string_view key, std::size_t least,
                        std::size_t most)
{
    auto text = require_text(body, key);
    const auto size = characters(text);
    if (size == 0) throw Refusal(400, "", quoted(key) + " is not allowed to be empty");
    if (size < least)
        throw Refusal(400, "",
                      quoted(key) + " length must be at least " + std::to_string(least) + " characters long");
    if (size > most)
        throw Refusal(400, "",
                      quoted(key) + " length must be less than or equal to " + std::to_string(most) +
                          " characters long");
    return text;
}

// ---- who may

struct Asked {
    std::shared_ptr<store::Repo> repo;
    std::shared_ptr<store::Discussions> discussions;
    std::string user; ///< name of the account
    bool is_writer = false;
};

/// Everybody who is signed in may take part in what he can read.
Asked asked(const Call& call)
{
    auto repo = contributable(call);
    const auto permission = call.site.store.accounts().permission(call.identity(), repo->settings());
    auto discussions = call.site.discussions.of(repo);
    return {std::move(repo), std::move(discussions), signed_in(call).account->name,
            permission >= Permission::write};
}

/// Its author and those who may write to the repo change a discussion.
void require_author(const Asked& asked, const std::string& author, const std::string& what)
{
    if (!asked.is_writer && asked.user != author) throw Refusal(403, "", "You can't " + what);
}

Reply event_reply(const Call& call, const Asked& asked, std::string_view key,
                  const store::DiscussionEvent& event)
{
    JsonText out;
    out.open('{').key(key);
    DiscussionJson(call.site, *asked.repo).write_event(out, event);
    return json_reply(out.close('}').take());
}

// ---- reading

Reply list(Call& call)
{
    const auto repo = readable(call);
    const auto& request = call.request;
    const auto type = word_of(request, "type", {"all", "discussion", "pull_request"});
    const auto status = word_of(request, "status", {"all", "open", "closed"});
    const auto author = request.query_value("author");
    const auto page = number_in(request.query_value("p").value_or("0"));
    if (!page || *page > 1'000'000'000) throw Refusal(400, "", "Invalid value for p");

    auto rows = call.site.discussions.of(repo)->all();
    const auto closed =
        std::count_if(rows.begin(), rows.end(), [](const auto& row) { return !row.is_open(); });
    std::erase_if(rows, [&](const store::Discussion& row) {
        return (type != "all" && (type == "pull_request") != row.is_pull_request) ||
               (status != "all" && (status == "open") != row.is_open()) || (author && *author != row.author);
    });
    const auto per_page = std::min(most_per_page, call.site.options.page_size);
    const auto start = *page * per_page;
    const DiscussionJson json(call.site, *repo);
    JsonText out;
    out.open('{').key("discussions").open('[');
    for (auto i = start; i < std::min(start + per_page, rows.size()); ++i)
        json.write_row(out, rows[i]);
    out.close(']').key("count").number(rows.size()).key("start").number(start);
    out.key("numClosedDiscussions").number(static_cast<std::uint64_t>(closed));
    return json_reply(out.close('}').take());
}

/// The diff of a pull request as it would be, or was, merged.
std::string diff_of(const store::Repo& repo, const store::Discussion& discussion,
                    const std::optional<store::Oid>& base)
{
    const auto head = repo.try_resolve(discussion.ref());
    return head ? repo.diff(base, *head) : "";
}

void write_pull_request(JsonText& out, const store::Repo& repo, const store::Discussion& discussion,
                        bool with_diff)
{
    store::MergeOutcome merge{
        .base = store::Oid::parse(discussion.merge_base), .commit = {}, .conflicts = {}};
    // The base may have been deleted meanwhile.
    if (discussion.status != "merged" && repo.try_resolve(discussion.base))
        merge = repo.preview_merge(discussion.ref(), discussion.base);
    out.key("changes").open('{').key("base").string(discussion.base);
    if (!discussion.merge_commit.empty()) out.key("mergeCommitId").string(discussion.merge_commit);
    out.close('}').key("filesWithConflicts").open('[');
    for (const auto& path : merge.conflicts)
        out.string(path);
    out.close(']');
    if (with_diff) out.key("diff").string(diff_of(repo, discussion, merge.base));
}

Reply details(Call& call)
{
    const auto repo = readable(call);
    const auto discussion = call.site.discussions.of(repo)->require(asked_number(call));
    JsonText out;
    DiscussionJson(call.site, *repo).open_details(out, discussion);
    if (discussion.is_pull_request)
        write_pull_request(out, *repo, discussion, call.request.query_flag("diff"));
    return json_reply(out.close('}').take());
}

// ---- changing

Reply create(Call& call)
{
    const auto who = asked(call);
    const auto body = read_object(call.body);
    store::NewDiscussion wanted{.author = who.user,
                                .title = text_within(body, "title", shortest_title, longest_title),
                                .description = text_or(body, "description", ""),
                                .is_pull_request = flag(body, "pullRequest")};
    if (characters(wanted.description) > longest_comment)
        throw Refusal(400, "", "\"description\" is too long");
    const auto made = who.discussions->open(wanted);
    JsonText out;
    out.open('{').key("num").number(static_cast<std::uint64_t>(made.num));
    out.key("pullRequest").boolean(made.is_pull_request);
    out.key("url").string(repo_url(call.site, *who.repo) + "/discussions/" + std::to_string(made.num));
    return json_reply(out.close('}').take());
}

Reply comment(Call& call)
{
    const auto who = asked(call);
    const auto text = text_within(read_object(call.body), "comment", 1, longest_comment);
    const auto event = who.discussions->comment(asked_number(call), who.user, text);
    return event_reply(call, who, "newMessage", event);
}

Reply rename(Call& call)
{
    const auto who = asked(call);
    const auto num = asked_number(call);
    require_author(who, who.discussions->require(num).author, "change the title of this discussion");
    const auto title = text_within(read_object(call.body), "title", shortest_title, longest_title);
    return event_reply(call, who, "newTitle", who.discussions->rename(num, who.user, title));
}

std::string optional_comment(const boost::json::object& body)
{
    return body.if_contains("comment") ? text_within(body, "comment", 1, longest_comment) : "";
}

Reply change_status(Call& call)
{
    const auto who = asked(call);
    const auto num = asked_number(call);
    require_author(who, who.discussions->require(num).author, "change the status of this discussion");
    const auto body = read_object(call.body);
    const auto status = require_text(body, "status");
    if (status != "open" && status != "closed")
        throw Refusal(400, "", "\"status\" must be one of [open, closed]");
    return event_reply(call, who, "newStatus",
                       who.discussions->change_status(num, who.user, status, optional_comment(body)));
}

Reply merge(Call& call)
{
    const auto who = asked(call);
    if (!who.is_writer) throw Refusal(403, "", "You can't merge this pull request");
    const auto num = asked_number(call);
    const auto& account = *signed_in(call).account;
    const auto commit = who.discussions->merge(num, who.user, store::Accounts::email(account),
                                               optional_comment(read_object(call.body)));
    JsonText out;
    return json_reply(out.open('{').key("commitOid").string(commit.hex()).close('}').take());
}

/// \throws StoreError 404
std::string author_of_comment(const Asked& asked, int num, std::string_view id)
{
    return asked.discussions->require(num).comment(id).author;
}

Reply edit_comment(Call& call)
{
    const auto who = asked(call);
    const auto num = asked_number(call);
    const auto& id = call.param("comment");
    // Not even the repo's owner puts words into others' mouths.
    if (author_of_comment(who, num, id) != who.user) throw Refusal(403, "", "You can't edit this comment");
    const auto text = text_within(read_object(call.body), "content", 1, longest_comment);
    return event_reply(call, who, "updatedComment", who.discussions->edit(num, id, who.user, text));
}

Reply hide_comment(Call& call)
{
    const auto who = asked(call);
    const auto num = asked_number(call);
    const auto& id = call.param("comment");
    require_author(who, author_of_comment(who, num, id), "hide this comment");
    return event_reply(call, who, "updatedComment", who.discussions->hide(num, id, who.user));
}

} // namespace

void add_discussion_routes(Router& router)
{
    router.add("GET", "/api/{kind}/{id}/discussions", {"p", "type", "status", "author"}, list);
    router.add("POST", "/api/{kind}/{id}/discussions", {}, create);
    router.add("GET", "/api/{kind}/{id}/discussions/{num}", {"diff"}, details);
    router.add("POST", "/api/{kind}/{id}/discussions/{num}/comment", {}, comment);
    router.add("POST", "/api/{kind}/{id}/discussions/{num}/title", {}, rename);
    router.add("POST", "/api/{kind}/{id}/discussions/{num}/status", {}, change_status);
    router.add("POST", "/api/{kind}/{id}/discussions/{num}/merge", {}, merge);
    router.add("POST", "/api/{kind}/{id}/discussions/{num}/comment/{comment}/edit", {}, edit_comment);
    router.add("POST", "/api/{kind}/{id}/discussions/{num}/comment/{comment}/hide", {}, hide_comment);
}

} // namespace hfasync::emulator
