// The GET of a file into its partial: resume, range checks, one full retry.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/common/call.hpp"
#include "transfer/download_pipe.hpp"
#include "transfer/download_progress.hpp"

namespace hfasync::detail {

/// Where the bytes are.
struct BodySpec {
    http::Url url;         ///< what the HEAD told, or the resolve URL
    http::Url resolve_url; ///< of the Hub: asked again when a signed URL has expired
    Token token;
    std::optional<ProxyOptions> proxy;
    http::ErrorScope scope;
};

/// Fills the session's file from where it is, then calls `finish` on a worker (which verifies and publishes).
/// A broken body goes on where it stopped; when `finish` finds a wrong size or hash, all is fetched once
/// again. `item` outlives the call.
boost::asio::awaitable<void> fetch_body(HubPtr hub, BodySpec spec, std::shared_ptr<DownloadSession> session,
                                        DownloadItem* item, std::function<void(PartialFile&)> finish);

/// Whether a 206 continues a file of `size` bytes at `offset`; hostile or missing headers do not.
bool continues_at(std::string_view content_range, std::uint64_t offset, std::uint64_t size) noexcept;

} // namespace hfasync::detail
