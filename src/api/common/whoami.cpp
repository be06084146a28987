#include "api/common/whoami.hpp"

namespace hfasync::detail {

boost::asio::awaitable<boost::json::value> whoami(HubPtr hub, Token token)
{
    http::Request request;
    request.url = api_url(hub, "/api/whoami-v2");
    request.auth = {.token = std::move(token), .always = true};
    co_return co_await fetch_json(hub, std::move(request),
                                  {.what = "the user of the token", .plain_http_error = true});
}

boost::asio::awaitable<std::string> whoami_name(HubPtr hub, Token token)
{
    auto answer = co_await whoami(hub, std::move(token));
    if (const auto* object = answer.if_object())
        if (const auto* name = object->if_contains("name"); name && name->is_string())
            co_return std::string(name->get_string());
    throw BadResponseError(errc::bad_response, "GET " + api_url(hub, "/api/whoami-v2").redacted() +
                                                   ": expected a text at $.name");
}

} // namespace hfasync::detail
