// URLs of the storage origin that carry their own permission and end.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "emulator/wire/message.hpp"

namespace hfasync::emulator {

/// HMAC-SHA256 over method, path, end and further text, with a key of this process.
class UrlSigner {
public:
    UrlSigner();
    using Time = std::chrono::system_clock::time_point;

    /// Hex.
    std::string sign(std::string_view method, std::string_view path, std::uint64_t expires,
                     std::string_view extra) const;
    bool verify(std::string_view signature, std::string_view method, std::string_view path,
                std::uint64_t expires, std::string_view extra) const;

    /// "path?query" of a download, as CloudFront signs it.
    std::string download(std::string_view path, std::string_view disposition, Time expires) const;
    /// "path?query" of an upload, as S3 signs it. `extra` is ready query text ("partNumber=1&uploadId=x") or
    /// empty.
    std::string upload(std::string_view path, std::string_view extra, Time now,
                       std::chrono::seconds lifetime) const;
    /// nullopt: good. Otherwise the 403 in S3's XML.
    std::optional<Reply> refuse(const Request& request, Time now) const;

private:
    std::array<unsigned char, 32> key_;
};

/// Unix seconds.
std::uint64_t unix_seconds(std::chrono::system_clock::time_point time);

} // namespace hfasync::emulator
