#include "cache/local_dir.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "base/path_rules.hpp"
#include "cache/file_lock.hpp"

namespace hfasync::detail {

namespace {

constexpr std::string_view records = ".cache/huggingface/download/";
constexpr std::string_view trees = ".cache/huggingface/trees/";
constexpr std::size_t most_open_folders = 64;
constexpr std::size_t longest_name = 255;

std::pair<std::string_view, std::string_view> split_path(std::string_view path)
{
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos) return {{}, path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

std::string_view take_line(std::string_view& text)
{
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
        line.remove_suffix(1);
    return line;
}

} // namespace

std::optional<LocalMetadata> parse_local_metadata(std::string_view text)
{
    const auto commit = take_line(text);
    const auto etag = take_line(text);
    const auto time = take_line(text);
    double seconds = 0;
    const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), seconds);
    if (error != std::errc{} || end != time.data() + time.size() || !std::isfinite(seconds))
        return std::nullopt;
    if (!is_commit_hash(commit) || etag.empty()) return std::nullopt;
    return LocalMetadata{std::string(commit), std::string(etag), seconds};
}

std::string format_local_metadata(std::string_view commit, std::string_view etag, Timestamp now)
{
    const auto micros = now.time_since_epoch().count();
    return fmt::format("{}\n{}\n{}.{:06}\n", commit, etag, micros / 1'000'000, micros % 1'000'000);
}

LocalDir::LocalDir(std::filesystem::path root) : root_(std::move(root)) {}

std::shared_ptr<const Fd> LocalDir::folder(std::string_view relative, Missing missing)
{
    const std::scoped_lock lock(mutex_);
    if (const auto found = folders_.find(relative); found != folders_.end()) return found->second;
    auto open_root = folders_.find(std::string_view{});
    if (open_root == folders_.end()) {
        Fd fd(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd && errno == ENOENT && missing == Missing::leave) return nullptr;
        if (!fd) {
            make_parents(root_ / "x");
            fd = open_folder(root_);
        }
        open_root = folders_.emplace(std::string{}, std::make_shared<const Fd>(std::move(fd))).first;
    }
    auto current = open_root->second;
    for (std::size_t at = 0; at < relative.size();) {
        const auto end = std::min(relative.find('/', at), relative.size());
        Place part{current, std::string(relative.substr(at, end - at)), root_ / relative.substr(0, end)};
        Fd next = open_place(part, O_RDONLY | O_DIRECTORY);
        if (!next && errno == ENOENT) {
            if (missing == Missing::leave) return nullptr;
            if (::mkdirat(current->get(), part.name.c_str(), 0777) != 0 && errno != EEXIST)
                throw_errno("make the folder", part.shown);
            next = open_place(part, O_RDONLY | O_DIRECTORY);
        }
        if (!next) throw_errno("enter the folder (links are not followed here)", part.shown);
        current = std::make_shared<const Fd>(std::move(next));
        at = end + 1;
    }
    if (folders_.size() >= most_open_folders)
        std::erase_if(folders_, [](const auto& entry) { return !entry.first.empty(); });
    folders_.emplace(relative, current);
    return current;
}

std::optional<Place> LocalDir::place(std::string_view relative, Missing missing)
{
    const auto [parent, name] = split_path(relative);
    auto open = folder(parent, missing);
    if (!open) return std::nullopt;
    return Place{std::move(open), std::string(name), root_ / relative};
}

Place LocalDir::record(std::string_view path, std::string_view suffix)
{
    check_local_dir_path(path);
    auto relative = fmt::format("{}{}{}", records, path, suffix);
    if (const auto [parent, name] = split_path(relative); name.size() > longest_name)
        relative = fmt::format("{}/{}{}", parent, sha1_hex(split_path(path).second), suffix);
    write_gitignore();
    return *place(relative, Missing::make);
}

