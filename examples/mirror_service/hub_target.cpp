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
#include "worker.hpp"

namespace mirror {

namespace fs = std::filesystem;

namespace {

constexpr int most_conflicts = 5;
/// Commits that are looked at for the newest mirrored one; other people's commits may be above it.
constexpr std::size_t most_history = 200;
/// So many names go as patterns; beyond it all files that the job's own patterns let through are fetched.
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

/// A name as a pattern that matches nothing else.
std::string escaped(const std::string& name)
{
    std::string out;
    for (const char c : name)
        out += c == '*' || c == '?' || c == '[' ? fmt::format("[{}]", c) : std::string(1, c);
    return out;
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
    }

    asio::awaitable<Mirrored> mirror(Job job, hfasync::ProgressSink progress) override
    {
        const auto place = co_await make_place(job);
        for (int conflicts = 0;; ++conflicts) {
            std::exception_ptr conflict;
            try {
                co_return co_await bring(job, place, progress);
            } catch (const hfasync::ConflictError&) {
                conflict = std::current_exception();
            }
            // The branch has moved since it was looked at.
            if (conflicts == most_conflicts) std::rethrow_exception(conflict);
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

    asio::awaitable<Mirrored> bring(Job job, Place place, hfasync::ProgressSink progress)
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
            const auto made =
                co_await to_.create_commit(place.repo_id, std::move(operations), std::move(title),
                                           std::move(options), std::move(progress));
            mirrored.committed = made.oid != head;
        }
        co_await disk_.run([&] {
            std::error_code ignored;
            fs::remove_all(staging, ignored);
        });
        co_return mirrored;
    }

    /// What differs goes through `staging`: a file that is there whole is not transferred again.
    asio::awaitable<std::vector<hfasync::CommitOperation>> fetch_changes(Job job, Place place, Files wanted,
                                                                         Files present, fs::path staging,
                                                                         hfasync::ProgressSink progress)
    {
        hfasync::SnapshotDownloadOptions options{.repo_type = place.type,
                                                 .revision = job.commit,
                                                 .local_dir = staging,
                                                 .max_workers = files_at_once_};
        if (!job.files.empty()) options.allow_patterns = hfasync::Strings(job.files);
        if (!job.exclude.empty()) options.ignore_patterns = hfasync::Strings(job.exclude);
        std::vector<std::string> changed;
        for (const auto& [path, content] : wanted)
            if (const auto there = present.find(path); there == present.end() || there->second != content)
                changed.push_back(path);
        if (changed.size() <= most_names && job.files.empty()) {
            std::vector<std::string> names;
            for (const auto& path : changed)
                names.push_back(escaped(path));
            options.allow_patterns = hfasync::Strings(std::move(names));
        }
        if (!changed.empty()) co_await from_.snapshot_download(job.repo_id, std::move(options), progress);
        co_return co_await disk_.run([&] {
            std::vector<hfasync::CommitOperation> operations;
            for (const auto& path : changed)
                if (fs::exists(staging / path)) // else the job's patterns leave it out
                    operations.emplace_back(hfasync::CommitOperationAdd(path, staging / path));
            for (const auto& [path, content] : present)
                if (!wanted.contains(path) && path != attributes)
                    operations.emplace_back(
                        hfasync::CommitOperationDelete{.path_in_repo = path, .is_folder = false});
            return operations;
        });
    }

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
