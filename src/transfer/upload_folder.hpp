// upload_file, upload_folder, delete_file, delete_files, delete_folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/api/commits.hpp>

#include "transfer/commit.hpp"

namespace hfasync::detail {

boost::asio::awaitable<CommitInfo> upload_file(HubPtr hub, UploadSource source, std::string path_in_repo,
                                               std::string repo_id, UploadFileOptions options,
                                               ProgressSink progress);
boost::asio::awaitable<CommitInfo> upload_folder(HubPtr hub, std::string repo_id,
                                                 std::filesystem::path folder, UploadFolderOptions options,
                                                 ProgressSink progress);

/// path_in_repo as what the paths below it begin with: "to/" from "to", "/to/" or "to/"; "" for the root.
std::string folder_prefix(const std::optional<std::string>& path_in_repo);

/// A deletion for each file of the repo below `path_in_repo` that matches, but .gitattributes at the root.
boost::asio::awaitable<std::vector<CommitOperation>> matching_deletions(HubPtr hub, RepoRef repo,
                                                                        std::string revision,
                                                                        std::string path_in_repo,
                                                                        Strings patterns);

boost::asio::awaitable<CommitInfo> delete_file(HubPtr hub, std::string path_in_repo, std::string repo_id,
                                               DeleteOptions options);
boost::asio::awaitable<CommitInfo> delete_files(HubPtr hub, std::string repo_id,
                                                std::vector<std::string> patterns, DeleteOptions options);
boost::asio::awaitable<CommitInfo> delete_folder(HubPtr hub, std::string path_in_repo, std::string repo_id,
                                                 DeleteOptions options);

} // namespace hfasync::detail
