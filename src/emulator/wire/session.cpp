#include "emulator/wire/session.hpp"

#include <cstring>

#include <unistd.h>

#include <boost/beast/http/error.hpp>

#include "base/encoding.hpp"
#include "emulator/store/errors.hpp"

namespace hfasync::emulator {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t read_chunk = 16u << 10;
/// What is read and thrown away of a body that nobody wanted, before the connection is given up.
constexpr std::uint64_t drain_limit = 1u << 30;
constexpr std::uint64_t small_file = 32u << 10;

/// The storage origin's failures in S3's words.
Reply storage_error(int status, std::string_view message)
{
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>InvalidRequest</Code><Message>";
    return xml_reply(text.append(message).append("</Message></Error>"), status);
}

Reply bad_request(std::string_view why)
{
    return error_reply(400, "", why);
}

/// What is to be sent of a body that is in memory.
std::string_view text_of(const Reply& reply)
{
    if (const auto* own = std::get_if<std::string>(&reply.body)) return *own;
    const auto& shared = std::get<std::shared_ptr<const std::string>>(reply.body);
    if (!shared) return {};
    return std::string_view(*shared).substr(static_cast<std::size_t>(reply.slice_offset),
                                            static_cast<std::size_t>(reply.body_size()));
}

} // namespace

asio::awaitable<std::size_t> Exchange::read_body(std::span<char> into)
{
    return session.read_body(into);
}

asio::awaitable<std::string> Exchange::read_whole_body(std::size_t most)
{
    std::string body;
    if (request.content_length) {
        if (*request.content_length > most) throw Refusal(413, "", "request entity too large");
        body.resize(static_cast<std::size_t>(*request.content_length));
        std::size_t have = 0;
        while (have < body.size())
            have += co_await session.read_body(std::span(body).subspan(have));
        co_return body;
    }
    while (true) {
        const auto have = body.size();
        if (have > most) throw Refusal(413, "", "request entity too large");
        body.resize(have + read_chunk);
        const auto got = co_await session.read_body(std::span(body).subspan(have));
        body.resize(have + got);
        if (got == 0) co_return body;
    }
}

bool Exchange::client_waits() const noexcept
{
    return session.client_waits();
}

bool Session::client_waits() noexcept
{
    touch();
    return !stream_.peer_is_gone();
}

asio::awaitable<void> Session::run()
{
    try {
        touch();
        co_await stream_.handshake();
        co_await serve();
        if (!over_) {
            co_await stream_.say_goodbye();
            stream_.shutdown_send();
        }
    } catch (const Disconnected&) {
    }
    stream_.close();
}

asio::awaitable<void> Session::serve()
{
    while (co_await read_head()) {
        const auto next = co_await exchange();
        if (next == Next::end) co_return;
        // A slow start of the next request is no slow request.
        touch();
    }
}

/// Moves what is left to the front and reads more behind it. False at the end of the stream.
asio::awaitable<bool> Session::fill()
{
    if (begin_ == end_)
        begin_ = end_ = 0;
    else if (begin_ > 0 && buffer_.size() - end_ < read_chunk) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (buffer_.size() - end_ < read_chunk) buffer_.resize(end_ + read_chunk);
    const auto got = co_await stream_.read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_));
    end_ += got;
    co_return got > 0;
}

asio::awaitable<bool> Session::read_head()
{
    parser_.emplace();
    parser_->header_limit(header_limit);
    parser_->body_limit(boost::none);
    parser_->eager(false);
    request_ = Request{};
    while (true) {
        if (begin_ < end_) {
            error_code ec;
            begin_ += parser_->put(asio::buffer(buffer_.data() + begin_, end_ - begin_), ec);
            if (ec == http::error::need_more) ec = {};
            if (ec) {
                const bool big = ec == http::error::header_limit;
                request_.keep_alive = false;
                body_done_ = true;
                auto refusal = bad_request("Bad request: " + ec.message());
                if (big) refusal.status = 431;
                co_await send(refusal);
                co_return false;
            }
            if (parser_->is_header_done()) break;
        }
        if (!co_await fill()) co_return false;
    }
    touch();
    co_return take_head(*parser_);
}

