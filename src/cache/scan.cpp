#include "cache/scan.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "base/os.hpp"
#include "cache/layout.hpp"

namespace hfasync::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view finder_file = ".DS_Store"; // made by macOS; ignored where the reference ignores it

/// Ends the scan of one repo; its text is the warning.
struct Corrupted {
    std::string why;
};

template <class... Arguments>
[[noreturn]] void corrupted(fmt::format_string<Arguments...> format, Arguments&&... arguments)
{
    throw Corrupted{fmt::format(format, std::forward<Arguments>(arguments)...)};
}

Timestamp timestamp_of(const timespec& time)
{
    return Timestamp(std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_nsec / 1000));
}

struct Times {
    Timestamp accessed{}, modified{};
};

struct BlobStat {
    std::uint64_t size = 0;
    Times times;
};

std::optional<struct stat> stat_of(const fs::path& path)
{
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return std::nullopt;
    return info;
}

Times times_of(const struct stat& info)
{
    return {timestamp_of(info.st_atim), timestamp_of(info.st_mtim)};
}

Times folder_times(const fs::path& path)
{
    const auto info = stat_of(path);
    if (!info) corrupted("Cannot read the folder: {}", path.string());
    return times_of(*info);
}

std::string read_ref(const fs::path& path)
{
    const Fd fd = open_read(path);
    std::string text(4096, '\0'); // a ref has 40; what is longer is shown as far as that
    text.resize(read_at(fd, std::as_writable_bytes(std::span(text)), 0, path));
    return text;
}

/// Reads one repo; a class because its steps share the blobs that were seen.
class RepoScan {
public:
    explicit RepoScan(const fs::path& repo_path) : path_(repo_path), real_(fs::weakly_canonical(repo_path)) {}

    CachedRepoInfo run()
    {
        if (!fs::is_directory(path_)) corrupted("Repo path is not a directory: {}", path_.string());
        CachedRepoInfo repo;
        set_name(repo);
        repo.repo_path = path_;
        const auto snapshots = path_ / "snapshots";
        if (!fs::is_directory(snapshots))
            corrupted("Snapshots dir doesn't exist in cached repo: {}", snapshots.string());
        read_refs();
        read_snapshots(snapshots, repo);
        if (!refs_.empty()) corrupted_refs();
        finish(repo);
        return repo;
    }

private:
    void set_name(CachedRepoInfo& repo) const
    {
        const auto folder = path_.filename().string();
        const auto dashes = folder.find("--");
        if (dashes == std::string::npos)
            corrupted("Repo path is not a valid HuggingFace cache directory: {}", path_.string());
        const auto name = parse_repo_folder(folder);
        if (!name)
            corrupted("Repo type must be `dataset`, `model` or `space`, found `{}` ({}).",
                      folder.substr(0, dashes == 0 ? 0 : dashes - 1), path_.string());
        repo.repo_type = name->type;
        repo.repo_id = name->repo_id;
    }

