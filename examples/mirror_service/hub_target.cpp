// Another Hub: one commit a source commit, made once.
//
// What makes it "once": the commit's description names the source commit. Before a commit is made, the newest
// such name on the branch is looked up, and the commit is made on exactly the head that was looked at
// (parent_commit). Of two processes that do so at the same time one gets a conflict, looks again, and finds
// the other's commit.
#include <map>

#include <fmt/format.h>

#include <hfasync/hfasync.hpp>
#include <hfasync/revision.hpp>

#include "target.hpp"
#include "trash.hpp"
#include "worker.hpp"

namespace mirror {

namespace fs = std::filesystem;

namespace {

constexpr int most_conflicts = 5;
/// Commits that are looked at for the newest mirrored one; other people's commits may be above it.
constexpr std::size_t most_history = 200;
/// So many names go as patterns of one download: each of them is held against each file of the repo.
constexpr std::size_t most_names = 200;
constexpr std::string_view trailer = "Mirrored-From: ";
/// The Hub makes it with the repo, and needs it; a source without it does not mean that it should go.
constexpr std::string_view attributes = ".gitattributes";

/// What identifies a file's content on both sides.
struct Content {
    std::uint64_t size = 0;
    std::string hash;
    bool operator==(const Content&) const = default;
};
using Files = std::map<std::string, Content>;

/// How much of the files is there.
struct Extent {
    std::uint64_t files = 0, bytes = 0;
};

/// The events of a part as those of `all`, of which `before` is there.
hfasync::ProgressSink part_of(hfasync::ProgressSink all_of_it, Extent before, Extent all)
{
    if (!all_of_it) return {};
    return [all_of_it = std::move(all_of_it), before, all](hfasync::ProgressEvent event) {
        if (event.phase == hfasync::ProgressPhase::total) {
            event.items_done += before.files;
            event.items_total = all.files;
            event.done += before.bytes;
            event.total = all.bytes;
        }
        all_of_it(event);
    };
}

std::string head_of(const hfasync::RepoInfo& info)
{
    return std::visit([](const auto& repo) { return repo.sha.value_or(""); }, info);
}

class HubTarget final : public Target {
public:
    HubTarget(hfasync::Hub source, hfasync::Hub target, HubTargetConfig config, std::size_t files_at_once)
        : from_(source), to_(target), source_endpoint_(source.options().endpoint), config_(std::move(config)),
          files_at_once_(files_at_once)
    {
        // What a process that ended meanwhile has left.
        disk_.in_background([trash = trash()](const Turn& turn) { return delete_some(trash, turn); });
    }

    asio::awaitable<Mirrored> mirror(Job job, hfasync::ProgressSink progress, StillMine still_mine) override
    {
        const auto place = co_await make_place(job);
        for (int conflicts = 0;; ++conflicts) {
            std::exception_ptr conflict;
            try {
                co_return co_await bring(job, place, progress, still_mine);
            } catch (const hfasync::ConflictError&) {
                conflict = std::current_exception();
            }
            // The branch has moved since it was looked at.
            if (conflicts == most_conflicts) std::rethrow_exception(conflict);
            co_await still_mine(); // else it may be a newer commit, which must stay on top
        }
    }

private:
    struct Place {
        std::string repo_id, type, branch;
    };

    asio::awaitable<Place> make_place(Job job) const
    {
        Place place{.repo_id = job.repo_id, .type = std::string(to_string(job.type)), .branch = job.revision};
        if (config_.owner) {
            const auto slash = job.repo_id.find('/');
            const auto start = slash == std::string::npos ? 0 : slash + 1;
            place.repo_id = *config_.owner + "/" + job.repo_id.substr(start);
        }
        // A commit or a pull request of the source has no name of its own over there.
        if (hfasync::is_commit_hash(job.revision) || job.revision.starts_with("refs/")) place.branch = "main";
        hfasync::CreateRepoOptions options{.repo_type = place.type, .exist_ok = true};
        if (config_.private_repos) options.private_ = true;
        if (job.type == hfasync::RepoType::space)
            options.space_sdk = (co_await from_.space_info(job.repo_id)).sdk.value_or("static");
        co_await to_.create_repo(place.repo_id, std::move(options));
        if (place.branch != "main")
            co_await to_.create_branch(place.repo_id, place.branch,
                                       {.repo_type = place.type, .exist_ok = true});
        co_return place;
    }

    std::string origin(const Job& job) const
    {
        return fmt::format("{}{}/{}{}@{}", trailer, source_endpoint_, url_prefix(job.type), job.repo_id,
                           job.version());
    }

    /// The trailer of the newest commit of the branch, from `head` on, that has one.
    asio::awaitable<std::string> newest_origin(Place place, std::string head) const
    {
        auto commits = to_.list_repo_commits(place.repo_id, {.repo_type = place.type, .revision = head})
                           .take(most_history);
        while (const auto commit = co_await commits.next()) {
            const auto text = commit->title + "\n" + commit->message;
            const auto start = text.find(trailer);
            if (start != std::string::npos) co_return text.substr(start, text.find('\n', start) - start);
        }
        co_return std::string();
    }

    template <class Api>
    static asio::awaitable<Files> files_of(Api api, std::string repo_id, std::string type, std::string commit)
    {
        Files files;
        auto entries = api.list_repo_tree(
            repo_id, {.recursive = true, .revision = std::move(commit), .repo_type = std::move(type)});
        while (auto entry = co_await entries.next())
            if (const auto* file = std::get_if<hfasync::RepoFile>(&*entry))
                files[file->path] = {.size = file->size,
                                     .hash = file->lfs ? file->lfs->sha256 : file->blob_id};
        co_return files;
    }

