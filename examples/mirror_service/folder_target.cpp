// A folder that holds, for each repo and revision, a link to the files of one commit:
//     models/acme/tiny/main -> .main/<commit>/
// The link is switched by a rename when all files are there, so that a reader sees one commit or the other.
#include <algorithm>

#include <unistd.h>

#include <fmt/format.h>

#include <hfasync/hfasync.hpp>

#include "target.hpp"
#include "trash.hpp"
#include "worker.hpp"

namespace mirror {

namespace fs = std::filesystem;

namespace {

/// Where local_dir keeps what it knows of its files; contract of the reference's local_dir.
const fs::path metadata_folder = fs::path(".cache") / "huggingface" / "download";

std::optional<std::string> linked_commit(const fs::path& link)
{
    std::error_code error;
    const auto to = fs::read_symlink(link, error);
    if (error) return std::nullopt;
    return to.filename().string();
}

/// What a version says of patterns: files that are no longer wanted must not come along.
std::string_view patterns_of(std::string_view version)
{
    return version.substr(std::min(version.find('+'), version.size()));
}

/// The Hub's names are not trusted; the download refuses one that leaves the folder, but that comes later.
bool stays_inside(const fs::path& name)
{
    return !name.empty() && name.is_relative() &&
           std::none_of(name.begin(), name.end(), [](const fs::path& part) { return part == ".."; });
}

/// Begins a commit's folder with a file of the former commit: if it is still the same, it is not transferred
/// again. It is a hard link: a file that has changed is replaced, not written to.
void start_from(const fs::path& former, const fs::path& folder, const std::string& name)
{
    std::error_code error;
    const auto to = folder / name;
    const auto metadata = metadata_folder / (name + ".metadata");
    if (!stays_inside(name) || !fs::is_regular_file(former / name, error) || fs::exists(to, error)) return;
    fs::create_directories((folder / metadata).parent_path(), error);
    fs::create_directories(to.parent_path(), error);
    // The metadata first: it counts for a file that is not younger.
    if (fs::copy_file(former / metadata, folder / metadata, fs::copy_options::overwrite_existing, error))
        fs::create_hard_link(former / name, to, error); // where that fails, it is transferred
}

void switch_link(const fs::path& link, const fs::path& commits, const std::string& name)
{
    const auto fresh = commits / fmt::format(".link.{}", ::getpid());
    fs::remove(fresh);
    fs::create_directory_symlink(commits.filename() / name, fresh); // relative to where it goes
    fs::rename(fresh, link);
}

/// The present commit stays, and the one before: someone may still read it. \returns what is to be deleted
std::vector<fs::path> take_older(const fs::path& commits, const std::vector<std::string>& keep,
                                 const fs::path& trash)
{
    std::vector<fs::path> older;
    std::error_code error;
    for (fs::directory_iterator entry(commits, error), end; !error && entry != end; entry.increment(error))
        if (std::find(keep.begin(), keep.end(), entry->path().filename()) == keep.end())
            older.push_back(entry->path());
    for (auto& folder : older)
        folder = move_to_trash(folder, trash);
    return older;
}

class FolderTarget final : public Target {
public:
    FolderTarget(hfasync::Hub source, FolderTargetConfig config, std::size_t files_at_once)
        : api_(source), folder_(std::move(config.folder)), files_at_once_(files_at_once)
    {
        // What a process that ended meanwhile has left.
        disk_.in_background([trash = trash()](const Turn& turn) { return delete_some(trash, turn); });
    }

    asio::awaitable<Mirrored> mirror(Job job, hfasync::ProgressSink progress, StillMine still_mine) override
    {
        // "-" is no owner's name; without it, gpt2's "main" would be in the way of a repo gpt2/main.
        const bool has_owner = job.repo_id.find('/') != std::string::npos;
        const auto repo = folder_ / plural(job.type) / (has_owner ? "" : "-") / job.repo_id;
        const auto link = repo / component(job.revision);
        const auto commits = repo / ("." + component(job.revision));
        const auto name = job.version(); // other patterns, other folder
        const auto former = co_await disk_.run([&] { return linked_commit(link); });
        const std::string type(to_string(job.type));
        if (former && former != name && patterns_of(*former) == patterns_of(name)) {
            const auto names =
                co_await api_.list_repo_files(job.repo_id, {.revision = job.commit, .repo_type = type})
                    .collect();
            co_await disk_.run_in_turns([&, next = names.begin()](const Turn& turn) mutable {
                while (next != names.end() && !turn.is_over())
                    start_from(commits / *former, commits / name, *next++);
                return next != names.end();
            });
        }
        hfasync::SnapshotDownloadOptions options{.repo_type = type,
                                                 .revision = job.commit,
                                                 .local_dir = commits / name,
                                                 .max_workers = files_at_once_};
        if (!job.files.empty()) options.allow_patterns = hfasync::Strings(job.files);
        if (!job.exclude.empty()) options.ignore_patterns = hfasync::Strings(job.exclude);
        co_await api_.snapshot_download(job.repo_id, std::move(options), std::move(progress));
        if (former != name) co_await still_mine();
        std::vector<fs::path> older;
        co_await disk_.run([&] {
            fs::create_directories(commits / name); // of a commit without files
            if (former == name) return;
            switch_link(link, commits, name);
            older = take_older(commits, {name, former.value_or(name)}, trash());
        });
        for (const auto& folder : older)
            co_await disk_.run_in_turns([&](const Turn& turn) { return delete_some(folder, turn); });
        co_return Mirrored{.place = link.string(), .committed = former != name};
    }

private:
    fs::path trash() const { return folder_ / ".trash"; }

    hfasync::HfApi api_;
    fs::path folder_;
    std::size_t files_at_once_;
    Worker disk_;
};

} // namespace

std::string component(const std::string& revision)
{
    std::string out;
    for (const char c : revision)
        out += c == '/' ? "%2F" : c == '%' ? "%25" : std::string(1, c);
    return out;
}

std::unique_ptr<Target> make_folder_target(hfasync::Hub source, FolderTargetConfig config,
                                           std::size_t files_at_once)
{
    return std::make_unique<FolderTarget>(std::move(source), std::move(config), files_at_once);
}

} // namespace mirror
