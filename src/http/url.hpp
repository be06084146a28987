// URLs: parsing, joining and origins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/encoding.hpp"

namespace hfasync::http {

/// An absolute http or https URL. `path` and `query` are kept as they came (already encoded).
struct Url {
    std::string scheme; ///< "http" or "https"
    std::string host;   ///< without brackets; lower case
    std::uint16_t port = 0;
    std::string path = "/";
    std::string query;    ///< without '?'
    std::string userinfo; ///< never sent as part of a URL nor printed

    /// \throws ValueError for text that is no absolute http(s) URL, or has control bytes or blanks.
    static Url parse(std::string_view text);
    /// RFC 3986 reference resolution; nullopt for an unusable reference.
    std::optional<Url> resolve(std::string_view reference) const;
    bool tls() const noexcept { return scheme == "https"; }
    /// "https://host[:port]" without default ports.
    std::string origin() const;
    /// path?query
    std::string target() const;
    std::string text() const;     ///< with query
    std::string redacted() const; ///< without query and user info
    Url& add_query(const detail::QueryPairs& pairs);
    bool operator==(const Url&) const = default;
};

} // namespace hfasync::http
