// What a push of CommitScheduler does: list, leave out what the Hub has, commit.
#include "transfer/commit_scheduler.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include <hfasync/api/refs.hpp>
#include <hfasync/api/repos.hpp>

#include "async/task_group.hpp"
#include "base/encoding.hpp"
#include "base/os.hpp"
#include "transfer/commit.hpp"
#include "transfer/upload_folder.hpp"
#include "transfer/upload_mode.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

using StatePtr = std::shared_ptr<CommitScheduler::State>;

constexpr std::size_t files_per_commit = 1'000; // bounds the memory of a push, and what the Hub gets at once
constexpr std::size_t most_collisions = 5;
constexpr std::size_t looked_at_together = 4; // files

asio::awaitable<bool> is_missing(StatePtr state)
{
    try {
        co_await repo_head(state->hub.state(), {state->type, state->repo_id, state->options.token},
                           std::nullopt);
    } catch (const RepositoryNotFoundError&) {
        co_return true;
    }
    co_return false;
}

/// Once: makes the folder and the repo where they are missing.
asio::awaitable<void> prepare(StatePtr state)
{
    if (state->repo_known) co_return;
    co_await state->hub.state()->workers.run([&] {
        std::error_code failed;
        if (std::filesystem::is_regular_file(state->folder, failed))
            throw ValueError("'folder_path' must be a directory, not a file: '" + state->folder.string() +
                             "'.");
        std::filesystem::create_directories(state->folder, failed);
        if (failed) throw_os_error(failed, "make the folder", state->folder);
    });
    // A Space that exists needs no SDK to be named.
    if (state->type != RepoType::space || co_await is_missing(state)) {
        CreateRepoOptions wanted{.token = state->options.token,
                                 .private_ = state->options.private_,
                                 .repo_type = std::string(to_string(state->type)),
                                 .exist_ok = true};
        const auto url = co_await ReposApi(state->hub).create_repo(state->repo_id, std::move(wanted));
        const std::scoped_lock lock(state->mutex);
        state->repo_id = url.repo_id;
    }
    state->repo_known = true;
}

/// The commit has landed: what goes wrong here is no failure of the push.
asio::awaitable<void> squash(StatePtr state)
{
    std::exception_ptr failure;
    try {
        co_await RefsApi(state->hub)
            .super_squash_history(state->repo_id, {.branch = state->options.revision,
                                                   .repo_type = state->options.repo_type,
                                                   .token = state->options.token});
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return;
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
        std::rethrow_exception(failure);
    state->warn("The history of '" + state->repo_id +
                "' could not be squashed; it is tried again after the next commit: " + reason_of(failure));
}

/// One file of a push.
struct Candidate {
    ChangedFile file;
    std::string local; ///< path as errors name it
    CommitOperationAdd operation;
};
using Candidates = std::vector<Candidate>;

UploadTarget target_of(const CommitScheduler::State& state)
{
    return {.hub = state.hub.state(),
            .repo = {.type = state.type, .id = state.repo_id, .token = state.options.token},
            .revision = state.options.revision.value_or("main")};
}

asio::awaitable<FolderScan> scan(StatePtr state)
{
    const auto hub = state->hub.state();
    const FolderWalk walk{.folder = state->folder,
                          .filter =
                              upload_filter(state->options.allow_patterns, state->options.ignore_patterns)};
    const auto held = co_await state->lock.acquire(1);
    co_return co_await hub->workers.run([&] { return scan_folder(walk, state->pushed); });
}

/// A file whose name no repo can hold must not keep the others from being pushed.
std::optional<Candidate> candidate(CommitScheduler::State& state, const std::string& prefix, ChangedFile file)
{
    const auto path = state.folder / file.relative;
    try {
        CommitOperationAdd operation(prefix + file.relative,
                                     capped_file(state.hub.state(), path, file.stamp));
        return Candidate{std::move(file), printable(path.string()), std::move(operation)};
    } catch (const ValueError& error) {
        state.warn_once("'" + printable(file.relative) + "' is left out: " + error.message());
        return std::nullopt;
    }
}

std::vector<AdditionPtr> additions_of(const Candidates& files)
{
    std::vector<AdditionPtr> additions;
    additions.reserve(files.size());
    for (const auto& file : files)
        additions.push_back(file.operation.state());
    return additions;
}

/// The Hub has it, or wants none of it (.gitignore).
asio::awaitable<bool> is_needless(HubPtr hub, AdditionPtr addition)
{
    if (addition->should_ignore) co_return true;
    co_return co_await is_unchanged(hub, addition);
}

/// Takes out what needs no commit: after a restart, or a commit whose reply was lost, nothing is known here
/// of what the repo has. A commit without a change is never made.
asio::awaitable<void> drop_needless(StatePtr state, Candidates* files)
{
    const auto hub = state->hub.state();
    const auto additions = additions_of(*files);
    co_await for_each_index(additions.size(), looked_at_together,
                            [&](std::size_t i) { return inspect(hub, {additions[i]}); });
    auto gitignore = co_await gitignore_of(hub, additions);
    co_await fetch_upload_modes(target_of(*state), additions, std::move(gitignore));
    std::vector<char> needless(additions.size());
    const auto judge = [](HubPtr of, AdditionPtr addition, char* out) -> asio::awaitable<void> {
        *out = co_await is_needless(of, addition) ? 1 : 0;
    };
    co_await for_each_index(additions.size(), looked_at_together,
                            [&](std::size_t i) { return judge(hub, additions[i], &needless[i]); });
    Candidates needed;
    for (std::size_t i = 0; i < additions.size(); ++i)
        if (needless[i])
            state->pushed.add((*files)[i].file.relative, (*files)[i].file.stamp);
        else
            needed.push_back(std::move((*files)[i]));
    *files = std::move(needed);
}

/// One commit of what is new among the files; takes out of them what it has recorded as pushed.
asio::awaitable<std::optional<CommitInfo>> commit(StatePtr state, Candidates* files,
                                                  ItemProgress::SharedSink progress)
{
    co_await drop_needless(state, files);
    if (files->empty()) co_return std::nullopt;
    std::vector<CommitOperation> operations;
    operations.reserve(files->size());
    for (const auto& file : *files)
        operations.emplace_back(file.operation);
    auto info =
        co_await create_commit(state->hub.state(), state->repo_id, std::move(operations), "Scheduled Commit",
                               {.token = state->options.token,
                                .repo_type = std::string(to_string(state->type)),
                                .revision = state->options.revision},
                               progress);
    for (const auto& file : *files) {
        state->pushed.add(file.file.relative, file.file.stamp);
        state->report.bytes += file.file.stamp.size;
    }
    state->report.files += files->size();
    state->report.commits += 1;
    files->clear();
    co_return info;
}

/// Takes the file out that this failure is about; false when it is about none.
bool drop_failed(CommitScheduler::State& state, Candidates& files, const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const OSError& error) {
        const auto of_file = [&](const Candidate& file) { return file.local == error.context().path; };
        const auto found = std::find_if(files.begin(), files.end(), of_file);
        if (found == files.end()) return false;
        files.erase(found);
        // Alone it is the failure of the whole push, which is told elsewhere.
        if (!files.empty()) state.warn(std::string("Left for the next push: ") + error.message());
        return true;
    } catch (...) {
        return false;
    }
}