bool Session::take_head(Parser& parser)
{
    auto& message = parser.get();
    request_.origin = shared_.origin;
    request_.method = std::string(message.method_string());
    request_.target = std::string(message.target());
    request_.http11 = message.version() >= 11;
    request_.keep_alive = parser.keep_alive();
    request_.chunked = parser.chunked();
    if (const auto length = parser.content_length(); length) request_.content_length = *length;
    const auto mark = request_.target.find('?');
    request_.path = request_.target.substr(0, mark);
    if (mark != std::string::npos) {
        if (auto query = detail::decode_query(std::string_view(request_.target).substr(mark + 1)))
            request_.query = std::move(*query);
    }
    body_left_ = request_.content_length.value_or(0);
    body_done_ = !request_.chunked && body_left_ == 0;
    received_ = 0;
    continue_due_ =
        !body_done_ && request_.http11 && boost::beast::iequals(message[http::field::expect], "100-continue");
    request_.fields = std::move(message.base());
    if (request_.chunked) parser.eager(true);
    fault_ = shared_.faults.take(shared_.origin, request_.method, request_.path);
    early_reply_.reset();
    return true;
}

asio::awaitable<std::size_t> Session::read_body(std::span<char> into)
{
    if (body_done_ || into.empty()) co_return 0;
    if (continue_due_) {
        continue_due_ = false;
        co_await stream_.write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (fault_ && fault_->upload) {
        if (received_ >= fault_->at) {
            co_await break_upload(); // returns only when it slows down
            if (fault_) into = into.first(1);
        } else
            into = into.first(
                static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), fault_->at - received_)));
    }
    const auto got = request_.chunked ? co_await read_chunked(into) : co_await read_plain(into);
    received_ += got;
    touch();
    co_return got;
}

asio::awaitable<std::size_t> Session::read_plain(std::span<char> into)
{
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), body_left_));
    std::size_t got = std::min(want, end_ - begin_);
    if (got > 0) {
        std::memcpy(into.data(), buffer_.data() + begin_, got);
        begin_ += got;
    } else {
        got = co_await stream_.read_some(asio::buffer(into.data(), want));
        if (got == 0) throw Disconnected{};
    }
    body_left_ -= got;
    body_done_ = body_left_ == 0;
    co_return got;
}

asio::awaitable<std::size_t> Session::read_chunked(std::span<char> into)
{
    auto& body = parser_->get().body();
    while (!parser_->is_done()) {
        if (begin_ == end_ && !co_await fill()) throw Disconnected{};
        body.data = into.data();
        body.size = into.size();
        body.more = true;
        error_code ec;
        const auto used = parser_->put(asio::buffer(buffer_.data() + begin_, end_ - begin_), ec);
        begin_ += used;
        const auto got = into.size() - body.size;
        if (ec == http::error::need_buffer) ec = {};
        const bool starved = ec == http::error::need_more || (!ec && used == 0 && got == 0);
        if (ec && ec != http::error::need_more) throw Refusal(bad_request("Bad request: " + ec.message()));
        if (got > 0) {
            body_done_ = parser_->is_done();
            co_return got;
        }
        if (starved && !parser_->is_done() && !co_await fill()) throw Disconnected{};
    }
    body_done_ = true;
    co_return 0;
}

/// Reads away what a route left of the body. False when that is too much: the connection then ends.
asio::awaitable<bool> Session::drain()
{
    if (continue_due_) co_return false; // the client has not begun to send, and never may
    std::array<char, read_chunk> waste;
    std::uint64_t thrown = 0;
    fault_.reset();
    while (!body_done_ && thrown < drain_limit)
        thrown += co_await read_body(waste);
    co_return body_done_;
}

