#include "emulator/store/discussion_store.hpp"

#include <charconv>
#include <fstream>

#include <boost/json.hpp>
#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/os.hpp"
#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace fs = std::filesystem;
namespace json = boost::json;

// A repo's folder holds `discussions/N.json`, each replaced as a whole: a change costs one small file, and
// goes with the repo when that is deleted.

namespace {

[[noreturn]] void no_discussion()
{
    throw StoreError(404, "", "Discussion not found");
}

} // namespace

Discussions::Discussions(const std::shared_ptr<Repo>& repo, fs::path folder, ClockFn clock,
                         const DiscussionObserver& observer)
    : repo_(repo), folder_(std::move(folder)), clock_(std::move(clock)), observer_(observer)
{
    load();
}

std::shared_ptr<Repo> Discussions::repo() const
{
    if (auto repo = repo_.lock()) return repo;
    throw StoreError(404, "RepoNotFound", "Repository not found");
}

void Discussions::load()
{
    if (!fs::exists(folder_)) return;
    for (const auto& item : fs::directory_iterator(folder_)) {
        if (item.path().extension() != ".json") continue;
        std::ifstream file(item.path(), std::ios::binary);
        const std::string text(std::istreambuf_iterator<char>(file), {});
        try {
            auto discussion = discussion_from_json(json::parse(text).as_object());
            discussions_.emplace(discussion.num, std::move(discussion));
        } catch (const std::exception&) { // no JSON, or a key is missing
            detail::throw_os_error(
                std::make_error_code(std::errc::illegal_byte_sequence),
                "read a discussion, which is damaged; move this file away or restore it:", item.path());
        }
    }
}

void Discussions::save(const Discussion& discussion) const
{
    if (!fs::exists(folder_.parent_path())) // deleted, and a request still holds the repo
        return;
    fs::create_directory(folder_);
    detail::atomic_write(folder_ / fmt::format("{}.json", discussion.num),
                         json::serialize(to_json(discussion)), folder_, false);
}

std::vector<Discussion> Discussions::all() const
{
    const std::scoped_lock lock(mutex_);
    std::vector<Discussion> out;
    out.reserve(discussions_.size());
    for (const auto& [num, discussion] : discussions_)
        out.push_back(discussion);
    return out;
}

std::optional<Discussion> Discussions::find(int num) const
{
    const std::scoped_lock lock(mutex_);
    const auto found = discussions_.find(num);
    return found == discussions_.end() ? std::nullopt : std::optional(found->second);
}

Discussion Discussions::require(int num) const
{
    if (auto found = find(num)) return *found;
    no_discussion();
}

std::optional<Discussion> Discussions::pull_request(std::string_view revision) const
{
    constexpr std::string_view prefix = "refs/pr/";
    int num = 0;
    if (!revision.starts_with(prefix)) return std::nullopt;
    revision.remove_prefix(prefix.size());
    const auto end = std::from_chars(revision.data(), revision.data() + revision.size(), num);
    if (end.ec != std::errc() || end.ptr != revision.data() + revision.size()) return std::nullopt;
    auto found = find(num);
    if (found && !found->is_pull_request) found.reset();
    return found;
}

// ---- events

DiscussionEvent Discussions::append(Discussion& discussion, std::string_view type, const std::string& author,
                                    std::string from, std::string to) const
{
    // Events are never taken away: their number makes an id that is used once.
    const auto id = detail::sha1_hex(
        fmt::format("{}/{}/{}", repo()->settings().uid, discussion.num, discussion.events.size()));
    return discussion.events.emplace_back(DiscussionEvent{.id = id.substr(0, 24),
                                                          .type = std::string(type),
                                                          .author = author,
                                                          .at = clock_(),
                                                          .texts = {},
                                                          .hidden_by = {},
                                                          .from = std::move(from),
                                                          .to = std::move(to)});
}

DiscussionEvent Discussions::append_comment(Discussion& discussion, const std::string& author,
                                            const std::string& text) const
{
    append(discussion, "comment", author, {}, {});
    auto& event = discussion.events.back();
    event.texts.push_back({.raw = text, .author = author, .at = event.at});
    return event;
}

DiscussionEvent Discussions::change(int num, std::string_view action, std::string_view scope,
                                    const std::function<DiscussionEvent(Discussion&)>& change)
{
    DiscussionNews news{.repo = repo(),
                        .discussion = {},
                        .event = {},
                        .action = std::string(action),
                        .scope = std::string(scope)};
    {
        const std::scoped_lock lock(mutex_);
        const auto found = discussions_.find(num);
        if (found == discussions_.end()) no_discussion();
        news.discussion = found->second;
        news.event = change(news.discussion);
        save(news.discussion);
        found->second = news.discussion;
    }
    if (observer_) observer_(news);
    return news.event;
}

// ---- new ones

