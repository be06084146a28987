// What upload_large_folder remembers of each file, in the reference's format, and for which target.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <hfasync/time.hpp>

#include "base/os.hpp"
#include "cache/place.hpp"
#include "transfer/addition.hpp"

namespace hfasync::detail {

/// upload/<path>.metadata: seven lines, or the eight of huggingface_hub 1.x. Absent members are empty lines.
struct UploadMetadata {
    std::int64_t saved_us = 0; ///< when it was written, microseconds since 1970
    std::uint64_t size = 0;
    std::optional<bool> should_ignore{};
    std::string sha256{};
    std::optional<UploadMode> mode{};
    bool is_uploaded = false;
    bool is_committed = false;
    std::optional<std::string> remote_oid{}; ///< the eighth, the file's id in the repo; nullopt: seven lines
    bool operator==(const UploadMetadata&) const = default;
};

/// nullopt for anything that is not such lines (a torn file, say).
std::optional<UploadMetadata> parse_upload_metadata(std::string_view text);
std::string format_upload_metadata(const UploadMetadata& metadata);

/// What of it may be believed for a file that looks like this now: nothing when the file is newer or has
/// another size; uploaded content that was never committed is gone after 20 hours (the storage's garbage
/// collection).
UploadMetadata believable(UploadMetadata metadata, const FileId& file, Timestamp now);

/// The files below <folder>/.cache/huggingface. Nothing is reached through a link. A record is written, and
/// one that cannot be read is read again, under the reference's lock of it (upload/<path>.lock, flock, never
/// removed), so that both may work on one folder. Once a record was read that has eight lines, all that are
/// written have: neither version of the reference reads the other's. Blocking; for worker threads.
class UploadRecords {
public:
    explicit UploadRecords(const std::filesystem::path& folder);

    std::optional<UploadMetadata> read(std::string_view path) const;
    void write(std::string_view path, UploadMetadata metadata) const;
    /// The text that names endpoint, repo and revision of what the records say; nullopt: a run of the
    /// reference.
    std::optional<std::string> read_target() const;
    void write_target(std::string_view target) const;
    bool has_records() const;

private:
    std::optional<std::string> read_text(const std::string& relative) const;
    void replace(const std::string& relative, std::string_view content) const;
    std::string named(std::string_view path, std::string_view extension) const;
    Fd lock(std::string_view path) const;

    mutable std::atomic<bool> eight_lines_ = false;
    std::filesystem::path shown_;
    std::shared_ptr<const Fd> root_;
};

} // namespace hfasync::detail