void LocalDir::write_gitignore()
{
    {
        const std::scoped_lock lock(mutex_);
        if (std::exchange(gitignore_written_, true)) return;
    }
    const auto ignore = *place(".cache/huggingface/.gitignore", Missing::make);
    const Fd fd = open_place(ignore, O_WRONLY | O_CREAT | O_EXCL);
    if (fd) write_all_at(fd, std::as_bytes(std::span("*", 1)), 0, ignore.shown);
}

bool LocalDir::has_file(std::string_view path)
{
    check_local_dir_path(path);
    const auto file = place(path, Missing::leave);
    struct stat info{};
    return file && ::fstatat(file->folder_fd(), file->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(info.st_mode);
}

Fd LocalDir::open_file(std::string_view path)
{
    check_local_dir_path(path);
    const auto file = place(path, Missing::leave);
    Fd fd = file ? open_place(*file, O_RDONLY) : Fd();
    if (!fd) throw_errno("open", root_ / path);
    return fd;
}

Place LocalDir::file(std::string_view path)
{
    check_local_dir_path(path);
    return *place(path, Missing::make);
}

Place LocalDir::lock(std::string_view path)
{
    return record(path, ".lock");
}

Place LocalDir::incomplete(std::string_view path, std::string_view etag)
{
    check_etag(etag);
    return record(path, fmt::format(".{}.incomplete", etag));
}

Place LocalDir::beside(std::string_view path, std::string_view suffix)
{
    return record(path, suffix);
}

std::optional<Place> LocalDir::tree(std::string_view commit)
{
    check_commit_hash(commit);
    return place(fmt::format("{}{}.json", trees, commit), Missing::leave);
}

std::pair<Place, Place> LocalDir::new_tree(std::string_view commit)
{
    check_commit_hash(commit);
    write_gitignore();
    return {*place(fmt::format("{}{}.json", trees, commit), Missing::make),
            *place(fmt::format("{}{}.json.{}.tmp", trees, commit, ::getpid()), Missing::make)};
}

void LocalDir::leave_traces(std::string_view path, const Place& metadata)
{
    // The reference reads under the lock, which makes these files. Ours needs no lock, as metadata is
    // replaced by a rename; a folder that cannot be written is read all the same.
    try {
        write_gitignore();
    } catch (const OSError&) {
        return;
    }
    const Fd lock = open_place(
        {metadata.folder, fmt::format("{}.lock", split_path(path).second), metadata.shown}, O_RDWR | O_CREAT);
}

std::optional<LocalMetadata> LocalDir::read_metadata(std::string_view path)
{
    check_local_dir_path(path);
    const auto at = place(fmt::format("{}{}.metadata", records, path), Missing::leave);
    if (!at) return std::nullopt;
    const Fd fd = open_place(*at, O_RDONLY);
    if (!fd) return std::nullopt;
    leave_traces(path, *at);
    std::array<std::byte, 1024> bytes{};
    const auto size = read_at(fd, bytes, 0, at->shown);
    auto metadata = parse_local_metadata({reinterpret_cast<const char*>(bytes.data()), size});
    if (!metadata) {
        remove_place(*at); // as the reference does, so that it does not trip over it either
        return std::nullopt;
    }
    const auto file = place(path, Missing::leave);
    struct stat info{};
    if (!file || ::fstatat(file->folder_fd(), file->name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
        return std::nullopt;
    const double changed =
        static_cast<double>(info.st_mtim.tv_sec) + static_cast<double>(info.st_mtim.tv_nsec) * 1e-9;
    // One second of slack for file systems with coarse times, as in the reference.
    if (changed - 1 > metadata->time) return std::nullopt;
    return metadata;
}

void LocalDir::write_metadata(std::string_view path, std::string_view commit, std::string_view etag,
                              Timestamp now)
{
    replace_place(record(path, ".metadata"), record(path, ".metadata.tmp"),
                  format_local_metadata(commit, etag, now), false);
}

} // namespace hfasync::detail
