// The four kinds of work of upload_large_folder.
#include <algorithm>
#include <span>

#include "async/task_group.hpp"
#include "transfer/commit.hpp"
#include "transfer/large_folder_state.hpp"
#include "transfer/lfs_upload.hpp"
#include "transfer/upload_mode.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

using Items = std::vector<TaskGraph::Item>;
using Outcome = TaskGraph::Outcome;
using Outcomes = std::vector<Outcome>;

constexpr int most_changes = 5;                // of a file under way, before it is given up
constexpr std::uint64_t shown_size = 8u << 20; // smaller files have no progress item of their own
constexpr std::string_view commit_message = "Add files using upload-large-folder tool";

/// What may well be different in a moment.
bool is_transient(const Error& error)
{
    switch (error.code()) {
    case errc::connection_lost:
    case errc::connect_failed:
    case errc::resolve_failed:
    case errc::timed_out:
    case errc::rate_limited:
    case errc::server_error:
    case errc::bad_response:
    case errc::proxy_failed:
        return true;
    default:
        break;
    }
    const int status = error.context().status;
    return status == 408 || status == 429 || status >= 500;
}

/// A file that changed is looked at and hashed again.
asio::awaitable<Outcome> start_over(LargeUploadPtr upload, TaskGraph::Item item, std::exception_ptr error)
{
    auto& file = upload->files[item];
    if (++file.changes > most_changes)
        co_return Outcome{.item = item, .next = Outcome::Next::fail, .error = error};
    std::exception_ptr gone;
    try {
        co_await upload->target.hub->workers.run([&] {
            const auto path = upload->folder / file.path;
            file.identity = file_id(open_read(path), path);
        });
    } catch (const OSError&) {
        gone = std::current_exception();
    }
    if (gone) co_return Outcome{.item = item, .next = Outcome::Next::fail, .error = gone};
    file.known = {.size = file.identity.size};
    co_return Outcome{.item = item, .next = Outcome::Next::queue, .kind = hash_node};
}

/// What a failure means for one item.
asio::awaitable<Outcome> failed(LargeUploadPtr upload, TaskGraph::Item item, std::exception_ptr error)
{
    auto next = Outcome::Next::fail;
    bool changed = false;
    try {
        std::rethrow_exception(error);
    } catch (const FileModified&) {
        changed = true;
    } catch (const OSError& e) {
        const auto& cause = e.os_code();
        if (cause == std::errc::too_many_files_open || cause == std::errc::too_many_files_open_in_system)
            next = Outcome::Next::retry;
    } catch (const Error& e) {
        if (e.code() == errc::cancelled) throw;
        if (is_transient(e)) next = Outcome::Next::retry;
    } catch (...) {
    }
    if (changed) co_return co_await start_over(upload, item, error);
    co_return Outcome{.item = item, .next = next, .error = error};
}

Outcome onward(LargeUpload& upload, TaskGraph::Item item)
{
    const auto& file = upload.files[item];
    if (const auto node = first_node(file))
        return {.item = item, .next = Outcome::Next::queue, .kind = *node};
    count_done(upload, file);
    return {.item = item, .next = Outcome::Next::done};
}

/// Runs `step(item)` for each; failures become outcomes, the rest goes on to its next node once it is
/// recorded.
template <class Step>
asio::awaitable<Outcomes> each(LargeUploadPtr upload, Items items, Step step)
{
    const auto as_of = upload->target.hub->clock->wall();
    Outcomes outcomes;
    Items passed;
    for (const auto item : items) {
        std::exception_ptr error;
        try {
            co_await step(item);
        } catch (...) {
            error = std::current_exception();
        }
        if (error)
            outcomes.push_back(co_await failed(upload, item, error));
        else
            passed.push_back(item);
    }
    co_await save(upload, passed, as_of);
    for (const auto item : passed)
        outcomes.push_back(onward(*upload, item));
    co_return outcomes;
}

std::optional<ItemProgress>& show(std::optional<ItemProgress>& slot, const LargeUpload& upload,
                                  ProgressPhase phase, const LargeFile& file)
{
    if (file.identity.size >= shown_size) slot.emplace(upload.progress, phase, file.path, file.identity.size);
    return slot;
}

asio::awaitable<void> hash_one(LargeUploadPtr upload, TaskGraph::Item item)
{
    auto& file = upload->files[item];
    std::optional<ItemProgress> slot;
    auto& shown = show(slot, *upload, ProgressPhase::hash, file);
    const auto addition = addition_of(*upload, file);
    addition->sha256.clear();
    co_await hash(upload->target.hub, addition, [&](std::uint64_t n) {
        if (shown) shown->advance(n);
    });
    file.known.sha256 = addition->sha256;
    file.known.size = file.identity.size;
    upload->bytes_hashed += file.identity.size;
    if (shown) shown->finish();
}

