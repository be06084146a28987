#include "api/common/pages.hpp"

#include <boost/json/kind.hpp>

#include <functional>

#include "policy/header_values.hpp"

namespace hfasync::detail {

namespace {

[[noreturn]] void refuse_link(const std::string& why, const http::Response& response,
                              const DecodeContext& context)
{
    throw BadResponseError(errc::bad_response, context.source + ": " + why + "; the listing ends here",
                           {.status = response.status,
                            .method = std::string(to_string(response.method)),
                            .url = response.url.redacted(),
                            .request_id = response.request_id});
}

} // namespace

std::optional<std::string> next_link(const http::Headers& headers)
{
    for (const auto& [name, value] : headers.all())
        if (iequals(name, "link"))
            if (auto target = parse_link_next(value)) return target;
    return std::nullopt;
}

void PageWalk::follow(const http::Response& response, const DecodeContext& context)
{
    const auto target = single_ ? std::nullopt : next_link(response.headers);
    if (!target) {
        upcoming_.reset();
        return;
    }
    const auto url = upcoming_->url.resolve(*target);
    if (!url) refuse_link("the next page's address is unusable", response, context);
    if (url->origin() != upcoming_->url.origin())
        refuse_link("the next page is on another server (" + url->origin() + ")", response, context);
    if (!seen_.insert(std::hash<std::string>{}(url->target())).second)
        refuse_link("the next page was there already", response, context);
    upcoming_->url = *url;
}

boost::asio::awaitable<std::optional<PageWalk::Page>> PageWalk::next()
{
    if (first_) {
        upcoming_ = std::exchange(first_, nullptr)();
        seen_.insert(std::hash<std::string>{}(upcoming_->url.target()));
    }
    if (!upcoming_) co_return std::nullopt;
    Page page;
    page.context.source = std::string(to_string(upcoming_->method)) + " " + upcoming_->url.redacted();
    if (++number_ > 1) page.context.source += " page " + std::to_string(number_);
    auto response = co_await hub_->client.send(*upcoming_, scope_);
    auto value = parse_json(co_await response.read_all(), page.context);
    if (!value.is_array())
        throw BadResponseError(errc::bad_response,
                               page.context.source +
                                   ": expected a list at $, the server sent another kind of JSON",
                               {.status = response.status, .url = response.url.redacted(), .path = "$"});
    page.items = std::move(value.get_array());
    follow(response, page.context);
    co_return page;
}

} // namespace hfasync::detail
