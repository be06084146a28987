// What is known about one file on its way into a repo.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/api/commits.hpp>

#include "api/common/call.hpp"
#include "base/hash.hpp"
#include "base/os.hpp"

namespace hfasync::detail {

enum class UploadMode { regular, lfs };

/// Filled in stage by stage; shared by the copies of a CommitOperationAdd.
struct Addition {
    std::string path_in_repo;
    UploadSource source;

    // inspect()
    std::optional<std::uint64_t> size;
    std::string sample;              ///< the first 512 bytes
    std::optional<FileId> identity;  ///< of a local file, when it was looked at
    std::shared_ptr<const Fd> spool; ///< the unnamed file that keeps content which came only once
    // hash()
    std::string sha256;
    // fetch_upload_modes()
    std::optional<UploadMode> mode;
    bool should_ignore = false;
    std::optional<std::string> remote_oid; ///< of the file that the repo has at this path
    bool is_uploaded = false;
    bool is_committed = false;
};
using AdditionPtr = std::shared_ptr<Addition>;

/// Bytes read so far.
using ByteCount = std::function<void(std::uint64_t)>;

/// Size, sample and identity of those that lack them; files on the worker pool. A stream is read to its end
/// for that and hashed on the way; one that comes only once becomes an unnamed file.
/// \throws ValueError for what is not an existing file
boost::asio::awaitable<void> inspect(HubPtr hub, std::vector<AdditionPtr> additions);
/// sha256, if not known yet; the sample too when it is empty. \throws FileModified when the file changed
/// since inspect()
boost::asio::awaitable<void> hash(HubPtr hub, AdditionPtr addition, ByteCount on_read = {});
/// Files of at most so many bytes are hashed by hash_small: opened and read in one go.
inline constexpr std::uint64_t small_file = 256u << 10;
/// The same for small local files, all of them in one job of the worker pool. Each one's failure, or null.
boost::asio::awaitable<std::vector<std::exception_ptr>> hash_small(HubPtr hub,
                                                                   std::vector<AdditionPtr> additions);
/// git's blob id; reads the content.
boost::asio::awaitable<std::string> git_blob_id(HubPtr hub, AdditionPtr addition);
/// The whole content, for the few files that the protocol wants as text (.gitignore, README.md).
/// \throws ValueError above `most` bytes
boost::asio::awaitable<std::string> read_text(HubPtr hub, AdditionPtr addition, std::size_t most);

[[noreturn]] void throw_modified(const std::filesystem::path& file);
/// Opens a file that was looked at before. \throws FileModified when it is another one now
Fd open_unchanged(const std::filesystem::path& file, const std::optional<FileId>& identity);
/// \throws FileModified
void check_unchanged(const Fd& fd, const std::filesystem::path& file, const std::optional<FileId>& identity);

} // namespace hfasync::detail
