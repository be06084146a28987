// LFS files of a commit: hashed, asked for and sent, one group behind the other.
#include <algorithm>
#include <set>
#include <utility>

#include "async/task_group.hpp"
#include "transfer/lfs_upload.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> hash_one(HubPtr hub, AdditionPtr addition, ItemProgress::SharedSink progress)
{
    ItemProgress item(progress, ProgressPhase::hash, addition->path_in_repo, *addition->size);
    co_await hash(hub, addition, [&](std::uint64_t n) { item.advance(n); });
    item.finish();
}

asio::awaitable<void> hash_together(HubPtr hub, std::vector<AdditionPtr> additions,
                                    ItemProgress::SharedSink progress)
{
    const auto failures = co_await hash_small(hub, additions);
    for (std::size_t i = 0; i < additions.size(); ++i) {
        ItemProgress item(progress, ProgressPhase::hash, additions[i]->path_in_repo, *additions[i]->size);
        if (failures[i]) std::rethrow_exception(failures[i]);
        item.finish();
    }
}

/// Those that lack it; small local files by the handful.
asio::awaitable<void> hash_all(HubPtr hub, const std::vector<AdditionPtr>* additions,
                               ItemProgress::SharedSink progress)
{
    constexpr std::size_t handful = 64;
    std::vector<std::vector<AdditionPtr>> jobs;
    std::vector<AdditionPtr> small;
    for (const auto& addition : *additions) {
        if (!addition->sha256.empty()) continue;
        const bool is_small = addition->source.file() && *addition->size <= small_file;
        if (!is_small) jobs.push_back({addition});
        if (is_small) small.push_back(addition);
        if (small.size() == handful) jobs.push_back(std::exchange(small, {}));
    }
    if (!small.empty()) jobs.push_back(std::move(small));
    co_await for_each_index(jobs.size(), hub->options.worker_threads, [&](std::size_t i) {
        const bool is_small = jobs[i].front()->source.file() && *jobs[i].front()->size <= small_file;
        return is_small ? hash_together(hub, jobs[i], progress) : hash_one(hub, jobs[i].front(), progress);
    });
}

asio::awaitable<void> send_one(UploadTarget target, AdditionPtr addition, LfsOrder order, std::size_t at_once,
                               ItemProgress::SharedSink progress)
{
    ItemProgress item(progress, ProgressPhase::upload, addition->path_in_repo, *addition->size);
    std::exception_ptr failure;
    try {
        co_await send_lfs(target, addition, std::move(order), at_once,
                          [&](std::uint64_t n) { item.advance(n); });
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        item.fail(reason_of(failure));
        throw_lfs_failure(failure, addition->path_in_repo);
    }
    item.finish();
}

void check_objects(const std::vector<AdditionPtr>& additions, const std::map<std::string, LfsObject>& objects)
{
    std::string errors;
    for (const auto& addition : additions) {
        const auto found = objects.find(addition->sha256);
        if (found == objects.end())
            errors += "\n'" + addition->path_in_repo + "': missing in the LFS batch answer";
        else if (found->second.error)
            errors += "\n'" + addition->path_in_repo + "': " + *found->second.error;
    }
    if (!errors.empty()) throw ValueError(errc::lfs_transfer, "LFS batch API returned errors:" + errors);
}

/// What the groups share.
struct Sending {
    UploadTarget target;
    std::vector<AdditionPtr> additions;
    std::size_t num_threads;
    ItemProgress::SharedSink progress;
    Budget files; ///< sent at once, of all groups together
    /// One is sent while the next is hashed, and from the page cache: it was just read. Small groups are
    /// asked for one after the other.
    Budget groups{2};
};

struct Group {
    std::vector<AdditionPtr> additions;
    LfsBatch batch;
    Budget::Grant turn; ///< until it is sent
};

asio::awaitable<void> send_group(Sending* sending, std::shared_ptr<const Group> group)
{
    std::vector<AdditionPtr> wanted;
    for (const auto& addition : group->additions)
        if (group->batch.objects.at(addition->sha256).upload_href) wanted.push_back(addition);
    co_await for_each_index(wanted.size(), sending->num_threads, [&](std::size_t i) -> asio::awaitable<void> {
        const auto place = co_await sending->files.acquire(1);
        const LfsOrder order{.object = group->batch.objects.at(wanted[i]->sha256),
                             .answered = group->batch.answered};
        co_await send_one(sending->target, wanted[i], order, sending->num_threads, sending->progress);
    });
}

std::uint64_t bytes_of(const std::vector<AdditionPtr>& additions)
{
    std::uint64_t sum = 0;
    for (const auto& addition : additions)
        sum += *addition->size;
    return sum;
}

/// A child of the group like those it spawns, so that a failure of theirs ends it.
asio::awaitable<void> hash_and_send(Sending* sending, TaskGroup* tasks)
{
    std::vector<std::uint64_t> sizes;
    sizes.reserve(sending->additions.size());
    for (const auto& addition : sending->additions)
        sizes.push_back(*addition->size);
    std::set<std::string_view> seen; // each content once, however many files have it
    auto begin = sending->additions.begin();
    for (const auto count : lfs_groups(sizes)) {
        const auto end = begin + static_cast<std::ptrdiff_t>(count);
        std::vector<AdditionPtr> additions(begin, end);
        begin = end;
        co_await hash_all(sending->target.hub, &additions, sending->progress);
        std::erase_if(additions, [&](const AdditionPtr& a) { return !seen.insert(a->sha256).second; });
        if (additions.empty()) continue;
        const auto group = std::make_shared<Group>();
        group->turn = co_await sending->groups.acquire(bytes_of(additions) < lfs_group_bytes ? 2 : 1);
        group->batch = co_await lfs_batch(sending->target, additions);
        check_objects(additions, group->batch.objects);
        group->additions = std::move(additions);
        tasks->spawn(send_group(sending, group));
    }
}

} // namespace

asio::awaitable<void> upload_lfs(UploadTarget target, std::vector<AdditionPtr> additions,
                                 std::size_t num_threads, ItemProgress::SharedSink progress)
{
    const auto at_once = std::max<std::size_t>(num_threads, 1);
    Sending sending{.target = std::move(target),
                    .additions = std::move(additions),
                    .num_threads = at_once,
                    .progress = std::move(progress),
                    .files = Budget(at_once)};
    co_await run_group([&](TaskGroup& tasks) -> asio::awaitable<void> {
        tasks.spawn(hash_and_send(&sending, &tasks));
        co_return;
    });
    for (const auto& addition : sending.additions)
        addition->is_uploaded = true;
}

} // namespace hfasync::detail
