#include <hfasync/api/discussions.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>

#include "api/common/discussion_results.hpp"
#include "api/common/repo_head.hpp"
#include "api/common/url_part.hpp"
#include "base/encoding.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

// ---- arguments

void check_number(std::int64_t discussion_num)
{
    if (discussion_num <= 0) throw ValueError("Invalid discussion_num, must be a positive integer");
}

void check_text(std::string_view text, std::string_view what)
{
    if (!is_valid_utf8(text)) throw ValueError(std::string(what) + " must be UTF-8 text");
}

// Python's str.strip(): what the reference takes off titles, descriptions and comments, Unicode's blanks too.
std::string strip(std::string_view text)
{
    constexpr std::array<std::string_view, 29> blanks{
        "\t",           "\n",           "\v",           "\f",           "\r",
        "\x1c",         "\x1d",         "\x1e",         "\x1f",         " ",
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
        "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
        "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
    const auto blank_end = [&](auto&& ends) {
        const auto* found = std::find_if(blanks.begin(), blanks.end(), ends);
        return found == blanks.end() ? std::size_t{0} : found->size();
    };
    while (const auto size = blank_end([&](auto blank) { return text.starts_with(blank); }))
        text.remove_prefix(size);
    while (const auto size = blank_end([&](auto blank) { return text.ends_with(blank); }))
        text.remove_suffix(size);
    return std::string(text);
}

std::string description_of(const CreateDiscussionOptions& options)
{
    auto text = strip(options.description.value_or(""));
    if (!text.empty()) return text;
    return std::string(options.pull_request ? "Pull Request" : "Discussion") +
           " opened with the [huggingface_hub Python library](https://huggingface.co/docs/huggingface_hub)";
}

// ---- one discussion

http::ErrorScope discussion_scope(const RepoRef& repo, std::int64_t discussion_num)
{
    return {.what = "discussion " + std::to_string(discussion_num) + " of " + scope_of(repo).what};
}

std::string discussion_path(const RepoRef& repo, std::int64_t discussion_num, std::string_view resource = {})
{
    auto path = repo_api_path(repo.type, repo.id, "/discussions/") + std::to_string(discussion_num);
    if (!resource.empty()) path.append("/").append(resource);
    return path;
}

boost::asio::awaitable<DiscussionWithDetails> details(HubPtr hub, RepoRef repo, std::int64_t discussion_num)
{
    http::Request request;
    request.url = api_url(hub, discussion_path(repo, discussion_num));
    request.url.add_query({{"diff", "1"}});
    request.auth.token = repo.token;
    const auto context = context_of(request);
    auto answer = co_await fetch_json(hub, std::move(request), discussion_scope(repo, discussion_num));
    co_return read_discussion_details(std::move(answer), context, hub->options.endpoint);
}

boost::asio::awaitable<DiscussionWithDetails>
discussion_details(HubPtr hub, std::string repo_id, std::int64_t num, GetDiscussionDetailsOptions options)
{
    validate_repo_id(repo_id);
    check_number(num);
    RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    co_return co_await details(std::move(hub), std::move(repo), num);
}

// The member `name` of an answer: each change of a discussion answers under a name of its own.
json::value take_member(json::value& answer, std::string_view name, const DecodeContext& context)
{
    if (auto* object = answer.if_object())
        if (auto* found = object->if_contains(name); found && found->is_object()) return std::move(*found);
    const auto path = context.root + "." + std::string(name);
    throw BadResponseError(errc::bad_response, context.source + ": expected an object at " + path,
                           {.path = path});
}

boost::asio::awaitable<DiscussionWithDetails>
new_discussion(HubPtr hub, std::string repo_id, std::string title, CreateDiscussionOptions options)
{
    validate_repo_id(repo_id);
    check_text(title, "title");
    check_text(options.description.value_or(""), "description");
    const RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    http::Request request;
    request.method = http::Method::post;
    request.url = api_url(hub, repo_api_path(repo.type, repo.id, "/discussions"));
    request.replay = http::Replay::unsent;
    request.auth.token = repo.token;
    set_json_body(request, json::object{{"title", strip(title)},
                                        {"description", description_of(options)},
                                        {"pullRequest", options.pull_request}});
    const auto context = context_of(request);
    const auto answer = co_await fetch_json(hub, std::move(request), scope_of(repo));
    const auto* object = answer.if_object();
    const auto* num = object ? object->if_contains("num") : nullptr;
    if (!num || !num->is_int64() || num->get_int64() <= 0)
        throw BadResponseError(errc::bad_response,
                               context.source + ": expected the number of the new discussion at $.num",
                               {.path = "$.num"});
    co_return co_await details(std::move(hub), repo, num->get_int64());
}

// ---- changes of one discussion

struct Change {
    std::string repo_id;
    std::int64_t discussion_num = 0;
    std::optional<std::string> repo_type;
    Token token;
    std::string resource; ///< behind the discussion's path, encoded
    std::optional<json::object> body;
};

// Checks in the order of the reference, then makes the POST.
std::pair<http::Request, http::ErrorScope> change_request(const HubPtr& hub, Change change)
{
    validate_repo_id(change.repo_id);
    check_number(change.discussion_num);
    const RepoRef repo{repo_type_or_model(change.repo_type), std::move(change.repo_id),
                       std::move(change.token)};
    http::Request request;
    request.method = http::Method::post;
    request.url = api_url(hub, discussion_path(repo, change.discussion_num, change.resource));
    request.replay = http::Replay::unsent;
    request.auth.token = repo.token;
    if (change.body) set_json_body(request, *change.body);
    return {std::move(request), discussion_scope(repo, change.discussion_num)};
}

// The event stands in `member` of the answer.
template <class Event>
boost::asio::awaitable<Event> make_change(HubPtr hub, Change change, std::string member)
{
    auto [request, scope] = change_request(hub, std::move(change));
    auto context = context_of(request);
    auto answer = co_await fetch_json(hub, std::move(request), std::move(scope));
    auto event = take_member(answer, member, context);
    context.root += "." + member;
    co_return read_event_as<Event>(std::move(event), context);
}

boost::asio::awaitable<DiscussionComment> comment(HubPtr hub, std::string repo_id, std::int64_t num,
                                                  std::string text, CommentDiscussionOptions options)
{
    check_text(text, "comment");
    Change change{.repo_id = std::move(repo_id),
                  .discussion_num = num,
                  .repo_type = std::move(options.repo_type),
                  .token = std::move(options.token),
                  .resource = "comment",
                  .body = json::object{{"comment", text}}};
    co_return co_await make_change<DiscussionComment>(std::move(hub), std::move(change), "newMessage");
}

boost::asio::awaitable<DiscussionTitleChange> rename(HubPtr hub, std::string repo_id, std::int64_t num,
                                                     std::string title, RenameDiscussionOptions options)
{
    check_text(title, "new_title");
    Change change{.repo_id = std::move(repo_id),
                  .discussion_num = num,
                  .repo_type = std::move(options.repo_type),
                  .token = std::move(options.token),
                  .resource = "title",
                  .body = json::object{{"title", title}}};
    co_return co_await make_change<DiscussionTitleChange>(std::move(hub), std::move(change), "newTitle");
}

// {"comment": ..} unless it is blank.
void add_comment(json::object& body, const std::optional<std::string>& comment)
{
    check_text(comment.value_or(""), "comment");
    if (auto text = strip(comment.value_or("")); !text.empty()) body["comment"] = text;
}

boost::asio::awaitable<DiscussionStatusChange> change_status(HubPtr hub, std::string repo_id,
                                                             std::int64_t num, DiscussionStatus status,
                                                             ChangeDiscussionStatusOptions options)
{
    if (status != DiscussionStatus::open && status != DiscussionStatus::closed)
        throw ValueError("Invalid status, valid statuses are: 'open' and 'closed'");
    json::object body{{"status", enum_text(status)}};
    add_comment(body, options.comment);
    Change change{.repo_id = std::move(repo_id),
                  .discussion_num = num,
                  .repo_type = std::move(options.repo_type),
                  .token = std::move(options.token),
                  .resource = "status",
                  .body = std::move(body)};
    co_return co_await make_change<DiscussionStatusChange>(std::move(hub), std::move(change), "newStatus");
}

boost::asio::awaitable<void> merge(HubPtr hub, std::string repo_id, std::int64_t num,
                                   MergePullRequestOptions options)
{
    json::object body;
    add_comment(body, options.comment);
    Change change{.repo_id = std::move(repo_id),
                  .discussion_num = num,
                  .repo_type = std::move(options.repo_type),
                  .token = std::move(options.token),
                  .resource = "merge",
                  .body = {}};
    if (!body.empty()) change.body = std::move(body); // without a comment the reference sends no body at all
    auto [request, scope] = change_request(hub, std::move(change));
    co_await fetch_nothing(hub, std::move(request), std::move(scope));
}

// The Hub's ids are lower case hexadecimal digits.
std::string comment_resource(std::string comment_id, std::string_view verb)
{
    for (char& c : comment_id)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return "comment/" + url_part(comment_id, "comment_id") + "/" + std::string(verb);
}

boost::asio::awaitable<DiscussionComment> edit_comment(HubPtr hub, std::string repo_id, std::int64_t num,
                                                       std::string comment_id, std::string content,
                                                       EditDiscussionCommentOptions options)
{
    check_text(content, "new_content");
    Change change{.repo_id = std::move(repo_id),
                  .discussion_num = num,
                  .repo_type = std::move(options.repo_type),
                  .token = std::move(options.token),
                  .resource = comment_resource(std::move(comment_id), "edit"),
                  .body = json::object{{"content", content}}};
    co_return co_await make_change<DiscussionComment>(std::move(hub), std::move(change), "updatedComment");
}

boost::asio::awaitable<DiscussionComment> hide_comment(HubPtr hub, std::string repo_id, std::int64_t num,
                                                       std::string comment_id,
                                                       HideDiscussionCommentOptions options)
{
    Change change{.repo_id = std::move(repo_id),
                  .discussion_num = num,
                  .repo_type = std::move(options.repo_type),
                  .token = std::move(options.token),
                  .resource = comment_resource(std::move(comment_id), "hide"),
                  .body = {}};
    co_return co_await make_change<DiscussionComment>(std::move(hub), std::move(change), "updatedComment");
}

} // namespace

