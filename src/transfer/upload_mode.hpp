// The preupload call: which files are LFS, which are ignored, which are there already.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "transfer/addition.hpp"
#include "transfer/upload_target.hpp"

namespace hfasync::detail {

inline constexpr std::size_t upload_mode_chunk = 256;

/// POST .../preupload/{revision}, `chunk` files a call. The files must have been inspected. Empty files are
/// always regular: object storage refuses empty objects. Returns the head that the Hub named along with the
/// modes ("commitOid"), if it did. \throws ValueError for an answer that cannot be used
boost::asio::awaitable<std::optional<std::string>> fetch_upload_modes(UploadTarget target,
                                                                      std::vector<AdditionPtr> additions,
                                                                      std::optional<std::string> gitignore,
                                                                      std::size_t chunk = upload_mode_chunk);

/// The answer's part of it; pure.
std::optional<std::string> read_upload_modes(const boost::json::value& answer,
                                             const std::vector<AdditionPtr>& additions);

/// Whether the repo has this very content at this path: then there is nothing to commit. After
/// fetch_upload_modes; an LFS file must have been hashed.
boost::asio::awaitable<bool> is_unchanged(HubPtr hub, AdditionPtr addition);

/// The content of a ".gitignore" at the root among the additions.
boost::asio::awaitable<std::optional<std::string>> gitignore_of(HubPtr hub,
                                                                std::vector<AdditionPtr> additions);

} // namespace hfasync::detail
