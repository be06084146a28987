// HEAD of a file: commit, etag, size and where the bytes are.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <hfasync/types/hf_file_metadata.hpp>

#include "api/common/call.hpp"

namespace hfasync::detail {

struct FileMetadataQuery {
    http::Url url;
    Token token;
    std::optional<ProxyOptions> proxy;
    std::optional<std::chrono::duration<double>> timeout; ///< default: the Hub's etag_timeout, else 10 s
    http::ErrorScope scope;
};

/// The answer, also of a HEAD that failed: a 404 tells the commit that has no such file.
struct FileHead {
    HfFileMetadata metadata;
    http::Url url;              ///< metadata.location, resolved
    std::exception_ptr failure; ///< the typed error of a status from 400 on
};

/// Follows Locations without a host (renamed repos) only: the one to the storage is the answer.
/// \throws ConnectionError, TimeoutError
boost::asio::awaitable<FileHead> head_file(HubPtr hub, FileMetadataQuery query);

/// Commit, ETag and size are there: without them nothing can be fetched. \throws FileMetadataError
void require_metadata(const FileHead& head);

/// The same as a call of its own. \throws what the status means
boost::asio::awaitable<HfFileMetadata> get_file_metadata(HubPtr hub, FileMetadataQuery query);

/// Whether there is such a file: false also without the repo or the revision. \throws GatedRepoError, ...
boost::asio::awaitable<bool> has_file(HubPtr hub, FileMetadataQuery query);

/// An ETag header without `W/` and its quotes; nullopt when nothing is left.
std::optional<std::string> normalize_etag(std::string_view header);

} // namespace hfasync::detail
