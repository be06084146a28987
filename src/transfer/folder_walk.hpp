// The files of a folder that is to be uploaded.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <hfasync/strings.hpp>

#include "api/common/call.hpp"
#include <hfasync/path_filter.hpp>

namespace hfasync::detail {

struct FolderFile {
    std::string relative; ///< parts joined by '/'
    std::uint64_t size = 0;
};

struct FolderWalk {
    std::filesystem::path folder;
    PathFilter filter;         ///< with default_ignore_patterns()
    bool follow_links = false; ///< also links to files outside the folder
};

/// What no upload takes: `.git` and `.cache/huggingface` at any depth. Source: DEFAULT_IGNORE_PATTERNS.
const std::vector<std::string>& default_ignore_patterns();
/// The user's patterns and the default ones.
PathFilter upload_filter(const std::optional<Strings>& allow, const std::optional<Strings>& ignore);

/// Part by part, as the reference sorts paths: "a/z.txt" before "a-b.txt".
bool less_by_parts(std::string_view a, std::string_view b) noexcept;

struct WalkResult {
    std::vector<FolderFile> files;           ///< sorted by parts
    std::vector<std::string> left_out_links; ///< links that leave the folder, and broken ones
};
/// What a user is told of each of them.
std::string left_out_text(std::string_view link);
/// Regular files below the folder. Links to folders are not entered (they may be cycles); links to files are
/// followed when the file is inside the folder. \throws ValueError when it is not a folder
WalkResult walk_folder(const FolderWalk& walk);
/// On the worker pool.
boost::asio::awaitable<WalkResult> walk_folder(HubPtr hub, FolderWalk walk);

} // namespace hfasync::detail
