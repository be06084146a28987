// The requests for the bytes of one file: which URL, which range, and what an answer to it means.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "api/common/call.hpp"
#include "policy/range_plan.hpp"

namespace hfasync::detail {

/// Where the bytes are.
struct BodySpec {
    http::Url url;         ///< what the HEAD told, or the resolve URL
    http::Url resolve_url; ///< of the Hub, by commit: asked again when a signed URL has expired
    Token token;
    std::optional<ProxyOptions> proxy;
    http::ErrorScope scope;
};

struct BodyAnswer {
    enum class Meaning {
        body,     ///< the bytes that were asked for
        whole,    ///< the whole file instead: no ranges here, or another content by now
        unusable, ///< other bytes than those that were asked for
        again,    ///< the URL had expired; there is another one now
    } meaning = Meaning::again;
    http::Response response;
};

/// Shared by all connections of a file; thread-safe. Lives as long as its calls.
class BodyRequests {
public:
    BodyRequests(HubPtr hub, BodySpec spec);

    /// Asks for `range` of a file of `size` bytes; all of it without a Range. `max_retries`: in place of the
    /// Hub's.
    /// \throws the typed error for an answer that is none of these meanings
    boost::asio::awaitable<BodyAnswer> ask(ByteRange range, std::uint64_t size,
                                           std::optional<int> max_retries = {});

    /// When the last answer was of another commit (a branch has moved): from now on by the commit that is
    /// wanted.
    void ask_by_commit();

    /// For the last of the ways that were tried.
    [[noreturn]] void throw_unusable(const http::Response& response) const;

private:
    http::Request request(ByteRange range, std::uint64_t size, std::optional<int> max_retries) const;
    void limit(http::Request& request) const;
    BodyAnswer::Meaning judge(const http::Response& response, ByteRange range, std::uint64_t size) const;
    void remember(const http::Response& response);
    boost::asio::awaitable<void> refuse(http::Response response, http::Url asked);

    HubPtr hub_;
    BodySpec spec_;
    std::chrono::steady_clock::time_point end_; ///< Timeouts::total, for all requests together
    mutable std::mutex mutex_;
    http::Url url_;
    std::string validator_;        ///< a strong ETag,
    std::string validator_origin_; ///< and who sent it
    bool moved_ = false;           ///< the last answer was of another commit
    std::exception_ptr refused_;   ///< by the storage, since the last good answer
};

/// Whether a 206 answers a request for `range` of a file of `size` bytes; hostile or missing headers do not.
bool answers_range(std::string_view content_range, ByteRange range, std::uint64_t size) noexcept;

} // namespace hfasync::detail
