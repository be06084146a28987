// create_commit and preupload_lfs_files.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

#include <hfasync/api/commits.hpp>

#include "transfer/addition.hpp"
#include "transfer/ndjson_body.hpp"
#include "transfer/upload_target.hpp"

namespace hfasync::detail {

struct PreuploadSettings {
    std::size_t num_threads = 5;
    bool free_memory = false;
    std::optional<std::string> gitignore{};
};
/// Upload modes of those that are not uploaded yet, then the LFS content. Returns the head that the Hub
/// named.
boost::asio::awaitable<std::optional<std::string>> preupload(UploadTarget target,
                                                             std::vector<AdditionPtr> additions,
                                                             PreuploadSettings settings,
                                                             ItemProgress::SharedSink progress);

/// POST .../commit/{revision}; never sent twice. \throws OutcomeUnknownError when the reply is lost or
/// unreadable
boost::asio::awaitable<CommitInfo> post_commit(UploadTarget target, CommitHeader header,
                                               std::vector<CommitLine> lines);

boost::asio::awaitable<CommitInfo> create_commit(HubPtr hub, std::string repo_id,
                                                 std::vector<CommitOperation> operations,
                                                 std::string commit_message, CreateCommitOptions options,
                                                 ItemProgress::SharedSink progress);
/// Takes all operations first.
boost::asio::awaitable<CommitInfo> create_commit(HubPtr hub, std::string repo_id,
                                                 AsyncGenerator<CommitOperation> operations,
                                                 std::string commit_message, CreateCommitOptions options,
                                                 ItemProgress::SharedSink progress);

/// POST /api/validate-yaml; what the Hub warns of goes to HubOptions::on_warning.
/// \throws ValueError for metadata that the Hub refuses
boost::asio::awaitable<void> validate_readme(UploadTarget target, AdditionPtr readme);

/// Lines of the copies, in the order of the operations.
boost::asio::awaitable<std::vector<CommitLine>> copy_lines(UploadTarget target,
                                                           std::vector<CommitOperationCopy> copies);

/// Whether the repo has now what the operations ask for; false when that cannot be told. Asked after a lost
/// reply.
boost::asio::awaitable<bool> has_landed(UploadTarget target, const std::vector<CommitOperation>* operations);

/// To HubOptions::on_warning.
void warn(const HubPtr& hub, const std::string& message);

} // namespace hfasync::detail