    void read_refs()
    {
        const auto folder = path_ / "refs";
        if (!fs::exists(folder)) return;
        if (fs::is_regular_file(folder)) corrupted("Refs directory cannot be a file: {}", folder.string());
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_directory() || entry.path().filename() == finder_file) continue;
            refs_[read_ref(entry.path())].insert(entry.path().lexically_relative(folder).string());
        }
    }

    void read_snapshots(const fs::path& snapshots, CachedRepoInfo& repo)
    {
        for (const auto& entry : fs::directory_iterator(snapshots)) {
            if (entry.path().filename() == finder_file) continue;
            if (entry.is_regular_file())
                corrupted("Snapshots folder corrupted. Found a file: {}", entry.path().string());
            if (!entry.is_directory()) // a link that leads nowhere
                corrupted("Snapshots folder corrupted. Found no folder: {}", entry.path().string());
            repo.revisions.push_back(read_revision(entry.path()));
        }
        std::ranges::sort(repo.revisions, {}, &CachedRevisionInfo::commit_hash);
    }

    CachedRevisionInfo read_revision(const fs::path& folder)
    {
        CachedRevisionInfo revision;
        revision.commit_hash = folder.filename().string();
        revision.snapshot_path = folder;
        const bool usual = fs::weakly_canonical(folder) == real_ / "snapshots" / folder.filename();
        std::set<fs::path> seen; // a file that stands twice in the revision has its size once
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_directory()) continue;
            auto blob = usual ? usual_blob(entry, folder) : fs::path();
            if (blob.empty()) blob = resolve_links(entry.path());
            const auto& stat = blob_stat(blob);
            if (seen.insert(blob).second) revision.size_on_disk += stat.size;
            revision.last_modified = std::max(revision.last_modified, stat.times.modified);
            revision.files.push_back({.file_name = entry.path().filename().string(),
                                      .file_path = entry.path(),
                                      .blob_path = std::move(blob),
                                      .size_on_disk = stat.size,
                                      .blob_last_accessed = stat.times.accessed,
                                      .blob_last_modified = stat.times.modified});
        }
        if (revision.files.empty()) revision.last_modified = folder_times(folder).modified;
        std::ranges::sort(revision.files, {}, &CachedFileInfo::file_path);
        if (const auto refs = refs_.find(revision.commit_hash); refs != refs_.end()) {
            revision.refs.assign(refs->second.begin(), refs->second.end());
            refs_.erase(refs);
        }
        return revision;
    }

    /// The blob of a link as clients make them, without a look at every folder on the way; else empty.
    fs::path usual_blob(const fs::directory_entry& entry, const fs::path& folder) const
    {
        std::error_code error;
        if (!entry.is_symlink(error)) return {};
        const auto text = fs::read_symlink(entry.path(), error).string();
        const auto name = text.substr(text.rfind('/') + 1);
        const auto inside = entry.path().lexically_relative(folder).string();
        if (error || name.empty() || text != RepoLayout::link_text(inside, name)) return {};
        auto blob = real_ / "blobs" / name;
        struct stat info{};
        if (::lstat(blob.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
        return blob;
    }

    const BlobStat& blob_stat(const fs::path& blob)
    {
        if (const auto known = blobs_.find(blob.native()); known != blobs_.end()) return known->second;
        const auto info = stat_of(blob);
        if (!info) corrupted("Blob missing (broken symlink): {}", blob.string());
        return blobs_
            .emplace(blob.native(), BlobStat{static_cast<std::uint64_t>(info->st_size), times_of(*info)})
            .first->second;
    }

    [[noreturn]] void corrupted_refs() const
    {
        std::string hashes;
        for (const auto& [hash, names] : refs_) {
            std::string quoted;
            for (const auto& name : names)
                quoted += (quoted.empty() ? "" : ", ") + python_repr(name);
            hashes += (hashes.empty() ? "" : ", ") + python_repr(hash) + ": {" + quoted + "}";
        }
        corrupted("Reference(s) refer to missing commit hashes: {{{}}} ({}).", hashes, path_.string());
    }

    void finish(CachedRepoInfo& repo) const
    {
        repo.nb_files = blobs_.size();
        for (const auto& [path, blob] : blobs_) {
            repo.size_on_disk += blob.size;
            repo.last_accessed = std::max(repo.last_accessed, blob.times.accessed);
            repo.last_modified = std::max(repo.last_modified, blob.times.modified);
        }
        if (!blobs_.empty()) return;
        const auto times = folder_times(path_);
        repo.last_accessed = times.accessed;
        repo.last_modified = times.modified;
    }

    fs::path path_;
    fs::path real_; ///< path_, where the folder itself may be a link to another disk
    std::map<std::string, std::set<std::string>> refs_; ///< by commit; those without a snapshot stay
    std::unordered_map<std::string, BlobStat> blobs_;
};

/// blobs/ beside the repos: there huggingface_hub 1.x keeps what came through Xet, once for all repos. Its
/// mark tells it from a folder that has no business there.
bool is_shared_store(const fs::path& path)
{
    std::error_code ignored;
    return path.filename() == "blobs" && fs::is_regular_file(path / ".huggingface-shared-blobs", ignored);
}

} // namespace