/// The sample is read now; a file that is not the one that was hashed has changed.
asio::awaitable<AdditionPtr> sampled(LargeUploadPtr upload, TaskGraph::Item item)
{
    const auto& file = upload->files[item];
    auto addition = addition_of(*upload, file);
    addition->size.reset();
    co_await inspect(upload->target.hub, {addition});
    if (addition->identity != file.identity) throw_modified(upload->folder / file.path);
    co_return addition;
}

/// Whether the repo has this very content at this path: then there is nothing to commit.
asio::awaitable<bool> is_there(HubPtr hub, AdditionPtr addition)
{
    if (!addition->remote_oid) co_return false;
    if (addition->mode == UploadMode::lfs) co_return *addition->remote_oid == addition->sha256;
    co_return *addition->remote_oid == co_await git_blob_id(hub, addition);
}

asio::awaitable<Outcomes> ask_modes(LargeUploadPtr upload, Items items)
{
    Outcomes outcomes;
    std::vector<AdditionPtr> additions;
    Items asked;
    for (const auto item : items) {
        std::exception_ptr error;
        try {
            additions.push_back(co_await sampled(upload, item));
            asked.push_back(item);
        } catch (...) {
            error = std::current_exception();
        }
        if (error) outcomes.push_back(co_await failed(upload, item, error));
    }
    std::exception_ptr error;
    try {
        co_await fetch_upload_modes(upload->target, additions, upload->gitignore, mode_batch);
    } catch (...) {
        error = std::current_exception();
    }
    if (error) {
        for (const auto item : asked)
            outcomes.push_back(co_await failed(upload, item, error));
        co_return outcomes;
    }
    std::size_t next = 0; // items and additions in step
    auto rest = co_await each(upload, asked, [&](TaskGraph::Item item) -> asio::awaitable<void> {
        const auto& addition = additions[next++];
        auto& known = upload->files[item].known;
        known.is_committed = co_await is_there(upload->target.hub, addition);
        known.mode = addition->mode;
        known.should_ignore = addition->should_ignore;
    });
    outcomes.insert(outcomes.end(), rest.begin(), rest.end());
    co_return outcomes;
}

asio::awaitable<void> send_one(LargeUploadPtr upload, TaskGraph::Item item, const LfsBatch* batch)
{
    auto& file = upload->files[item];
    const auto found = batch->objects.find(file.known.sha256);
    if (found == batch->objects.end())
        throw RuntimeError(errc::lfs_transfer, "'" + file.path + "' is missing in the LFS batch answer");
    if (found->second.error)
        throw RuntimeError(errc::lfs_transfer,
                           "The Hub refused the content of '" + file.path + "': " + *found->second.error);
    std::optional<ItemProgress> slot;
    auto& shown = show(slot, *upload, ProgressPhase::upload, file);
    co_await send_lfs(upload->target, addition_of(*upload, file),
                      LfsOrder{.object = found->second, .answered = batch->answered}, upload->num_threads,
                      [&](std::uint64_t n) {
                          if (shown) shown->advance(n);
                      });
    file.known.is_uploaded = true;
    upload->bytes_sent += file.identity.size;
    if (shown) shown->finish();
}

asio::awaitable<Outcomes> send_lfs_files(LargeUploadPtr upload, Items items)
{
    std::vector<AdditionPtr> additions;
    for (const auto item : items)
        additions.push_back(addition_of(*upload, upload->files[item]));
    LfsBatch batch;
    std::exception_ptr error;
    try {
        batch = co_await lfs_batch(upload->target, additions);
    } catch (...) {
        error = std::current_exception();
    }
    if (error) {
        Outcomes outcomes;
        for (const auto item : items)
            outcomes.push_back(co_await failed(upload, item, error));
        co_return outcomes;
    }
    co_return co_await each(upload, items,
                            [&](TaskGraph::Item item) { return send_one(upload, item, &batch); });
}

asio::awaitable<void> commit_now(LargeUploadPtr upload, Items items)
{
    const CommitHeader header{.summary = std::string(commit_message), .description = {}};
    std::vector<CommitLine> lines{header_line(header)};
    for (const auto item : items) {
        const auto& file = upload->files[item];
        lines.push_back(file.known.mode == UploadMode::lfs
                            ? lfs_line(file.path, file.known.sha256, file.identity.size)
                            : file_line(addition_of(*upload, file)));
    }
    const auto info = co_await post_commit(upload->target, header, std::move(lines));
    ++upload->commits;
    send_event(upload->progress, {.kind = ProgressKind::committed,
                                  .phase = ProgressPhase::commit,
                                  .name = info.oid,
                                  .done = items.size()});
}

