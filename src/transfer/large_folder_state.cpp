#include "transfer/large_folder_state.hpp"

#include <time.h>

#include <map>

#include <boost/asio/this_coro.hpp>

#include "api/common/paths_info.hpp"
#include "transfer/commit.hpp"
#include "transfer/commit_operations.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t paths_per_call = 100;

std::string target_text(const UploadTarget& target)
{
    return target.hub->options.endpoint + "\n" + std::string(to_string(target.repo.type)) + "\n" +
           target.repo.id + "\n" + target.revision + "\n";
}

/// Whose records these are.
enum class Origin { ours, another_target, unknown };

/// A file that cannot be opened now is left to its hash node, which fails or finds it changed: one bad file
/// must not keep the others from going on.
FileId look_at(const LargeUpload& upload, const FolderFile& file)
{
    const auto path = upload.folder / file.relative;
    try {
        return file_id(open_read(path), path);
    } catch (const OSError&) {
        return {.size = file.size};
    }
}

/// On a worker. Returns the items of which the repo is asked whether it has them.
std::vector<std::size_t> read_records(LargeUpload& upload, std::vector<FolderFile> found, Origin origin)
{
    std::vector<std::size_t> claimed;
    const auto now = upload.target.hub->clock->wall();
    upload.files.reserve(found.size());
    for (auto& one : found) {
        const auto identity = look_at(upload, one);
        LargeFile file{.path = checked_path_in_repo(std::move(one.relative)), .identity = identity};
        file.known.size = file.identity.size;
        if (auto metadata = upload.records->read(file.path))
            file.known = believable(*metadata, file.identity, now);
        if (origin == Origin::another_target) {
            // The hash is of the file; everything else is what that repo said.
            file.known.should_ignore.reset();
            file.known.mode.reset();
            file.known.remote_oid.reset();
            file.known.is_committed = false;
        }
        if (origin != Origin::ours) file.known.is_uploaded = false; // the LFS batch answers for this repo
        // Ours and ready to be committed: the commit may have been made just before the run was killed.
        if ((origin == Origin::unknown && file.known.is_committed) || first_node(file) == commit_node)
            claimed.push_back(upload.files.size());
        upload.bytes_total += file.identity.size;
        upload.files.push_back(std::move(file));
    }
    return claimed;
}

asio::awaitable<bool> same_content(LargeUploadPtr upload, const LargeFile* file, const RepoFile* remote)
{
    if (remote->size != file->identity.size) co_return false;
    if (remote->lfs) co_return !file->known.sha256.empty() && remote->lfs->sha256 == file->known.sha256;
    co_return remote->blob_id == co_await git_blob_id(upload->target.hub, addition_of(*upload, *file));
}

} // namespace

asio::awaitable<std::vector<bool>> find_committed(LargeUploadPtr upload, std::vector<std::size_t> items)
{
    std::vector<bool> committed(items.size(), false);
    for (std::size_t begin = 0; begin < items.size(); begin += paths_per_call) {
        const auto end = std::min(items.size(), begin + paths_per_call);
        PathsInfoQuery query{.repo = upload->target.repo, .paths = {}, .revision = upload->target.revision};
        for (auto i = begin; i < end; ++i)
            query.paths.push_back(upload->files[items[i]].path);
        const auto entries = co_await paths_info(upload->target.hub, std::move(query));
        std::map<std::string_view, const RepoFile*> by_path;
        for (const auto& entry : entries)
            if (const auto* file = std::get_if<RepoFile>(&entry)) by_path[file->path] = file;
        for (auto i = begin; i < end; ++i) {
            const auto& file = upload->files[items[i]];
            if (const auto found = by_path.find(file.path); found != by_path.end())
                committed[i] = co_await same_content(upload, &file, found->second);
        }
    }
    co_return committed;
}