    asio::awaitable<Mirrored> bring(Job job, Place place, hfasync::ProgressSink progress,
                                    StillMine still_mine)
    {
        const auto head = head_of(
            co_await to_.repo_info(place.repo_id, {.revision = place.branch, .repo_type = place.type}));
        const auto url = fmt::format("{}/{}{}/tree/{}", config_.hub.endpoint, url_prefix(job.type),
                                     place.repo_id, place.branch);
        if (co_await newest_origin(place, head) == origin(job)) co_return Mirrored{.place = url};
        const auto wanted = co_await files_of(from_, job.repo_id, place.type, job.commit);
        const auto present = co_await files_of(to_, place.repo_id, place.type, head);
        const auto staging = config_.work / plural(job.type) / job.repo_id / job.version();
        auto operations = co_await fetch_changes(job, place, wanted, present, staging, progress);
        hfasync::CreateCommitOptions options{.commit_description = origin(job),
                                             .repo_type = place.type,
                                             .revision = place.branch,
                                             .num_threads = files_at_once_};
        if (!head.empty()) options.parent_commit = head;
        Mirrored mirrored{.place = url};
        if (!operations.empty()) {
            auto title = fmt::format("Mirror {} at {}", job.repo_id, job.commit.substr(0, 12));
            co_await still_mine();
            const auto made =
                co_await to_.create_commit(place.repo_id, std::move(operations), std::move(title),
                                           std::move(options), std::move(progress));
            mirrored.committed = made.oid != head;
        }
        const auto old = co_await disk_.run([&] { return move_to_trash(staging, trash()); });
        co_await disk_.run_in_turns([&](const Turn& turn) { return delete_some(old, turn); });
        co_return mirrored;
    }

    /// What differs goes through `staging`: a file that is there whole is not transferred again.
    asio::awaitable<std::vector<hfasync::CommitOperation>> fetch_changes(Job job, Place place, Files wanted,
                                                                         Files present, fs::path staging,
                                                                         hfasync::ProgressSink progress)
    {
        const hfasync::PathFilter lets_through(job.files.empty() ? std::nullopt
                                                                 : std::optional(hfasync::Strings(job.files)),
                                               hfasync::Strings(job.exclude));
        std::vector<std::string> changed, same;
        for (const auto& [path, content] : wanted) {
            if (!lets_through(path)) continue;
            const auto there = present.find(path);
            (there != present.end() && there->second == content ? same : changed).push_back(path);
        }
        std::vector<hfasync::CommitOperation> operations;
        // Not staging / path: the Hub's name may begin with a slash.
        for (const auto& path : changed)
            operations.emplace_back(hfasync::CommitOperationAdd(path, fs::path(staging) += "/" + path));
        // What the patterns leave out is not the mirror's; what the source has no longer goes.
        for (const auto& [path, content] : present)
            if (!wanted.contains(path) && path != attributes)
                operations.emplace_back(
                    hfasync::CommitOperationDelete{.path_in_repo = path, .is_folder = false});
        if (changed.size() > most_names && same.size() <= most_names)
            co_await fetch_all_but(job, place, std::move(same), staging, progress);
        else
            co_await fetch(job, place, std::move(changed), std::move(wanted), staging, progress);
        co_return operations;
    }

    hfasync::SnapshotDownloadOptions into(const Job& job, const Place& place, const fs::path& staging) const
    {
        return {.repo_type = place.type,
                .revision = job.commit,
                .local_dir = staging,
                .max_workers = files_at_once_};
    }

    /// Most of what the job's patterns let through: one download, whose patterns are few.
    asio::awaitable<void> fetch_all_but(Job job, Place place, std::vector<std::string> same, fs::path staging,
                                        hfasync::ProgressSink progress)
    {
        auto options = into(job, place, staging);
        if (!job.files.empty()) options.allow_patterns = hfasync::Strings(job.files);
        auto ignored = job.exclude;
        for (const auto& path : same)
            ignored.push_back(hfasync::literal_pattern(path));
        options.ignore_patterns = hfasync::Strings(std::move(ignored));
        co_await from_.snapshot_download(job.repo_id, std::move(options), progress);
    }

    /// These files and no other.
    asio::awaitable<void> fetch(Job job, Place place, std::vector<std::string> paths, Files files,
                                fs::path staging, hfasync::ProgressSink progress)
    {
        Extent before, all{.files = paths.size()};
        for (const auto& path : paths)
            all.bytes += files.at(path).size;
        while (before.files < paths.size()) {
            const auto end = std::min<std::size_t>(paths.size(), before.files + most_names);
            auto options = into(job, place, staging);
            std::vector<std::string> names;
            Extent now{.files = end, .bytes = before.bytes};
            for (auto i = before.files; i < end; ++i) {
                names.push_back(hfasync::literal_pattern(paths[i]));
                now.bytes += files.at(paths[i]).size;
            }
            options.allow_patterns = hfasync::Strings(std::move(names));
            co_await from_.snapshot_download(job.repo_id, std::move(options), part_of(progress, before, all));
            before = now;
        }
    }

    fs::path trash() const { return config_.work / ".trash"; }

    hfasync::HfApi from_, to_;
    std::string source_endpoint_;
    HubTargetConfig config_;
    std::size_t files_at_once_;
    Worker disk_;
};

} // namespace

std::unique_ptr<Target> make_hub_target(hfasync::Hub source, hfasync::Hub target, HubTargetConfig config,
                                        std::size_t files_at_once)
{
    return std::make_unique<HubTarget>(std::move(source), std::move(target), std::move(config),
                                       files_at_once);
}

} // namespace mirror
