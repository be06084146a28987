// What every area method is made of: build a Request, send it, decode the answer.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <utility>

#include <hfasync/hub.hpp>
#include <hfasync/repo_id.hpp>

#include "api/common/hub_state.hpp"
#include "describe/json.hpp"
#include "http/client.hpp"

namespace hfasync::detail {

using HubPtr = std::shared_ptr<Hub::State>;

/// What a JSON answer of the Hub may weigh, in bytes; a page of 1,000 models with cards has a few megabytes.
inline constexpr std::size_t most_json = 256u << 20;

/// The endpoint joined with an already encoded path ("/api/models/acme/tiny").
http::Url api_url(const HubPtr& hub, std::string_view encoded_path);
/// A request to that path with a call's own token.
http::Request api_request(const HubPtr& hub, http::Method method, std::string_view encoded_path, Token token);
/// "/api/models/acme/tiny" + suffix; the id is validated.
std::string repo_api_path(RepoType type, std::string_view repo_id, std::string_view suffix = {});
/// "/api/models/acme/tiny/tree/<quoted revision>"
std::string revision_api_path(RepoType type, std::string_view repo_id, std::string_view verb,
                              std::string_view revision);
/// Endpoint + resolve URL: revision fully quoted, file name quoted except '/'.
http::Url resolve_url(const HubPtr& hub, RepoType type, std::string_view repo_id, std::string_view filename,
                      std::string_view revision);

/// A JSON body. Sets the content type.
void set_json_body(http::Request& request, const boost::json::value& body);
/// An optional per-call timeout in seconds (the reference's `timeout`) for first byte and idle; the other
/// limits are `others`.
/// \throws ValueError for what is no positive number
void set_timeout(http::Request& request, const Timeouts& others, std::optional<double> seconds);

/// Sends; 2xx or the typed error. The body is read and parsed as JSON (256 MiB cap, depth 32).
boost::asio::awaitable<boost::json::value> fetch_json(HubPtr hub, http::Request request,
                                                      http::ErrorScope scope);
/// Sends and drops the body.
boost::asio::awaitable<void> fetch_nothing(HubPtr hub, http::Request request, http::ErrorScope scope);

/// Sends and decodes.
template <class T>
boost::asio::awaitable<T> fetch(HubPtr hub, http::Request request, http::ErrorScope scope)
{
    const DecodeContext context{.source =
                                    std::string(to_string(request.method)) + " " + request.url.redacted()};
    auto value = co_await fetch_json(std::move(hub), std::move(request), std::move(scope));
    co_return decode<T>(value, context);
}

} // namespace hfasync::detail