asio::awaitable<void> load_files(LargeUploadPtr upload, FolderWalk walk)
{
    auto& workers = upload->target.hub->workers;
    const auto as_of = upload->listed = upload->target.hub->clock->wall();
    auto found = co_await walk_folder(upload->target.hub, std::move(walk));
    for (const auto& link : found.left_out_links)
        warn(upload->target.hub, left_out_text(link));
    const auto target = target_text(upload->target);
    Origin origin = Origin::ours;
    std::vector<std::size_t> claimed;
    co_await workers.run([&] {
        upload->records = std::make_unique<UploadRecords>(upload->folder);
        if (upload->records->has_records()) {
            const auto was = upload->records->read_target();
            origin = !was ? Origin::unknown : *was == target ? Origin::ours : Origin::another_target;
        }
        claimed = read_records(*upload, std::move(found.files), origin);
    });
    const auto committed = co_await find_committed(upload, claimed);
    for (std::size_t i = 0; i < claimed.size(); ++i)
        upload->files[claimed[i]].known.is_committed = committed[i];
    if (origin == Origin::ours) {
        std::erase_if(claimed, [&](std::size_t item) { return !upload->files[item].known.is_committed; });
        co_await save(upload, std::move(claimed), as_of);
    } else {
        // First the records, then whose they are: a crash in between must not make another repo's state ours.
        std::vector<std::size_t> all;
        for (std::size_t i = 0; i < upload->files.size(); ++i)
            if (!upload->files[i].known.sha256.empty()) all.push_back(i);
        co_await save(upload, std::move(all), as_of);
    }
    co_await workers.run([&] { upload->records->write_target(target); });
}

std::optional<TaskKind> first_node(const LargeFile& file)
{
    const auto& known = file.known;
    if (known.is_committed || known.should_ignore == true) return std::nullopt;
    if (known.sha256.empty()) return hash_node;
    if (!known.mode || !known.should_ignore) return mode_node;
    if (known.mode == UploadMode::lfs && !known.is_uploaded) return lfs_node;
    return commit_node;
}

AdditionPtr addition_of(const LargeUpload& upload, const LargeFile& file)
{
    return std::make_shared<Addition>(Addition{.path_in_repo = file.path,
                                               .source = upload.folder / file.path,
                                               .size = file.identity.size,
                                               .sample = {},
                                               .identity = file.identity,
                                               .sha256 = file.known.sha256,
                                               .mode = file.known.mode,
                                               .should_ignore = file.known.should_ignore.value_or(false),
                                               .remote_oid = {},
                                               .is_uploaded = file.known.is_uploaded});
}

namespace {

/// File systems stamp with a clock that stands still between two ticks: a file that is changed just after
/// `as_of` may bear a time that is this much older.
Timestamp::duration stamp_resolution()
{
    using std::chrono::microseconds;
#ifdef CLOCK_REALTIME_COARSE
    timespec resolution{};
    if (::clock_getres(CLOCK_REALTIME_COARSE, &resolution) == 0)
        return microseconds(resolution.tv_sec * 1'000'000 + resolution.tv_nsec / 1000 + 1);
#endif
    return microseconds(10'000);
}

} // namespace

asio::awaitable<void> save(LargeUploadPtr upload, std::vector<std::size_t> items, Timestamp as_of)
{
    if (items.empty()) co_return;
    static const auto tick = stamp_resolution();
    co_await upload->target.hub->workers.run([&] {
        for (const auto item : items) {
            auto& file = upload->files[item];
            // What is committed is in the storage; the reference would ask of it again otherwise.
            if (file.known.is_committed && file.known.mode == UploadMode::lfs) file.known.is_uploaded = true;
            file.known.saved_us = (as_of - tick).time_since_epoch().count();
            file.is_unsaved = false;
            upload->records->write(file.path, file.known);
        }
    });
}

asio::awaitable<void> save_the_rest(LargeUploadPtr upload)
{
    // Also in a run that was cancelled.
    co_await asio::this_coro::throw_if_cancelled(false);
    std::vector<std::size_t> items;
    for (std::size_t i = 0; i < upload->files.size(); ++i)
        if (upload->files[i].is_unsaved) items.push_back(i);
    co_await save(upload, std::move(items), upload->listed);
}

void count_done(LargeUpload& upload, const LargeFile& file)
{
    ++upload.files_done;
    upload.bytes_done += file.identity.size;
}

} // namespace hfasync::detail