/// Whether a failed commit may have landed all the same; then the repo is asked before anything is sent
/// again.
bool may_have_landed(const Error& error)
{
    return error.code() == errc::outcome_unknown || error.context().status >= 500;
}

/// A file of a batch that changed: it alone starts over, the others are committed next time.
asio::awaitable<bool> has_changed(LargeUploadPtr upload, TaskGraph::Item item)
{
    const auto& file = upload->files[item];
    const auto path = upload->folder / file.path;
    co_return co_await upload->target.hub->workers.run([&] {
        try {
            return file_id(open_read(path), path) != file.identity;
        } catch (const OSError&) {
            return true;
        }
    });
}

asio::awaitable<Outcomes> commit_failed(LargeUploadPtr upload, Items items, std::exception_ptr error)
{
    bool ask = false, modified = false;
    try {
        std::rethrow_exception(error);
    } catch (const FileModified&) {
        modified = true;
    } catch (const Error& e) {
        ask = may_have_landed(e);
    } catch (...) {
    }
    std::vector<bool> landed(items.size(), false);
    if (ask) landed = co_await find_committed(upload, items);
    const bool any_landed = std::find(landed.begin(), landed.end(), true) != landed.end();

    Outcomes outcomes;
    Items done;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (landed[i]) {
            upload->files[items[i]].known.is_committed = true;
            done.push_back(items[i]);
        } else if (modified && !co_await has_changed(upload, items[i])) {
            outcomes.push_back({.item = items[i], .next = Outcome::Next::queue, .kind = commit_node});
        } else if (ask && !any_landed) {
            outcomes.push_back({.item = items[i], .next = Outcome::Next::retry, .error = error});
        } else {
            outcomes.push_back(co_await failed(upload, items[i], error));
        }
    }
    co_await save(upload, done, upload->target.hub->clock->wall());
    for (const auto item : done)
        outcomes.push_back(onward(*upload, item));
    co_return outcomes;
}

asio::awaitable<Outcomes> commit_files(LargeUploadPtr upload, Items items)
{
    const auto as_of = upload->target.hub->clock->wall();
    std::exception_ptr error;
    bool split = false;
    try {
        co_await commit_now(upload, items);
    } catch (const HubError& e) {
        error = std::current_exception();
        split = e.context().status == 413 && items.size() > 1;
    } catch (...) {
        error = std::current_exception();
    }
    if (split) {
        // Too much for one request: two halves, one after the other.
        const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
        auto outcomes = co_await commit_files(upload, Items(items.begin(), middle));
        auto rest = co_await commit_files(upload, Items(middle, items.end()));
        outcomes.insert(outcomes.end(), rest.begin(), rest.end());
        co_return outcomes;
    }
    if (error) co_return co_await commit_failed(upload, std::move(items), error);
    for (const auto item : items)
        upload->files[item].known.is_committed = true;
    co_await save(upload, items, as_of);
    Outcomes outcomes;
    for (const auto item : items)
        outcomes.push_back(onward(*upload, item));
    co_return outcomes;
}

} // namespace

std::vector<TaskGraph::Kind> large_folder_work(LargeUploadPtr upload)
{
    const auto size_of = [upload](TaskGraph::Item item) { return upload->files[item].identity.size; };
    std::vector<TaskGraph::Kind> kinds(large_folder_kinds);
    kinds[hash_node] = {.name = "hash",
                        .work =
                            [upload](Items items) {
                                return each(upload, std::move(items), [upload](TaskGraph::Item item) {
                                    return hash_one(upload, item);
                                });
                            },
                        .weight = [size_of](TaskGraph::Item item) { return hash_weight(size_of(item)); }};
    kinds[mode_node] = {.name = "upload mode",
                        .work = [upload](Items items) { return ask_modes(upload, std::move(items)); }};
    kinds[lfs_node] = {.name = "LFS upload",
                       .work = [upload](Items items) { return send_lfs_files(upload, std::move(items)); },
                       .weight = [size_of](TaskGraph::Item item) { return lfs_send_weight(size_of(item)); }};
    kinds[commit_node] = {.name = "commit",
                          .work = [upload](Items items) { return commit_files(upload, std::move(items)); },
                          .weight =
                              [upload](TaskGraph::Item item) {
                                  return upload->files[item].known.mode == UploadMode::lfs ? lfs_weight
                                                                                           : regular_weight;
                              }};
    return kinds;
}

} // namespace hfasync::detail
