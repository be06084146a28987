// What an LFS batch answer tells to do. Pure; everything in it is chosen by a server and checked here.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/url.hpp"

namespace hfasync::detail {

/// One object of a batch answer.
struct LfsObject {
    std::string oid;
    std::optional<std::string> error{}; ///< the object's own error
    std::optional<std::string> upload_href{};
    std::map<std::string, std::string> upload_header{};
    std::optional<std::string> verify_href{};
    std::optional<std::chrono::seconds> expires_in{}; ///< of the addresses, from the answer on
};

/// By oid. \throws ValueError ("Malformed response from server")
std::map<std::string, LfsObject> read_lfs_batch(const boost::json::value& answer);

/// Files of a batch call, and bytes that are hashed before the first of them is sent.
inline constexpr std::size_t lfs_batch_chunk = 256;
inline constexpr std::uint64_t lfs_group_bytes = 256u << 20;
/// Cuts a list of files into groups: how many files of it each one has.
std::vector<std::size_t> lfs_groups(const std::vector<std::uint64_t>& sizes);

/// How one object is sent.
struct LfsPlan {
    enum class Kind { nothing, basic, multipart } kind = Kind::nothing; ///< nothing: it is stored already
    http::Url url{};                                                    ///< of the PUT, or of the completion
    std::uint64_t chunk_size = 0;   ///< multipart: bytes of every part but the last
    std::vector<http::Url> parts{}; ///< in order of their numbers
    std::optional<http::Url> verify{};
};

/// Checks the addresses and the parts: as many as ceil(size / chunk_size), numbered 1, 2, 3 ... without a
/// gap. Hrefs must be https; http only when the endpoint itself is.
/// \throws RuntimeError (errc::lfs_transfer)
LfsPlan plan_lfs_upload(const LfsObject& object, std::uint64_t size, const std::string& endpoint);

} // namespace hfasync::detail