asio::awaitable<Reply> Session::obtain()
{
    std::optional<Reply> failure;
    try {
        Exchange exchange{request_, *this};
        co_return co_await shared_.answer(exchange);
    } catch (const UploadBroken&) {
        failure.emplace();
    } catch (const Refusal& refusal) {
        failure = refusal.reply();
    } catch (const store::StoreError& error) {
        failure = shared_.origin == Origin::hub ? error_reply(error.status(), error.code(), error.what())
                                                : storage_error(error.status(), error.what());
    } catch (const std::exception& error) {
        failure = error_reply(500, "", std::string("Internal error of the embedded Hub: ") + error.what());
    }
    co_return std::move(*failure);
}

void Session::answered(std::uint64_t bytes)
{
    if (logged_) shared_.log.sent(*std::exchange(logged_, std::nullopt), bytes);
}

/// Nobody waits for the count of an answer whose client went away.
struct Session::Counted {
    Session& session;
    ~Counted() { session.answered(0); }
};

asio::awaitable<Session::Next> Session::exchange()
{
    if (fault_ && fault_->action == FaultAction::ignore_range) request_.ignore_range = true;
    Reply reply;
    if (auto other = replace_reply())
        reply = std::move(*other);
    else
        reply = co_await obtain();
    if (over_) co_return Next::end; // an upload fault has closed the connection
    if (early_reply_) {
        reply = std::move(*early_reply_);
        request_.keep_alive = false;
    }
    const bool keep = request_.keep_alive;
    if (!body_done_ && (continue_due_ || body_left_ > drain_limit)) request_.keep_alive = false;
    const bool recorded = !request_.path.starts_with(control_prefix);
    if (recorded) logged_ = shared_.log.add(request_, reply.status, received_);
    const Counted counted{*this};
    const bool disturbed = disturbs_reply();
    answered(disturbed ? co_await send_disturbed(std::move(reply)) : co_await send(reply));
    if (over_) co_return Next::end;
    if (!body_done_ && !co_await drain()) co_return Next::end;
    co_return keep&& request_.keep_alive ? Next::request : Next::end;
}

asio::awaitable<std::uint64_t> Session::send(const Reply& reply)
{
    const bool headless = request_.method == "HEAD" || !may_have_body(reply.status);
    const auto size = headless ? 0 : reply.body_size();
    std::string head = head_of(reply, false);
    touch();
    if (!std::holds_alternative<FileSlice>(reply.body))
        co_await stream_.write(head, text_of(reply).substr(0, static_cast<std::size_t>(size)));
    else if (const auto* slice = std::get_if<FileSlice>(&reply.body);
             slice && size <= small_file && size > 0) {
        // One write is cheaper than a header and a sendfile.
        const auto start = head.size();
        head.resize(start + static_cast<std::size_t>(size));
        const auto got = ::pread(slice->file->get(), head.data() + start, static_cast<std::size_t>(size),
                                 static_cast<off_t>(slice->offset));
        if (got != static_cast<ssize_t>(size)) throw Disconnected{};
        co_await stream_.write(head);
    } else {
        co_await stream_.write(head);
        if (size > 0) co_await send_body(reply, 0, size);
    }
    co_return size;
}

asio::awaitable<void> Session::send_body(const Reply& reply, std::uint64_t from, std::uint64_t to)
{
    if (from >= to) co_return;
    // A big file over a slow connection is no idle connection.
    deadline_ = Clock::now() + std::chrono::minutes(10) + std::chrono::seconds((to - from) >> 16);
    if (const auto* slice = std::get_if<FileSlice>(&reply.body))
        co_await stream_.write_file(slice->file->get(), slice->offset + from, to - from);
    else
        co_await stream_.write(
            text_of(reply).substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
    touch();
}

} // namespace hfasync::emulator
