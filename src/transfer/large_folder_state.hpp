// The table of files of one upload_large_folder, and what is done to them.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/task_graph.hpp>

#include "transfer/folder_walk.hpp"
#include "transfer/large_folder_rules.hpp"
#include "transfer/upload_metadata.hpp"
#include "transfer/upload_target.hpp"

namespace hfasync::detail {

/// One file: about 300 bytes, because there may be 100,000 of them.
struct LargeFile {
    std::string path; ///< relative, as in the repo
    FileId identity{};
    UploadMetadata known{};
    std::optional<std::string> sample{}; ///< between the hash and the upload mode
    int changes = 0;                     ///< how often it changed under way
    bool is_unsaved = false;             ///< its record says less than is known
};

/// Shared by the nodes. An entry is touched by the one node that has its item.
struct LargeUpload {
    UploadTarget target;
    std::filesystem::path folder;
    std::unique_ptr<UploadRecords> records;
    std::vector<LargeFile> files;
    Timestamp listed{}; ///< a file that is newer is not what the run knows
    std::optional<std::string> gitignore;
    std::size_t num_threads = 5;
    ItemProgress::SharedSink progress;

    BatchSize commit_size{commit_limits}; ///< of the commit node, which runs once at a time
    std::atomic<std::size_t> units_a_commit = commit_limits.start;

    std::atomic<std::uint64_t> bytes_total = 0;
    std::atomic<std::uint64_t> files_done = 0; ///< committed or ignored
    std::atomic<std::uint64_t> bytes_done = 0;
    std::atomic<std::uint64_t> bytes_hashed = 0;
    std::atomic<std::uint64_t> bytes_sent = 0;
    std::atomic<std::uint64_t> commits = 0;
};
using LargeUploadPtr = std::shared_ptr<LargeUpload>;

/// Lists the folder and believes what the records say as far as they are about this target; the records are
/// then this target's. \throws ValueError, OSError
boost::asio::awaitable<void> load_files(LargeUploadPtr upload, FolderWalk walk);

/// Where a file goes on; nullopt: it is done.
std::optional<TaskKind> first_node(const LargeFile& file);

/// An addition that carries what is known.
AdditionPtr addition_of(const LargeUpload& upload, const LargeFile& file);

/// Which of the items the repo has already with the same content; asks paths-info.
boost::asio::awaitable<std::vector<bool>> find_committed(LargeUploadPtr upload,
                                                         std::vector<std::size_t> items);

/// Writes the records of the items, on the worker pool. `as_of`: from when on the files are known to be
/// unchanged; a file that changed after it is newer than its record, and the next run does not believe that.
boost::asio::awaitable<void> save(LargeUploadPtr upload, std::vector<std::size_t> items, Timestamp as_of);

/// What the nodes did not think worth a record each, for a run that ends before its end.
boost::asio::awaitable<void> save_the_rest(LargeUploadPtr upload);

void count_done(LargeUpload& upload, const LargeFile& file);

/// The graph's kinds of work.
std::vector<TaskGraph::Kind> large_folder_work(LargeUploadPtr upload);

} // namespace hfasync::detail