boost::asio::awaitable<DiscussionWithDetails>
DiscussionsApi::get_discussion_details(std::string repo_id, std::int64_t discussion_num,
                                       GetDiscussionDetailsOptions options) const
{
    return discussion_details(hub_.state(), std::move(repo_id), discussion_num, std::move(options));
}

boost::asio::awaitable<DiscussionWithDetails>
DiscussionsApi::create_discussion(std::string repo_id, std::string title,
                                  CreateDiscussionOptions options) const
{
    return new_discussion(hub_.state(), std::move(repo_id), std::move(title), std::move(options));
}

boost::asio::awaitable<DiscussionWithDetails>
DiscussionsApi::create_pull_request(std::string repo_id, std::string title,
                                    CreatePullRequestOptions options) const
{
    return new_discussion(hub_.state(), std::move(repo_id), std::move(title),
                          {.token = std::move(options.token),
                           .description = std::move(options.description),
                           .repo_type = std::move(options.repo_type),
                           .pull_request = true});
}

boost::asio::awaitable<DiscussionComment>
DiscussionsApi::comment_discussion(std::string repo_id, std::int64_t discussion_num, std::string text,
                                   CommentDiscussionOptions options) const
{
    return comment(hub_.state(), std::move(repo_id), discussion_num, std::move(text), std::move(options));
}

