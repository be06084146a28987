#include "transfer/large_folder_outcome.hpp"

#include "async/task_group.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

constexpr int most_changes = 5; // of a file under way, before it is given up

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

} // namespace

asio::awaitable<LargeOutcome> start_over(LargeUploadPtr upload, TaskGraph::Item item,
                                         std::exception_ptr error)
{
    auto& file = upload->files[item];
    if (++file.changes > most_changes)
        co_return LargeOutcome{.item = item, .next = LargeOutcome::Next::fail, .error = error};
    std::exception_ptr gone;
    const auto size_before = file.identity.size;
    try {
        co_await upload->target.hub->workers.run([&] {
            const auto path = upload->folder / file.path;
            file.identity = file_id(open_read(path), path);
        });
    } catch (const OSError&) {
        gone = std::current_exception();
    }
    if (gone) co_return co_await outcome_of_failure(upload, item, gone);
    upload->bytes_total += file.identity.size - size_before; // wraps around when it shrank
    file.known = {.size = file.identity.size};
    file.sample.reset();
    file.is_unsaved = false;
    co_return LargeOutcome{.item = item, .next = LargeOutcome::Next::queue, .kind = hash_node};
}

asio::awaitable<LargeOutcome> outcome_of_failure(LargeUploadPtr upload, TaskGraph::Item item,
                                                 std::exception_ptr error)
{
    auto next = LargeOutcome::Next::fail;
    bool changed = false;
    try {
        std::rethrow_exception(error);
    } catch (const FileModified&) {
        changed = true;
    } catch (const OSError& e) {
        const auto& cause = e.os_code();
        if (cause == std::errc::too_many_files_open || cause == std::errc::too_many_files_open_in_system)
            next = LargeOutcome::Next::retry;
    } catch (const Error& e) {
        if (e.code() == errc::cancelled) throw;
        if (is_transient(e)) next = LargeOutcome::Next::retry;
    } catch (...) {
    }
    if (changed) co_return co_await start_over(upload, item, error);
    co_return LargeOutcome{.item = item, .next = next, .error = error};
}

LargeOutcome onward(LargeUpload& upload, TaskGraph::Item item)
{
    const auto& file = upload.files[item];
    if (const auto node = first_node(file))
        return {.item = item, .next = LargeOutcome::Next::queue, .kind = *node};
    count_done(upload, file);
    return {.item = item, .next = LargeOutcome::Next::done};
}

asio::awaitable<LargeOutcomes> each_item(LargeUploadPtr upload, LargeItems items,
                                         std::function<asio::awaitable<void>(std::size_t)> step,
                                         EachOptions options)
{
    const auto as_of = upload->target.hub->clock->wall();
    std::vector<std::exception_ptr> errors(items.size());
    const auto guarded = [&](std::size_t i) -> asio::awaitable<void> {
        try {
            co_await step(i);
        } catch (const CancelledError&) {
            throw;
        } catch (...) {
            errors[i] = std::current_exception();
        }
    };
    if (options.at_once > 1)
        co_await for_each_index(items.size(), options.at_once, guarded);
    else
        for (std::size_t i = 0; i < items.size(); ++i)
            co_await guarded(i);

    LargeOutcomes outcomes;
    LargeItems passed, recorded;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto item = items[i];
        if (errors[i]) {
            outcomes.push_back(co_await outcome_of_failure(upload, item, errors[i]));
            continue;
        }
        passed.push_back(item);
        auto& file = upload->files[item];
        file.is_unsaved = options.worth_saving && !options.worth_saving(file);
        if (!file.is_unsaved) recorded.push_back(item);
    }
    co_await save(upload, std::move(recorded), as_of);
    for (const auto item : passed)
        outcomes.push_back(onward(*upload, item));
    co_return outcomes;
}

} // namespace hfasync::detail