fs::path open_cache_dir(const fs::path& cache_dir)
{
    std::error_code error;
    auto folder = fs::weakly_canonical(cache_dir, error);
    if (error) throw_os_error(error, "open the cache", cache_dir);
    const auto status = fs::status(folder, error);
    if (!fs::exists(status)) {
        ErrorContext context;
        context.path = printable(folder.string());
        throw FileNotFoundError(std::make_error_code(std::errc::no_such_file_or_directory),
                                fmt::format("Cache directory not found: {}. Please use `cache_dir` argument "
                                            "or set `HF_HUB_CACHE` environment variable.",
                                            context.path),
                                context);
    }
    if (!fs::is_directory(status))
        throw ValueError(fmt::format("Scan cache expects a directory but found a file: {}. Please use "
                                     "`cache_dir` argument or set `HF_HUB_CACHE` environment variable.",
                                     printable(folder.string())));
    return folder;
}

std::vector<fs::path> list_cache_dir(const fs::path& cache_dir)
{
    std::vector<fs::path> out;
    std::error_code error;
    for (fs::directory_iterator at(cache_dir, error), end; !error && at != end; at.increment(error)) {
        const auto name = at->path().filename();
        if (name == ".locks" || name == "CACHEDIR.TAG" || is_shared_store(at->path())) continue;
        out.push_back(at->path());
    }
    if (error) throw_os_error(error, "list the cache", cache_dir);
    std::ranges::sort(out);
    return out;
}

std::optional<CachedRepoName> parse_repo_folder(std::string_view name)
{
    for (const auto type : {RepoType::model, RepoType::dataset, RepoType::space}) {
        const auto prefix = std::string(plural(type)) + "--";
        // The reference looks at all but the last character of the first word.
        if (name.substr(0, prefix.size() - 3) != prefix.substr(0, prefix.size() - 3)) continue;
        if (name.find("--") != prefix.size() - 2) continue;
        CachedRepoName out{.type = type, .repo_id = std::string(name.substr(prefix.size()))};
        for (auto at = out.repo_id.find("--"); at != std::string::npos; at = out.repo_id.find("--", at + 1))
            out.repo_id.replace(at, 2, "/");
        return out;
    }
    return std::nullopt;
}

ScannedRepo scan_cached_repo(const fs::path& repo_path)
{
    try {
        return {.repo = RepoScan(repo_path).run(), .warning = {}};
    } catch (const Corrupted& problem) {
        return {.repo = std::nullopt, .warning = problem.why};
    } catch (const fs::filesystem_error& error) {
        return {.repo = std::nullopt,
                .warning = fmt::format("Cannot read {}: {}", error.path1().string(), error.code().message())};
    } catch (const OSError& error) {
        return {.repo = std::nullopt, .warning = error.message()};
    }
}

fs::path resolve_links(const fs::path& path)
{
    std::error_code error;
    auto at = fs::weakly_canonical(path, error);
    // What does not exist may still be a link, whose text weakly_canonical leaves alone.
    for (int hops = 0; hops < 40 && !error; ++hops) {
        std::error_code no_link;
        const auto target = fs::read_symlink(at, no_link);
        if (no_link) break;
        at = fs::weakly_canonical(at.parent_path() / target, error);
    }
    return error ? path : at;
}

std::string python_repr(std::string_view text)
{
    const char quote =
        text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
    std::string out(1, quote);
    for (const char c : text) {
        if (c == quote || c == '\\')
            out += {'\\', c};
        else if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\t')
            out += "\\t";
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else
            out += c;
    }
    return out + quote;
}

} // namespace hfasync::detail
