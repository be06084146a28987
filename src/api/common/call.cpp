#include "api/common/call.hpp"

#include <boost/json/serialize.hpp>
#include <hfasync/revision.hpp>

#include <cmath>

namespace hfasync::detail {

namespace {

std::string source_of(const http::Request& request)
{
    return std::string(to_string(request.method)) + " " + request.url.redacted();
}

} // namespace

http::Url api_url(const HubPtr& hub, std::string_view encoded_path)
{
    auto url = http::Url::parse(hub->options.endpoint);
    while (url.path.ends_with('/'))
        url.path.pop_back();
    url.path += encoded_path;
    url.query.clear();
    return url;
}

http::Request api_request(const HubPtr& hub, http::Method method, std::string_view encoded_path, Token token)
{
    http::Request request;
    request.method = method;
    request.url = api_url(hub, encoded_path);
    request.auth.token = std::move(token);
    return request;
}

std::string repo_api_path(RepoType type, std::string_view repo_id, std::string_view suffix)
{
    validate_repo_id(repo_id); // after this the id needs no encoding
    std::string path = "/api/";
    path.append(plural(type)).append("/").append(repo_id).append(suffix);
    return path;
}

std::string revision_api_path(RepoType type, std::string_view repo_id, std::string_view verb,
                              std::string_view revision)
{
    validate_revision(revision);
    auto path = repo_api_path(type, repo_id, "/");
    path.append(verb).append("/").append(percent_encode_all(revision));
    return path;
}

http::Url resolve_url(const HubPtr& hub, RepoType type, std::string_view repo_id, std::string_view filename,
                      std::string_view revision)
{
    validate_repo_id(repo_id);
    validate_revision(revision);
    std::string path = "/";
    path.append(url_prefix(type)).append(repo_id).append("/resolve/");
    path.append(percent_encode_all(revision)).append("/").append(percent_encode(filename));
    return api_url(hub, path);
}

void set_json_body(http::Request& request, const boost::json::value& body)
{
    request.headers.set("Content-Type", "application/json");
    request.body = http::text_body(boost::json::serialize(body));
}

void set_timeout(http::Request& request, const Timeouts& others, std::optional<double> seconds)
{
    if (!seconds) return;
    constexpr double most = 1e9; // seconds; more would overflow the milliseconds
    if (!std::isfinite(*seconds) || *seconds <= 0 || *seconds > most)
        throw ValueError("timeout must be a positive number of seconds");
    // Timeouts of zero mean "no limit": round up.
    const auto limit = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(*seconds));
    request.timeouts = others;
    request.timeouts->first_byte = limit;
    request.timeouts->idle = limit;
}

boost::asio::awaitable<boost::json::value> fetch_json(HubPtr hub, http::Request request,
                                                      http::ErrorScope scope)
{
    const DecodeContext context{.source = source_of(request)};
    const auto answer = co_await hub->client.fetch(std::move(request), std::move(scope), most_json);
    co_return parse_json(answer.body, context);
}

boost::asio::awaitable<void> fetch_nothing(HubPtr hub, http::Request request, http::ErrorScope scope)
{
    auto response = co_await hub->client.send(std::move(request), std::move(scope));
    co_await response.drain();
}

} // namespace hfasync::detail
