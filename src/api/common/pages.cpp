#include "api/common/pages.hpp"

#include <boost/json/monotonic_resource.hpp>

#include <unordered_set>

#include "policy/header_values.hpp"

namespace hfasync::detail {

namespace {

BadResponseError bad_link(const std::string& why, const http::Response& response,
                          const DecodeContext& context)
{
    return {errc::bad_response,
            context.source + ": " + why + "; the listing ends here",
            {.status = response.status,
             .method = std::string(to_string(response.method)),
             .url = response.url.redacted(),
             .request_id = response.request_id}};
}

} // namespace

std::optional<std::string> next_link(const http::Headers& headers)
{
    for (const auto& [name, value] : headers.all())
        if (iequals(name, "link"))
            if (auto target = parse_link_next(value)) return target;
    return std::nullopt;
}

Page parse_page(std::string_view text, DecodeContext context)
{
    // Freed as a whole: a page of models has some hundred thousand small values.
    auto value = parse_json(text, context,
                            boost::json::make_shared_resource<boost::json::monotonic_resource>(text.size()));
    if (!value.is_array())
        throw BadResponseError(
            errc::bad_response,
            context.source + ": expected a list at $, the server sent another kind of JSON", {.path = "$"});
    return {std::move(value.get_array()), std::move(context)};
}

struct PageWalk::State {
    HubPtr hub;
    First first; ///< null once it was asked for
    http::ErrorScope scope;
    bool single = false;
    std::optional<http::Request> upcoming;
    std::unordered_set<std::string> seen; ///< targets so far
    std::uint64_t number = 0;

    std::optional<BadResponseError> broken; ///< why there is no next page though a Link names one

    bool is_at_end() const { return !first && !upcoming; }
    void follow(const http::Response& response, const DecodeContext& context);
};

void PageWalk::State::follow(const http::Response& response, const DecodeContext& context)
{
    const auto from = std::exchange(upcoming, std::nullopt);
    const auto target = single ? std::nullopt : next_link(response.headers);
    if (!target) return;
    const auto url = from->url.resolve(*target);
    if (!url)
        broken = bad_link("the next page's address is unusable", response, context);
    else if (url->origin() != from->url.origin())
        broken = bad_link("the next page is on another server (" + url->origin() + ")", response, context);
    else if (!seen.insert(url->target()).second)
        broken = bad_link("the next page was there already", response, context);
    else
        (upcoming = *from)->url = *url;
}

PageWalk::PageWalk(HubPtr hub, First first, http::ErrorScope scope)
    : state_(std::make_shared<State>(
          State{.hub = std::move(hub), .first = std::move(first), .scope = std::move(scope)}))
{
}

PageWalk PageWalk::single(HubPtr hub, First first, http::ErrorScope scope)
{
    PageWalk walk(std::move(hub), std::move(first), std::move(scope));
    walk.state_->single = true;
    return walk;
}

boost::asio::awaitable<std::optional<PageWalk::Raw>> PageWalk::fetch(std::shared_ptr<State> state)
{
    if (state->first) {
        state->upcoming = std::exchange(state->first, nullptr)();
        state->seen.insert(state->upcoming->url.target());
    }
    if (state->broken) throw BadResponseError(*state->broken);
    if (!state->upcoming) co_return std::nullopt;
    Raw raw;
    raw.context.source =
        std::string(to_string(state->upcoming->method)) + " " + state->upcoming->url.redacted();
    if (++state->number > 1) raw.context.source += " page " + std::to_string(state->number);
    auto answer = co_await state->hub->client.fetch(*state->upcoming, state->scope, most_json);
    raw.text = std::move(answer.body);
    state->follow(answer.response, raw.context);
    co_return raw;
}

boost::asio::awaitable<std::optional<Page>> PageWalk::next()
{
    auto raw = ahead_.started() ? co_await ahead_.take() : co_await fetch(state_);
    if (!raw) co_return std::nullopt;
    co_return parse_page(raw->text, std::move(raw->context));
}

void PageWalk::go_ahead(boost::asio::any_io_executor executor)
{
    if (state_->hub->options.prefetch && !ahead_.started() && !state_->is_at_end())
        ahead_.start(std::move(executor), fetch(state_));
}

} // namespace hfasync::detail
