// upload_large_folder.
#pragma once

#include <filesystem>
#include <string>

#include <hfasync/api/commits.hpp>

namespace hfasync::detail {

boost::asio::awaitable<void> upload_large_folder(Hub hub, std::string repo_id, std::filesystem::path folder,
                                                 std::string repo_type, UploadLargeFolderOptions options,
                                                 ProgressSink progress);

} // namespace hfasync::detail