bool is_collision(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const ConflictError&) {
        return true;
    } catch (...) {
        return false;
    }
}

/// Until it is committed: without the files that change under way, and again when another's commit came
/// first.
asio::awaitable<std::optional<CommitInfo>> commit_whatever_happens(StatePtr state, Candidates files,
                                                                   ItemProgress::SharedSink progress)
{
    for (std::size_t collisions = 0;;) {
        std::optional<CommitInfo> info;
        std::exception_ptr failure;
        try {
            info = co_await commit(state, &files, progress);
        } catch (...) {
            failure = std::current_exception();
        }
        if (!failure) co_return info;
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) std::rethrow_exception(failure);
        if (drop_failed(*state, files, failure)) {
            if (files.empty()) std::rethrow_exception(failure);
        } else if (!is_collision(failure) || ++collisions > most_collisions) {
            std::rethrow_exception(failure);
        }
    }
}

} // namespace

asio::awaitable<std::optional<CommitInfo>> push_folder(StatePtr state)
{
    auto found = co_await scan(state);
    if (found.folder_missing) {
        state->warn("The folder '" + state->folder.string() + "' is not there: nothing is pushed");
        co_return std::nullopt;
    }
    for (const auto& why : found.left_out)
        state->warn_once(why);
    const auto progress = ItemProgress::share(state->hooks.progress);
    const auto prefix = folder_prefix(state->options.path_in_repo);
    std::optional<CommitInfo> last;
    std::exception_ptr unpushed;
    for (auto file = found.changed.begin(); file != found.changed.end();) {
        Candidates files;
        for (; file != found.changed.end() && files.size() < files_per_commit; ++file)
            if (auto one = candidate(*state, prefix, std::move(*file))) files.push_back(std::move(*one));
        if (files.empty()) continue;
        try {
            if (auto info = co_await commit_whatever_happens(state, std::move(files), progress))
                last = std::move(info);
        } catch (const OSError&) {
            unpushed = std::current_exception(); // all of these files; the others do not wait for them
        }
    }
    if (!last && unpushed) std::rethrow_exception(unpushed);
    co_return last;
}

asio::awaitable<std::optional<CommitInfo>> push_once(StatePtr state)
{
    state->report = {};
    co_await prepare(state);
    std::optional<CommitInfo> info;
    if (state->hooks.push_to_hub)
        info = co_await state->hooks.push_to_hub(CommitScheduler::State::handle(state));
    else
        info = co_await push_folder(state);
    if (info && state->options.squash_history) co_await squash(state);
    co_return info;
}

} // namespace hfasync::detail
