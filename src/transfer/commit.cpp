#include "transfer/commit.hpp"

#include <algorithm>
#include <cctype>

#include <boost/json/object.hpp>

#include "base/encoding.hpp"
#include "transfer/commit_operations.hpp"
#include "transfer/lfs_upload.hpp"
#include "transfer/upload_mode.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

void check_parent_commit(const std::optional<std::string>& parent)
{
    if (!parent) return;
    const bool hex =
        std::all_of(parent->begin(), parent->end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
    if (!hex || parent->size() < 5 || parent->size() > 40)
        throw ValueError("`parent_commit` is not a valid commit OID: it must be 5 to 40 hexadecimal digits");
}

/// The operations with checked paths, and the additions among them.
struct Checked {
    std::vector<CommitOperation> operations;
    std::vector<AdditionPtr> additions;
    std::vector<CommitOperationCopy> copies;
};

Checked check_operations(std::vector<CommitOperation> operations)
{
    Checked checked;
    for (auto& operation : operations) {
        if (auto* added = std::get_if<CommitOperationAdd>(&operation)) {
            if (added->is_committed())
                throw ValueError("CommitOperationAdd of '" + added->path_in_repo() +
                                 "' has already been committed. Please make a new one for another commit.");
            checked.additions.push_back(added->state());
        } else if (auto* copy = std::get_if<CommitOperationCopy>(&operation)) {
            copy->path_in_repo = checked_path_in_repo(std::move(copy->path_in_repo));
            copy->src_path_in_repo = checked_path_in_repo(std::move(copy->src_path_in_repo));
            checked.copies.push_back(*copy);
        } else {
            auto& removed = std::get<CommitOperationDelete>(operation);
            removed.path_in_repo = checked_deleted_path(std::move(removed.path_in_repo));
            if (!removed.is_folder) removed.is_folder = removed.path_in_repo.ends_with('/');
        }
    }
    checked.operations = std::move(operations);
    return checked;
}

std::string web_url(const UploadTarget& target, std::string_view tail)
{
    return api_url(target.hub,
                   "/" + std::string(url_prefix(target.repo.type)) + target.repo.id + std::string(tail))
        .text();
}

CommitInfo make_info(const UploadTarget& target, const CommitHeader& header, std::string commit_url,
                     std::string oid)
{
    CommitInfo info{.commit_url = std::move(commit_url),
                    .commit_message = header.summary,
                    .commit_description = header.description,
                    .oid = std::move(oid)};
    const auto at = info.commit_url.find("/commit/");
    const auto repo_url = info.commit_url.substr(0, at);
    info.repo_url = RepoUrl::parse(repo_url, target.hub->options.endpoint);
    info.legacy_url = info.commit_url;
    return info;
}

[[noreturn]] void throw_outcome_unknown(const UploadTarget& target, const std::string& why,
                                        ErrorContext context)
{
    throw OutcomeUnknownError(errc::outcome_unknown,
                              "The commit to " + scope_of(target.repo).what + " (" + target.revision +
                                  ") was sent, but " + why +
                                  "; look at the repo's commits before you send it again",
                              std::move(context));
}

std::string text_member(const json::object& object, std::string_view key)
{
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

CommitInfo read_commit_answer(const UploadTarget& target, const CommitHeader& header,
                              const json::value& answer)
{
    const auto* object = answer.if_object();
    const auto url = object ? text_member(*object, "commitUrl") : std::string();
    const auto oid = object ? text_member(*object, "commitOid") : std::string();
    if (url.empty() || oid.empty()) throw_outcome_unknown(target, "the Hub's answer does not name it", {});
    auto info = make_info(target, header, url, oid);
    if (!target.create_pr) return info;
    info.pr_url = text_member(*object, "pullRequestUrl");
    info.pr_num = pull_request_number(*info.pr_url);
    info.pr_revision = "refs/pr/" + std::to_string(*info.pr_num);
    return info;
}

/// The head that a stale parent_commit stands against, for a ConflictError; nullopt when that cannot be told.
/// `told` came with the upload modes, just before: one that is not the parent is what the Hub compares with.
asio::awaitable<std::optional<std::string>> head_against(UploadTarget target, std::string parent,
                                                         std::optional<std::string> told)
{
    if (told) co_return told->starts_with(parent) ? std::nullopt : told;
    try {
        co_return co_await repo_head(target.hub, target.repo, target.revision);
    } catch (const CancelledError&) {
        throw;
    } catch (const Error&) { // the conflict is the news
    }
    co_return std::nullopt;
}

[[noreturn]] void throw_conflict(const ConflictError& conflict, std::optional<std::string> head)
{
    ErrorContext context = conflict.context();
    std::string text = conflict.message();
    if (head) text += "; the head of the branch is " + *head;
    context.head = std::move(head);
    throw ConflictError(conflict.code(), std::move(text), std::move(context));
}

/// As the reference: unchanged files stay in a commit that changes anything else.
asio::awaitable<bool> changes_anything(HubPtr hub, const Checked* checked)
{
    if (checked->operations.size() != checked->additions.size()) co_return true;
    for (const auto& addition : checked->additions)
        if (!co_await is_unchanged(hub, addition)) co_return true;
    co_return false;
}

asio::awaitable<std::vector<CommitLine>> payload(UploadTarget target, CommitHeader header,
                                                 const Checked* checked)
{
    auto copied = co_await copy_lines(target, checked->copies);
    auto next_copy = copied.begin();
    std::vector<CommitLine> lines;
    lines.reserve(checked->operations.size() + 1);
    lines.push_back(header_line(header));
    for (const auto& operation : checked->operations) {
        if (const auto* added = std::get_if<CommitOperationAdd>(&operation)) {
            const auto& addition = added->state();
            if (addition->should_ignore) continue;
            lines.push_back(addition->mode == UploadMode::lfs
                                ? lfs_line(addition->path_in_repo, addition->sha256, addition->size)
                                : file_line(addition));
        } else if (std::holds_alternative<CommitOperationCopy>(operation)) {
            lines.push_back(std::move(*next_copy++));
        } else {
            const auto& removed = std::get<CommitOperationDelete>(operation);
            lines.push_back(delete_line(removed.path_in_repo, *removed.is_folder));
        }
    }
    co_return lines;
}

asio::awaitable<CommitInfo> head_as_info(UploadTarget target, CommitHeader header)
{
    const auto sha = co_await repo_head(target.hub, target.repo, target.revision);
    co_return make_info(target, header, web_url(target, "/commit/" + sha), sha);
}

/// After a failure that says nothing about the commit itself: the repo is asked, the commit is not sent
/// again, for it may have landed, or may still do so. \throws the failure as it came when the repo has not
/// changed; OutcomeUnknownError when the repo cannot be asked
asio::awaitable<CommitInfo> reconcile(UploadTarget target, CommitHeader header,
                                      const std::vector<CommitOperation>* operations,
                                      std::exception_ptr failure)
{
    std::optional<CommitInfo> info;
    bool asked = true;
    try {
        if (co_await has_landed(target, operations)) info = co_await head_as_info(target, header);
    } catch (const CancelledError&) {
        throw;
    } catch (...) {
        asked = false;
    }
    if (info) co_return std::move(*info);
    if (asked) std::rethrow_exception(failure);
    ErrorContext context;
    try {
        std::rethrow_exception(failure);
    } catch (const Error& e) {
        context = e.context();
    }
    throw_outcome_unknown(target, "its answer was lost and the repo cannot be asked", std::move(context));
}

} // namespace

void warn(const HubPtr& hub, const std::string& message)
{
    if (hub->options.on_warning) hub->options.on_warning(message);
}

asio::awaitable<std::optional<std::string>> preupload(UploadTarget target, std::vector<AdditionPtr> additions,
                                                      PreuploadSettings settings,
                                                      ItemProgress::SharedSink progress)
{
    std::erase_if(additions, [](const AdditionPtr& a) { return a->is_uploaded; });
    if (additions.empty()) co_return std::nullopt;
    co_await inspect(target.hub, additions);
    if (!settings.gitignore) settings.gitignore = co_await gitignore_of(target.hub, additions);
    auto head = co_await fetch_upload_modes(target, additions, settings.gitignore);
    std::erase_if(additions,
                  [](const AdditionPtr& a) { return a->mode != UploadMode::lfs || a->should_ignore; });
    co_await upload_lfs(target, additions, settings.num_threads, progress);
    if (settings.free_memory)
        for (const auto& addition : additions) {
            addition->source = UploadSource::bytes(std::string());
            addition->spool.reset();
        }
    co_return head;
}

asio::awaitable<CommitInfo> post_commit(UploadTarget target, CommitHeader header,
                                        std::vector<CommitLine> lines)
{
    http::Request request;
    request.method = http::Method::post;
    request.url =
        api_url(target.hub, revision_api_path(target.repo.type, target.repo.id, "commit", target.revision));
    if (target.create_pr) request.url.add_query({{"create_pr", "1"}});
    request.auth.token = target.repo.token;
    request.headers.set("Content-Type", "application/x-ndjson");
    request.body = ndjson_body(target.hub, std::move(lines));
    // Sent twice it would be two commits. What to do about a lost reply is for the caller to find out.
    request.replay = http::Replay::never;
    // The Hub answers when the commit is made, which takes minutes for thousands of files.
    request.timeouts = target.hub->options.timeouts;
    if (request.timeouts->first_byte.count() > 0)
        request.timeouts->first_byte =
            std::max<std::chrono::milliseconds>(request.timeouts->first_byte, std::chrono::minutes(10));

    json::value answer;
    std::exception_ptr lost;
    ErrorContext context;
    try {
        answer = co_await fetch_json(target.hub, std::move(request), scope_of(target.repo));
    } catch (const BadResponseError& e) {
        lost = std::current_exception();
        context = e.context();
    } catch (const HubError& e) {
        const bool in_flight = e.code() == errc::connection_lost || e.code() == errc::timed_out;
        if (!in_flight) throw;
        lost = std::current_exception();
        context = e.context();
    }
    if (lost) throw_outcome_unknown(target, "its answer did not arrive in one piece", std::move(context));
    co_return read_commit_answer(target, header, answer);
}

asio::awaitable<CommitInfo> create_commit(HubPtr hub, std::string repo_id,
                                          std::vector<CommitOperation> operations, std::string commit_message,
                                          CreateCommitOptions options, ItemProgress::SharedSink progress)
{
    check_parent_commit(options.parent_commit);
    if (commit_message.empty()) throw ValueError("`commit_message` can't be empty, please pass a value.");
    UploadTarget target{.hub = hub,
                        .repo = {.type = repo_type_or_model(options.repo_type),
                                 .id = std::move(repo_id),
                                 .token = options.token},
                        .revision = options.revision.value_or("main"),
                        .create_pr = options.create_pr.value_or(false)};
    validate_repo_id(target.repo.id);
    const auto checked = check_operations(std::move(operations));
    const CommitHeader header{.summary = std::move(commit_message),
                              .description = options.commit_description.value_or(""),
                              .parent_commit = options.parent_commit};
    co_await inspect(hub, checked.additions); // a missing file is found before the first request
    for (const auto& addition : checked.additions)
        if (addition->path_in_repo == "README.md") co_await validate_readme(target, addition);
    for (const auto& warning : overwriting_warnings(checked.operations))
        warn(hub, warning);

    const auto told_head =
        co_await preupload(target, checked.additions, {.num_threads = options.num_threads}, progress);
    if (!co_await changes_anything(hub, &checked)) co_return co_await head_as_info(target, header);

    ItemProgress item(progress, ProgressPhase::commit, header.summary, 0);
    auto lines = co_await payload(target, header, &checked);
    CommitInfo info;
    std::exception_ptr unknown;
    std::optional<ConflictError> conflict;
    try {
        info = co_await post_commit(target, header, std::move(lines));
    } catch (const OutcomeUnknownError&) {
        unknown = std::current_exception();
    } catch (const ConflictError& e) {
        conflict = e;
    } catch (const HubError& e) {
        // A gateway gave up on the Hub, which may well go on: as good as a lost reply.
        if (e.context().status != 502 && e.context().status != 504) throw;
        unknown = std::current_exception();
    }
    if (conflict && options.parent_commit)
        throw_conflict(*conflict, co_await head_against(target, *options.parent_commit, told_head));
    if (conflict) conflict->raise();
    if (unknown) info = co_await reconcile(target, header, &checked.operations, unknown);
    for (const auto& addition : checked.additions)
        addition->is_committed = true;
    item.finish();
    send_event(progress, {.kind = ProgressKind::committed,
                          .phase = ProgressPhase::commit,
                          .name = info.oid,
                          .done = checked.operations.size()});
    co_return info;
}

asio::awaitable<CommitInfo> create_commit(HubPtr hub, std::string repo_id,
                                          AsyncGenerator<CommitOperation> operations,
                                          std::string commit_message, CreateCommitOptions options,
                                          ItemProgress::SharedSink progress)
{
    auto all = co_await operations.collect();
    co_return co_await create_commit(std::move(hub), std::move(repo_id), std::move(all),
                                     std::move(commit_message), std::move(options), std::move(progress));
}

} // namespace hfasync::detail