Discussion Discussions::add(Discussion discussion, const NewDiscussion& wanted)
{
    discussion.author = wanted.author;
    discussion.title = wanted.title;
    discussion.created_at = clock_();
    discussion.is_pull_request = wanted.is_pull_request;
    {
        const std::scoped_lock lock(mutex_);
        save(discussion);
        discussions_.insert_or_assign(discussion.num, discussion);
    }
    if (observer_)
        observer_({.repo = repo(),
                   .discussion = discussion,
                   .event = {},
                   .action = "create",
                   .scope = "discussion"});
    return discussion;
}

Discussion Discussions::open(const NewDiscussion& wanted)
{
    Discussion discussion;
    discussion.num = repo()->next_number(wanted.is_pull_request ? "refs/heads/main" : "");
    if (wanted.is_pull_request) {
        discussion.status = "draft";
        discussion.base = "refs/heads/main";
    }
    if (!wanted.description.empty()) append_comment(discussion, wanted.author, wanted.description);
    return add(std::move(discussion), wanted);
}

void Discussions::adopt(int num, const NewDiscussion& wanted, const CommitOutcome& commit,
                        const std::string& base)
{
    Discussion discussion;
    discussion.num = num;
    discussion.base = base;
    if (!wanted.description.empty()) append_comment(discussion, wanted.author, wanted.description);
    if (commit.changed) append(discussion, "commit", wanted.author, commit.commit.hex(), wanted.title);
    add(std::move(discussion), wanted);
}

void Discussions::add_commit(int num, const std::string& author, const Oid& commit,
                             const std::string& subject)
{
    change(num, "update", "discussion", [&](Discussion& discussion) {
        return append(discussion, "commit", author, commit.hex(), subject);
    });
}

// ---- changes

DiscussionEvent Discussions::comment(int num, const std::string& author, const std::string& text)
{
    return change(num, "create", "discussion.comment",
                  [&](Discussion& discussion) { return append_comment(discussion, author, text); });
}

DiscussionEvent Discussions::rename(int num, const std::string& author, const std::string& title)
{
    return change(num, "update", "discussion", [&](Discussion& discussion) {
        return append(discussion, "title-change", author, std::exchange(discussion.title, title), title);
    });
}

DiscussionEvent Discussions::change_status(int num, const std::string& author, const std::string& status,
                                           const std::string& comment)
{
    return change(num, "update", "discussion", [&](Discussion& discussion) {
        if (discussion.status == "merged")
            throw StoreError(400, "", "The status of a merged pull request cannot be changed");
        if (discussion.status == status) throw StoreError(400, "", "Discussion is already " + status);
        if (!comment.empty()) append_comment(discussion, author, comment);
        discussion.status = status;
        return append(discussion, "status-change", author, {}, status);
    });
}

Oid Discussions::merge(int num, const std::string& author, const std::string& email,
                       const std::string& comment)
{
    Oid made;
    change(num, "update", "discussion", [&](Discussion& discussion) {
        if (!discussion.is_pull_request) throw StoreError(400, "", "Discussion is not a pull request");
        if (discussion.status != "open") throw StoreError(400, "", "Discussion is not open");
        const auto outcome = repo()->merge({.from = discussion.ref(),
                                            .into = discussion.base,
                                            .author = author,
                                            .email = email,
                                            .title = fmt::format("{} (#{})", discussion.title, num)});
        if (!outcome.conflicts.empty()) throw StoreError(409, "", "This pull request has conflicts");
        made = outcome.commit;
        discussion.merge_commit = made.hex();
        discussion.merge_base = outcome.base ? outcome.base->hex() : "";
        discussion.status = "merged";
        if (!comment.empty()) append_comment(discussion, author, comment);
        return append(discussion, "status-change", author, {}, "merged");
    });
    return made;
}

DiscussionEvent Discussions::edit(int num, const std::string& comment_id, const std::string& author,
                                  const std::string& text)
{
    return change(num, "update", "discussion.comment", [&](Discussion& discussion) {
        auto& event = discussion.comment(comment_id);
        if (!event.hidden_by.empty()) throw StoreError(400, "", "A hidden comment cannot be edited");
        event.texts.push_back({.raw = text, .author = author, .at = clock_()});
        return event;
    });
}

DiscussionEvent Discussions::hide(int num, const std::string& comment_id, const std::string& author)
{
    return change(num, "update", "discussion.comment", [&](Discussion& discussion) {
        auto& event = discussion.comment(comment_id);
        if (!event.hidden_by.empty()) throw StoreError(400, "", "This comment is hidden already");
        event.hidden_by = author;
        event.texts = {{.raw = "This comment has been hidden", .author = author, .at = clock_()}};
        return event;
    });
}

std::shared_ptr<Discussions> DiscussionStore::of(const std::shared_ptr<Repo>& repo)
{
    const auto uid = repo->settings().uid;
    const std::scoped_lock lock(mutex_);
    if (const auto found = repos_.find(uid); found != repos_.end()) return found->second;
    std::erase_if(repos_, [](const auto& item) { return item.second->is_orphan(); });
    auto made = std::make_shared<Discussions>(
        repo, store_.data() / "repos" / uid / "discussions", [&store = store_] { return store.now(); },
        observer_);
    repos_.emplace(uid, made);
    return made;
}

} // namespace hfasync::emulator::store
