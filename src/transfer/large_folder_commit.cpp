// The commit node of upload_large_folder.
#include <algorithm>

#include "transfer/commit.hpp"
#include "transfer/large_folder_outcome.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

constexpr std::string_view commit_message = "Add files using upload-large-folder tool";

asio::awaitable<void> commit_now(LargeUploadPtr upload, LargeItems items)
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

asio::awaitable<LargeOutcomes> commit_failed(LargeUploadPtr upload, LargeItems items, Timestamp as_of,
                                             std::exception_ptr error)
{
    bool ask = false, local = false;
    try {
        std::rethrow_exception(error);
    } catch (const OSError&) {
        local = true; // one of them has changed, is gone or cannot be read
    } catch (const Error& e) {
        ask = may_have_landed(e);
    } catch (...) {
    }
    std::vector<bool> landed(items.size(), false);
    if (ask) landed = co_await find_committed(upload, items);
    const bool any_landed = std::find(landed.begin(), landed.end(), true) != landed.end();
    std::vector<bool> changed(items.size(), false);
    for (std::size_t i = 0; local && i < items.size(); ++i)
        changed[i] = co_await has_changed(upload, items[i]);
    // When the culprit is not found, all are to blame: they must not go round and round.
    const bool culprit_known = std::find(changed.begin(), changed.end(), true) != changed.end();

    LargeOutcomes outcomes;
    LargeItems done;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (landed[i]) {
            upload->files[items[i]].known.is_committed = true;
            done.push_back(items[i]);
        } else if (changed[i]) {
            outcomes.push_back(co_await start_over(upload, items[i], error));
        } else if (culprit_known) {
            outcomes.push_back({.item = items[i], .next = LargeOutcome::Next::queue, .kind = commit_node});
        } else if (ask && !any_landed) {
            outcomes.push_back({.item = items[i], .next = LargeOutcome::Next::retry, .error = error});
        } else {
            outcomes.push_back(co_await outcome_of_failure(upload, items[i], error));
        }
    }
    co_await save(upload, done, as_of);
    for (const auto item : done)
        outcomes.push_back(onward(*upload, item));
    co_return outcomes;
}

/// What a request of these files counts for in the batch's size.
std::size_t units_of(const LargeUpload& upload, const LargeItems& items)
{
    std::size_t sum = 0;
    for (const auto item : items)
        sum += commit_units(upload.files[item].known.mode);
    return sum;
}

/// Too much for one request: two halves, one after the other.
asio::awaitable<LargeOutcomes> commit_halves(LargeUploadPtr upload, LargeItems items)
{
    const auto middle = items.begin() + static_cast<std::ptrdiff_t>(items.size() / 2);
    auto outcomes = co_await commit_large(upload, LargeItems(items.begin(), middle));
    auto rest = co_await commit_large(upload, LargeItems(middle, items.end()));
    outcomes.insert(outcomes.end(), rest.begin(), rest.end());
    co_return outcomes;
}

} // namespace

asio::awaitable<LargeOutcomes> commit_large(LargeUploadPtr upload, LargeItems items)
{
    const auto& clock = *upload->target.hub->clock;
    const auto as_of = clock.wall();
    const auto began = clock.now();
    const auto used = units_of(*upload, items);
    std::exception_ptr error;
    int status = 0;
    try {
        co_await commit_now(upload, items);
    } catch (const HubError& e) {
        error = std::current_exception();
        status = e.context().status;
    } catch (...) {
        error = std::current_exception();
    }
    using std::chrono::milliseconds;
    if (!error)
        upload->commit_size.accepted(used, std::chrono::duration_cast<milliseconds>(clock.now() - began));
    // A gateway's time-out is as good a hint as a refusal, but what it cut off may have landed.
    if (status == 413 || status == 504) upload->commit_size.refused(used);
    upload->units_a_commit = upload->commit_size.now();
    if (status == 413 && items.size() > 1) co_return co_await commit_halves(upload, std::move(items));
    if (error) co_return co_await commit_failed(upload, std::move(items), as_of, error);
    for (const auto item : items)
        upload->files[item].known.is_committed = true;
    co_await save(upload, items, as_of);
    LargeOutcomes outcomes;
    for (const auto item : items)
        outcomes.push_back(onward(*upload, item));
    co_return outcomes;
}

} // namespace hfasync::detail
