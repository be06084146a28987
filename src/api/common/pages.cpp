#include "api/common/pages.hpp"

#include <boost/json/kind.hpp>

#include <algorithm>
#include <cctype>

namespace hfasync::detail {

namespace {

std::string_view trim(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// rel="prev next": a list of relation types.
bool has_next(std::string_view relations)
{
    while (!(relations = trim(relations)).empty()) {
        const auto end = std::min(relations.find(' '), relations.size());
        if (equal_ignoring_case(relations.substr(0, end), "next")) return true;
        relations.remove_prefix(end);
    }
    return false;
}

// One parameter of a link value: takes `name=value` or `name="value"` off the front of `rest`.
std::pair<std::string_view, std::string_view> take_parameter(std::string_view& rest)
{
    const auto name_end = std::min(rest.find_first_of("=;,"), rest.size());
    const auto name = trim(rest.substr(0, name_end));
    rest.remove_prefix(name_end);
    if (!rest.starts_with('=')) return {name, {}};
    rest = trim(rest.substr(1));
    std::string_view value;
    if (rest.starts_with('"')) {
        const auto close = std::min(rest.find('"', 1), rest.size());
        value = rest.substr(1, close - 1);
        rest.remove_prefix(std::min(close + 1, rest.size()));
    } else {
        const auto end = std::min(rest.find_first_of(";,"), rest.size());
        value = trim(rest.substr(0, end));
        rest.remove_prefix(end);
    }
    return {name, value};
}

// RFC 8288: <target>; rel="next"; ..., <target>; ...
std::optional<std::string> next_in(std::string_view rest)
{
    while (true) {
        const auto open = rest.find('<');
        if (open == rest.npos) return std::nullopt;
        const auto close = rest.find('>', open);
        if (close == rest.npos) return std::nullopt;
        const auto target = trim(rest.substr(open + 1, close - open - 1));
        rest.remove_prefix(close + 1);
        for (rest = trim(rest); rest.starts_with(';'); rest = trim(rest)) {
            rest.remove_prefix(1);
            const auto [name, value] = take_parameter(rest);
            if (equal_ignoring_case(name, "rel") && has_next(value)) return std::string(target);
        }
    }
}

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
        if (equal_ignoring_case(name, "link"))
            if (auto target = next_in(value)) return target;
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
