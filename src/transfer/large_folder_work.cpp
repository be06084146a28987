// The hash, upload mode and LFS nodes of upload_large_folder, and the table of all.
#include <algorithm>
#include <optional>

#include "transfer/large_folder_outcome.hpp"
#include "transfer/lfs_upload.hpp"
#include "transfer/upload_mode.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

constexpr std::uint64_t shown_size = 8u << 20; // smaller files have no progress item of their own

std::optional<ItemProgress>& show(std::optional<ItemProgress>& slot, const LargeUpload& upload,
                                  ProgressPhase phase, const LargeFile& file)
{
    if (file.identity.size >= shown_size) slot.emplace(upload.progress, phase, file.path, file.identity.size);
    return slot;
}

void hashed(LargeUpload& upload, LargeFile& file, const Addition& addition)
{
    file.known.sha256 = addition.sha256;
    file.known.size = file.identity.size;
    file.sample = addition.sample; // the upload mode is asked for next
    upload.bytes_hashed += file.identity.size;
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
    hashed(*upload, file, *addition);
    if (shown) shown->finish();
}

/// To hash a small regular file again and to ask of it again costs less than to write what is known: its only
/// record says that it is done, unless the run stops early. Of the others every step is kept.
bool is_worth_a_record(const LargeFile& file)
{
    return file.identity.size > small_file || file.known.mode == UploadMode::lfs || !first_node(file);
}

/// The small ones of a batch together, the others one by one.
asio::awaitable<LargeOutcomes> hash_files(LargeUploadPtr upload, LargeItems items)
{
    const auto is_small = [&](TaskGraph::Item item) {
        return upload->files[item].identity.size <= small_file;
    };
    std::vector<AdditionPtr> small;
    for (const auto item : items)
        if (is_small(item)) small.push_back(addition_of(*upload, upload->files[item]));
    const auto failures = co_await hash_small(upload->target.hub, small);

    std::size_t next_small = 0;
    co_return co_await each_item(upload, items,
                                 [&](std::size_t i) -> asio::awaitable<void> {
                                     auto& file = upload->files[items[i]];
                                     if (!is_small(items[i])) co_return co_await hash_one(upload, items[i]);
                                     const auto n = next_small++;
                                     if (failures[n]) std::rethrow_exception(failures[n]);
                                     hashed(*upload, file, *small[n]);
                                 },
                                 {.worth_saving = is_worth_a_record});
}

/// With the sample of the hash node; after an interrupted run it is read again, and a file that is not the
/// one that was hashed has changed.
asio::awaitable<AdditionPtr> sampled(LargeUploadPtr upload, TaskGraph::Item item)
{
    const auto& file = upload->files[item];
    auto addition = addition_of(*upload, file);
    if (file.sample) {
        addition->sample = *file.sample;
        co_return addition;
    }
    addition->size.reset();
    co_await inspect(upload->target.hub, {addition});
    if (addition->identity != file.identity) throw_modified(upload->folder / file.path);
    co_return addition;
}

asio::awaitable<LargeOutcomes> ask_modes(LargeUploadPtr upload, LargeItems items)
{
    LargeOutcomes outcomes;
    std::vector<AdditionPtr> additions;
    LargeItems asked;
    for (const auto item : items) {
        std::exception_ptr error;
        try {
            additions.push_back(co_await sampled(upload, item));
            asked.push_back(item);
        } catch (...) {
            error = std::current_exception();
        }
        if (error) outcomes.push_back(co_await outcome_of_failure(upload, item, error));
    }
    std::exception_ptr error;
    try {
        co_await fetch_upload_modes(upload->target, additions, upload->gitignore, mode_batch);
    } catch (...) {
        error = std::current_exception();
    }
    if (error) {
        for (const auto item : asked)
            outcomes.push_back(co_await outcome_of_failure(upload, item, error));
        co_return outcomes;
    }
    auto rest = co_await each_item(upload, asked,
                                   [&](std::size_t i) -> asio::awaitable<void> {
                                       auto& file = upload->files[asked[i]];
                                       file.known.is_committed =
                                           co_await is_unchanged(upload->target.hub, additions[i]);
                                       file.known.mode = additions[i]->mode;
                                       file.known.should_ignore = additions[i]->should_ignore;
                                       file.sample.reset();
                                   },
                                   {.worth_saving = is_worth_a_record});
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

asio::awaitable<LargeOutcomes> send_lfs_files(LargeUploadPtr upload, LargeItems items)
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
        LargeOutcomes outcomes;
        for (const auto item : items)
            outcomes.push_back(co_await outcome_of_failure(upload, item, error));
        co_return outcomes;
    }
    co_return co_await each_item(upload, items,
                                 [&](std::size_t i) { return send_one(upload, items[i], &batch); },
                                 {.at_once = upload->num_threads});
}

std::size_t share_of(const LargeUpload& upload, TaskGraph::Item item)
{
    const auto& file = upload.files[item];
    const auto by_number = commit_share(file.known.mode, upload.units_a_commit);
    if (file.known.mode == UploadMode::lfs) return by_number;
    return std::max(by_number, commit_share_of_bytes(file.identity.size));
}

} // namespace

std::vector<TaskGraph::Kind> large_folder_work(LargeUploadPtr upload)
{
    const auto size_of = [upload](TaskGraph::Item item) { return upload->files[item].identity.size; };
    std::vector<TaskGraph::Kind> kinds(large_folder_kinds);
    kinds[hash_node] = {.name = "hash",
                        .work = [upload](LargeItems items) { return hash_files(upload, std::move(items)); },
                        .weight = [size_of](TaskGraph::Item item) { return hash_weight(size_of(item)); }};
    kinds[mode_node] = {.name = "upload mode",
                        .work = [upload](LargeItems items) { return ask_modes(upload, std::move(items)); }};
    kinds[lfs_node] = {
        .name = "LFS upload",
        .work = [upload](LargeItems items) { return send_lfs_files(upload, std::move(items)); },
        .weight = [size_of](TaskGraph::Item item) { return lfs_send_weight(size_of(item)); }};
    kinds[commit_node] = {
        .name = "commit",
        .work = [upload](LargeItems items) { return commit_large(upload, std::move(items)); },
        .weight = [upload](TaskGraph::Item item) { return share_of(*upload, item); }};
    return kinds;
}

} // namespace hfasync::detail
