#include "transfer/range_request.hpp"

#include <fmt/format.h>

#include <utility>

#include <hfasync/error.hpp>

#include "http/error_map.hpp"
#include "policy/header_values.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

BodyRequests::BodyRequests(HubPtr hub, BodySpec spec)
    : hub_(std::move(hub)), spec_(std::move(spec)), end_(std::chrono::steady_clock::time_point::max()),
      url_(spec_.url)
{
    const auto total = hub_->options.timeouts.total;
    if (total.count() > 0) end_ = std::chrono::steady_clock::now() + total;
}

/// A server that drips would else get the whole limit again with each response that ran out of it.
void BodyRequests::limit(http::Request& request) const
{
    if (end_ == std::chrono::steady_clock::time_point::max()) return;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    if (left.count() <= 0)
        throw TimeoutError(
            errc::timed_out,
            fmt::format("{}: the time for the whole call (HubOptions::timeouts.total) is over; "
                        "what has arrived is kept, try again",
                        spec_.scope.what));
    request.timeouts = hub_->options.timeouts;
    request.timeouts->total = left;
}

http::Request BodyRequests::request(ByteRange range, std::uint64_t size, std::optional<int> max_retries) const
{
    http::Request out;
    out.auth.token = spec_.token;
    out.proxy = spec_.proxy;
    out.max_retries = max_retries;
    limit(out);
    out.headers.set("Accept-Encoding", "identity"); // a compressed body has no ranges
    const std::scoped_lock lock(mutex_);
    out.url = url_;
    if (range.begin == 0 && range.end == size) return out;
    out.headers.set("Range", range.end == size ? fmt::format("bytes={}-", range.begin)
                                               : fmt::format("bytes={}-{}", range.begin, range.end - 1));
    // Only what this very origin has sent: the storage's own ETag is never the Hub's X-Linked-Etag, and with
    // that one here it would answer 200 for ever.
    if (!validator_.empty() && url_.origin() == validator_origin_) out.headers.set("If-Range", validator_);
    return out;
}

BodyAnswer::Meaning BodyRequests::judge(const http::Response& response, ByteRange range,
                                        std::uint64_t size) const
{
    using enum BodyAnswer::Meaning;
    const bool all = range.begin == 0 && range.end == size;
    if (response.status == 200) return all ? body : whole;
    if (response.status != 206 || all || !answers_range(response.headers.get("Content-Range"), range, size))
        return unusable;
    if (response.content_length && *response.content_length != range.size()) return unusable;
    const auto etag = response.headers.get("ETag");
    const std::scoped_lock lock(mutex_);
    const bool other = is_strong_etag(etag) && !validator_.empty() && validator_ != etag &&
                       response.url.origin() == validator_origin_;
    return other ? unusable : body;
}

void BodyRequests::remember(const http::Response& response)
{
    const auto etag = response.headers.get("ETag");
    auto origin = response.url.origin();
    const std::scoped_lock lock(mutex_);
    // A signed URL serves for all parts: the Hub is not asked for each of them.
    if (origin != spec_.resolve_url.origin()) url_ = response.url;
    validator_ = is_strong_etag(etag) ? std::string(etag) : std::string();
    validator_origin_ = std::move(origin);
    refused_ = nullptr;
}

asio::awaitable<BodyAnswer> BodyRequests::ask(ByteRange range, std::uint64_t size,
                                              std::optional<int> max_retries)
{
    auto request = this->request(range, size, max_retries);
    auto asked = request.url;
    BodyAnswer answer;
    answer.response = co_await hub_->client.send(std::move(request), spec_.scope, http::Statuses::any);
    if (const auto commit = answer.response.headers.find("X-Repo-Commit")) {
        const std::scoped_lock lock(mutex_);
        moved_ = spec_.resolve_url.path.find(*commit) == std::string::npos;
    }
    const auto status = answer.response.status;
    if (status != 200 && status != 206 && status != 416) {
        co_await refuse(std::move(answer.response), std::move(asked));
        answer.response = {};
        co_return answer;
    }
    answer.meaning = judge(answer.response, range, size);
    if (answer.meaning != BodyAnswer::Meaning::unusable) remember(answer.response);
    co_return answer;
}

void BodyRequests::ask_by_commit()
{
    const std::scoped_lock lock(mutex_);
    if (!moved_) return;
    url_ = spec_.resolve_url;
    validator_.clear();
}

/// An expired signed URL is asked for once more; everything else is thrown.
asio::awaitable<void> BodyRequests::refuse(http::Response response, http::Url asked)
{
    const bool from_storage = response.url.origin() != spec_.resolve_url.origin();
    {
        const std::scoped_lock lock(mutex_);
        // Another connection has found a new one in the meantime.
        if (response.status == 403 && url_.text() != asked.text()) co_return;
        // What the storage said first is what counts when a new URL does not help either; the Hub's own
        // reason is better.
        if (refused_ && (from_storage || !response.headers.find("X-Error-Code")))
            std::rethrow_exception(refused_);
    }
    if (response.status < 400) throw_unusable(response);
    std::exception_ptr refused;
    try {
        co_await http::throw_for_response(response, spec_.scope);
    } catch (...) {
        if (response.status != 403 || !from_storage) throw;
        refused = std::current_exception();
    }
    const std::scoped_lock lock(mutex_);
    if (url_.text() != asked.text()) co_return;
    refused_ = refused;
    url_ = spec_.resolve_url;
}

void BodyRequests::throw_unusable(const http::Response& response) const
{
    if (response.status >= 400)
        http::throw_for_answer({.status = response.status,
                                .method = response.method,
                                .url = response.url,
                                .headers = response.headers,
                                .body = {}},
                               spec_.scope);
    throw BadResponseError(errc::bad_response,
                           fmt::format("{}: unexpected status {} for a file at {}", spec_.scope.what,
                                       response.status, response.url.redacted()));
}

bool answers_range(std::string_view content_range, ByteRange range, std::uint64_t size) noexcept
{
    const auto told = parse_content_range(content_range);
    return told && told->first == range.begin && told->last == range.end - 1 &&
           (!told->total || told->total == size);
}

} // namespace hfasync::detail
