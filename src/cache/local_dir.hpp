// A plain folder that files are downloaded into, and its .cache/huggingface.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <hfasync/time.hpp>

#include "cache/place.hpp"

namespace hfasync::detail {

/// What the last download of a file was; three lines in download/<path>.metadata.
struct LocalMetadata {
    std::string commit;
    std::string etag;
    double time = 0; ///< seconds since 1970
};

/// nullopt for anything that is not what the reference writes.
std::optional<LocalMetadata> parse_local_metadata(std::string_view text);
std::string format_local_metadata(std::string_view commit, std::string_view etag, Timestamp now);

/// Nothing below the folder is reached through a link: folders are opened part by part (and kept open, a few
/// of them). Blocking; for worker threads; thread-safe.
class LocalDir {
public:
    explicit LocalDir(std::filesystem::path root);

    const std::filesystem::path& root() const noexcept { return root_; }
    /// Without creating anything. A link is no file.
    bool has_file(std::string_view path);
    /// A file to read. \throws FileNotFoundError
    Fd open_file(std::string_view path);

    /// Makes the folders. Checks the path.
    Place file(std::string_view path);
    Place lock(std::string_view path);
    Place incomplete(std::string_view path, std::string_view etag);
    /// Beside the file, for copies that are renamed over it.
    Place beside(std::string_view path, std::string_view suffix);

    /// trees/<commit>.json to read; nullopt when its folder is not there.
    std::optional<Place> tree(std::string_view commit);
    /// The same to write: its place, and one beside it for the temporary. Makes the folders.
    std::pair<Place, Place> new_tree(std::string_view commit);

    /// The metadata when it is readable and not older than the file. Unreadable metadata is removed.
    std::optional<LocalMetadata> read_metadata(std::string_view path);
    void write_metadata(std::string_view path, std::string_view commit, std::string_view etag, Timestamp now);

private:
    enum class Missing { make, leave };
    std::shared_ptr<const Fd> folder(std::string_view relative, Missing missing);
    std::optional<Place> place(std::string_view relative, Missing missing);
    Place record(std::string_view path, std::string_view suffix);
    void write_gitignore();
    void leave_traces(std::string_view path, const Place& metadata);

    std::filesystem::path root_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const Fd>, std::less<>> folders_;
    bool gitignore_written_ = false;
};

} // namespace hfasync::detail
