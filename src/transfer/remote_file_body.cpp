#include "transfer/remote_file_source.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "http/error_map.hpp"
#include "policy/header_values.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

asio::awaitable<std::size_t> RangeBody::read_full(asio::mutable_buffer into)
{
    std::size_t size = 0;
    while (size < into.size()) {
        const auto got = co_await read_some(into + size);
        if (got == 0) break;
        size += got;
    }
    co_return size;
}

asio::awaitable<std::size_t> RangeBody::read_some(asio::mutable_buffer into)
{
    if (into.size() == 0) co_return 0;
    while (!finished()) {
        std::exception_ptr broken;
        try {
            if (!response_ && !co_await ask()) continue;
            const auto got = co_await read_body(into);
            if (got > 0) co_return got;
        } catch (const HubError& error) {
            if (!breaks_off(error.code()) || !response_) throw; // a request that failed was repeated below us
            broken = std::current_exception();
        }
        response_.reset();
        co_await wait_before_resume(broken);
    }
    co_return 0;
}

/// Some bytes of the present body; 0 when it has ended too early.
asio::awaitable<std::size_t> RangeBody::read_body(asio::mutable_buffer into)
{
    if (skip_ > 0) co_await skip();
    if (skip_ > 0) co_return 0;
    const auto most = std::min<std::uint64_t>(into.size(), body_end_ - offset_);
    const auto got = co_await response_->read_some(asio::buffer(into, static_cast<std::size_t>(most)));
    if (got == 0) co_return 0;
    offset_ += got;
    refused_ = nullptr;
    bad_range_ = false;
    if (offset_ == body_end_) {
        co_await expect_end();
        response_.reset();
    }
    co_return got;
}

/// What stands before our range in a body that is the whole file.
asio::awaitable<void> RangeBody::skip()
{
    const auto waste = std::make_unique_for_overwrite<std::array<char, 64 << 10>>();
    while (skip_ > 0) {
        const auto most = std::min<std::uint64_t>(waste->size(), skip_);
        const auto got =
            co_await response_->read_some(asio::buffer(waste->data(), static_cast<std::size_t>(most)));
        if (got == 0) co_return;
        skip_ -= got;
    }
}

/// A body without a length may hold more than was announced; with one, this costs nothing and gives the
/// connection back.
asio::awaitable<void> RangeBody::expect_end()
{
    if (response_->status == 200 && body_end_ < source_->size()) co_return; // the rest is not wanted
    char more = 0;
    std::size_t got = 0;
    try {
        got = co_await response_->read_some(asio::buffer(&more, 1));
    } catch (const HubError& error) {
        if (!breaks_off(error.code())) throw; // all that we want is here
    }
    if (got > 0) throw_wrong_length(body_end_, body_end_ + 1);
}

/// true: response_ has a body that goes on at offset_. false: ask again.
asio::awaitable<bool> RangeBody::ask()
{
    auto response = co_await source_->hub()->client.send(source_->request(offset_, end_ - 1),
                                                         source_->scope(), http::Statuses::any);
    bool usable = false;
    switch (response.status) {
    case 200:
        usable = begin_whole(response);
        break;
    case 206:
        usable = begin_part(response);
        break;
    case 416:
        if (const auto range = parse_content_range(response.headers.get("Content-Range"));
            range && range->total && range->total != source_->size())
            source_->throw_modified();
        break;
    default:
        co_await refuse(std::move(response));
        co_return false;
    }
    if (usable) {
        response_ = std::move(response);
        co_return true;
    }
    if (std::exchange(bad_range_, true)) co_await refuse(std::move(response));
    co_return false;
}

bool RangeBody::begin_whole(const http::Response& response)
{
    source_->accept(response);
    if (response.content_length && *response.content_length != source_->size())
        throw_wrong_length(source_->size(), *response.content_length);
    skip_ = offset_; // the server does not do ranges
    body_end_ = end_;
    return true;
}

bool RangeBody::begin_part(const http::Response& response)
{
    const auto range = parse_content_range(response.headers.get("Content-Range"));
    if (!range || !range->first) return false;
    if (range->total && range->total != source_->size()) source_->throw_modified();
    // Less than was asked for is allowed; the rest is asked for then.
    if (range->first != offset_ || *range->last < offset_ || *range->last >= end_) return false;
    source_->accept(response);
    const auto length = *range->last + 1 - offset_;
    if (response.content_length && *response.content_length != length)
        throw_wrong_length(length, *response.content_length);
    skip_ = 0;
    body_end_ = offset_ + length;
    return true;
}

/// A signed URL that has expired is renewed, once without a byte in between; everything else is thrown.
asio::awaitable<void> RangeBody::refuse(http::Response response)
{
    if (refused_ && !response.headers.find("X-Error-Code")) std::rethrow_exception(refused_);
    if (response.status < 400)
        throw BadResponseError(errc::bad_response,
                               fmt::format("{}: the server answers a range of {} with status {} and "
                                           "Content-Range '{}', which is not what was asked for",
                                           response.url.redacted(), source_->shown(), response.status,
                                           printable(response.headers.get("Content-Range"))));
    try {
        co_await http::throw_for_response(response, source_->scope());
    } catch (...) {
        if (response.status != 403 || !source_->is_storage(response)) throw;
        refused_ = std::current_exception();
    }
    co_await source_->renew();
}

asio::awaitable<void> RangeBody::wait_before_resume(std::exception_ptr broken)
{
    const auto wait = patience_.next(offset_ - std::exchange(resumed_at_, offset_));
    if (!wait) {
        if (broken) std::rethrow_exception(broken);
        throw_wrong_length(end_, offset_);
    }
    const auto& clock = source_->hub()->clock;
    if (wait->count() > 0) co_await clock->sleep_until(clock->now() + *wait);
}

RangeBody::RangeBody(std::shared_ptr<RemoteSource> source, std::uint64_t first, std::uint64_t end)
    : source_(std::move(source)), offset_(first), end_(end), resumed_at_(first),
      patience_(source_->hub()->options.retry.max_retries, source_->hub()->options.retry.base,
                source_->hub()->options.retry.cap)
{
}

void RangeBody::throw_wrong_length(std::uint64_t wanted, std::uint64_t announced) const
{
    ErrorContext context;
    context.path = printable(source_->path());
    throw IntegrityError(
        errc::integrity,
        fmt::format("Consistency check failed for {}: {} bytes should come but the server sends "
                    "{}; try again.",
                    source_->shown(), wanted, announced),
        std::move(context));
}

} // namespace hfasync::detail
