#include "transfer/cache_verify.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include <hfasync/error.hpp>

#include "base/hash.hpp"
#include "cache/delete_plan.hpp"
#include "cache/file_lock.hpp"
#include "cache/trees.hpp"

namespace hfasync::detail {

namespace fs = std::filesystem;

namespace {

bool is_hash(std::string_view text)
{
    return is_lower_hex(text, 64) || is_lower_hex(text, 40);
}

/// Partial downloads, their records, locks and temporary files have other names than blobs.
bool is_blob_name(std::string_view name)
{
    return !name.starts_with('.') && name.find(".incomplete") == std::string_view::npos &&
           !name.ends_with(".lock");
}

/// Path to hash, of the listing that a client has kept of a commit. Empty when there is none, or none that
/// can be used.
std::map<std::string, std::string> listed_hashes(const fs::path& repo, const std::string& commit)
{
    std::map<std::string, std::string> out;
    if (const auto tree = read_tree(Place::at(repo / "trees" / (commit + ".json"))))
        for (const auto& file : *tree)
            if (is_hash(file.etag())) out.emplace(file.path, file.etag());
    return out;
}

class Lister {
public:
    Lister(const fs::path& repo, const CachedRepoName& name) : repo_(repo), name_(name) {}

    std::vector<VerifyJob> run()
    {
        list_blobs();
        list_snapshots();
        std::ranges::sort(jobs_, {}, [](const VerifyJob& job) { return job.file.path; });
        return std::move(jobs_);
    }

private:
    VerifyJob& add(const fs::path& path, std::optional<std::string> expected)
    {
        return jobs_.emplace_back(VerifyJob{.repo = repo_,
                                            .file = {.path = path,
                                                     .repo_id = name_.repo_id,
                                                     .repo_type = name_.type,
                                                     .expected = std::move(expected),
                                                     .actual = std::nullopt}});
    }

    void add_existing(const fs::path& path, std::optional<std::string> expected)
    {
        struct stat info{};
        if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
        auto& job = add(path, std::move(expected));
        job.file.size = static_cast<std::uint64_t>(info.st_size);
        job.hash = job.file.expected.has_value();
    }

    void list_blobs()
    {
        const auto blobs = repo_ / "blobs";
        if (!fs::is_directory(blobs)) return;
        for (const auto& entry : fs::directory_iterator(blobs)) {
            const auto name = entry.path().filename().string();
            if (is_blob_name(name))
                add_existing(entry.path(), is_hash(name) ? std::optional(name) : std::nullopt);
        }
    }

    void list_snapshots()
    {
        const auto snapshots = repo_ / "snapshots";
        if (!fs::is_directory(snapshots)) return;
        for (const auto& revision : fs::directory_iterator(snapshots))
            if (revision.is_directory()) list_snapshot(revision.path());
    }

    void list_snapshot(const fs::path& folder)
    {
        std::optional<std::map<std::string, std::string>> hashes; // read when a file needs them
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_symlink()) {
                if (!fs::exists(entry.path())) add_missing(entry.path());
                continue;
            }
            if (!entry.is_regular_file()) continue;
            if (!hashes) hashes = listed_hashes(repo_, folder.filename().string());
            const auto known = hashes->find(entry.path().lexically_relative(folder).generic_string());
            add_existing(entry.path(), known == hashes->end() ? std::nullopt : std::optional(known->second));
        }
    }

    void add_missing(const fs::path& link)
    {
        const auto blob = resolve_links(link);
        const auto name = blob.filename().string();
        for (const auto& job : jobs_)
            if (job.file.state == CacheFileState::missing && job.file.path == blob) return;
        add(blob, is_hash(name) ? std::optional(name) : std::nullopt).file.state = CacheFileState::missing;
    }

    fs::path repo_;
    CachedRepoName name_;
    std::vector<VerifyJob> jobs_;
};

/// Links of all snapshots that lead to `target`, which need not exist.
std::vector<fs::path> links_to(const fs::path& repo, const fs::path& target)
{
    std::vector<fs::path> out;
    if (!fs::is_directory(repo / "snapshots")) return out;
    for (const auto& entry : fs::recursive_directory_iterator(repo / "snapshots"))
        if (entry.is_symlink() && resolve_links(entry.path()) == target) out.push_back(entry.path());
    return out;
}

} // namespace

std::vector<VerifyJob> list_for_verification(const fs::path& repo, const CachedRepoName& name)
{
    return Lister(repo, name).run();
}

std::string delete_bad_file(const VerifyJob& job, const FileId& seen)
{
    const auto& path = job.file.path;
    try {
        const auto name = path.filename().string();
        const auto lock = FileLock::try_lock(blob_lock(job.repo, job.file.expected.value_or(name)));
        if (!lock) return "a download of it is under way";
        const bool missing = job.file.state == CacheFileState::missing;
        if (missing ? fs::exists(path) : file_id(open_read(path), path) != seen) return "it was replaced";
        const auto target = missing ? path : resolve_links(path);
        for (const auto& link : links_to(job.repo, target)) // first: no link is left without its blob
            if (::unlink(link.c_str()) != 0 && errno != ENOENT) return std::strerror(errno);
        if (!missing && ::unlink(path.c_str()) != 0 && errno != ENOENT) return std::strerror(errno);
    } catch (const OSError& error) {
        return error.message();
    } catch (const fs::filesystem_error& error) {
        return error.code().message();
    }
    return {};
}

} // namespace hfasync::detail