boost::asio::awaitable<DiscussionTitleChange>
DiscussionsApi::rename_discussion(std::string repo_id, std::int64_t discussion_num, std::string new_title,
                                  RenameDiscussionOptions options) const
{
    return rename(hub_.state(), std::move(repo_id), discussion_num, std::move(new_title), std::move(options));
}

boost::asio::awaitable<DiscussionStatusChange>
DiscussionsApi::change_discussion_status(std::string repo_id, std::int64_t discussion_num,
                                         DiscussionStatus new_status,
                                         ChangeDiscussionStatusOptions options) const
{
    return change_status(hub_.state(), std::move(repo_id), discussion_num, new_status, std::move(options));
}

boost::asio::awaitable<void> DiscussionsApi::merge_pull_request(std::string repo_id,
                                                                std::int64_t discussion_num,
                                                                MergePullRequestOptions options) const
{
    return merge(hub_.state(), std::move(repo_id), discussion_num, std::move(options));
}

boost::asio::awaitable<DiscussionComment>
DiscussionsApi::edit_discussion_comment(std::string repo_id, std::int64_t discussion_num,
                                        std::string comment_id, std::string new_content,
                                        EditDiscussionCommentOptions options) const
{
    return edit_comment(hub_.state(), std::move(repo_id), discussion_num, std::move(comment_id),
                        std::move(new_content), std::move(options));
}

boost::asio::awaitable<DiscussionComment>
DiscussionsApi::hide_discussion_comment(std::string repo_id, std::int64_t discussion_num,
                                        std::string comment_id, HideDiscussionCommentOptions options) const
{
    return hide_comment(hub_.state(), std::move(repo_id), discussion_num, std::move(comment_id),
                        std::move(options));
}

} // namespace hfasync
