// The faults that need the connection: what goes wrong with an answer, or with a body that is being received.
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "emulator/wire/session.hpp"

namespace hfasync::emulator {

using namespace std::string_view_literals;

namespace asio = boost::asio;

bool Session::disturbs_reply() const noexcept
{
    if (!fault_ || fault_->upload) return false;
    switch (fault_->action) {
    case FaultAction::status:
    case FaultAction::redirect:
    case FaultAction::ignore_range:
        return false;
    default:
        return true;
    }
}

namespace {

Reply scripted_reply(const FaultRule& rule)
{
    Reply reply;
    reply.status = rule.action == FaultAction::redirect ? 302 : rule.status;
    bool typed = false;
    for (const auto& [name, value] : rule.headers) {
        reply.header(name, value);
        typed = typed || boost::beast::iequals(name, "content-type");
    }
    if (!typed && !rule.body.empty())
        reply.header("Content-Type",
                     rule.body.front() == '{' ? "application/json; charset=utf-8" : "text/plain");
    reply.body = rule.body;
    return reply;
}

/// "bytes 10-19/20" begins one byte later than it should.
void shift_content_range(std::string& headers)
{
    static constexpr std::string_view name = "Content-Range: bytes ";
    const auto at = headers.find(name);
    if (at == std::string::npos) return;
    const auto start = at + name.size();
    const auto dash = headers.find('-', start);
    const auto wrong = std::stoull(headers.substr(start, dash - start)) + 1;
    headers.replace(start, dash - start, std::to_string(wrong));
}

} // namespace

std::optional<Reply> Session::replace_reply() const
{
    if (!fault_ || fault_->upload) return std::nullopt;
    if (fault_->action != FaultAction::status && fault_->action != FaultAction::redirect) return std::nullopt;
    return scripted_reply(*fault_);
}

asio::awaitable<void> Session::wait(std::chrono::milliseconds delay)
{
    deadline_ = Clock::time_point::max();
    asio::steady_timer timer(co_await asio::this_coro::executor, delay);
    boost::system::error_code ec;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    touch();
}

/// Says nothing more until the peer gives up.
asio::awaitable<void> Session::hold()
{
    std::array<char, 4096> waste;
    while (co_await stream_.read_some(asio::buffer(waste)) > 0) {
    }
}

asio::awaitable<void> Session::end_with(FaultAction action)
{
    over_ = true;
    if (action == FaultAction::reset || action == FaultAction::lose_reply) {
        co_await stream_.reset();
        co_return;
    }
    if (action == FaultAction::stall) {
        deadline_ = Clock::time_point::max();
        co_await hold();
        co_return;
    }
    if (action == FaultAction::short_body) co_await stream_.say_goodbye();
    stream_.shutdown_send();
    // Closing now with unread bytes would turn the FIN into an RST.
    deadline_ = Clock::now() + std::chrono::seconds(1);
    co_await hold();
}

asio::awaitable<std::uint64_t> Session::send_disturbed(Reply reply)
{
    const FaultRule& rule = *fault_;
    const auto size = reply.body_size();
    const auto at = std::min<std::uint64_t>(rule.at, size);
    switch (rule.action) {
    case FaultAction::delay:
        co_await wait(rule.delay);
        co_return co_await send(reply);
    case FaultAction::bad_range:
        shift_content_range(reply.headers);
        co_return co_await send(reply);
    case FaultAction::lose_reply:
        answered(0);
        co_await end_with(rule.action);
        co_return 0;
    case FaultAction::late_status:
        co_return co_await send(scripted_reply(rule));
    case FaultAction::garbage:
        co_await stream_.write("\x16\x03\x01 this is not HTTP\n\0\xff\r\n\r\n"sv); // with its NUL
        answered(0);
        co_await end_with(FaultAction::close);
        co_return 0;
    case FaultAction::long_body:
        co_await send_long(reply);
        co_return size;
    default:
        break;
    }
    if (request_.method == "HEAD") {
        // There is no body to break: the header itself goes missing.
        if (rule.action == FaultAction::flip_bit || rule.action == FaultAction::drip)
            co_return co_await send(reply);
        answered(0);
        co_await end_with(rule.action);
        co_return 0;
    }
    co_await stream_.write(head_of(reply, false));
    if (rule.action == FaultAction::flip_bit) {
        co_await send_flipped(reply);
        co_return size;
    }
    co_await send_body(reply, 0, at);
    if (rule.action == FaultAction::drip) {
        co_await send_drip(reply);
        co_return size;
    }
    answered(at);
    co_await end_with(rule.action);
    co_return at;
}

/// More bytes than anybody announced: chunked, or up to the end of the connection for an HTTP/1.0 client.
asio::awaitable<void> Session::send_long(const Reply& reply)
{
    const std::string extra(static_cast<std::size_t>(std::clamp<std::uint64_t>(fault_->at, 1, 1u << 20)),
                            'x');
    const auto size = reply.body_size();
    request_.keep_alive = request_.keep_alive && request_.http11;
    co_await stream_.write(head_of(reply, true));
    if (request_.method == "HEAD") co_return;
    char length[32];
    const int digits = std::snprintf(length, sizeof length, "%llx\r\n",
                                     static_cast<unsigned long long>(size + extra.size()));
    if (request_.http11) co_await stream_.write({length, static_cast<std::size_t>(digits)});
    co_await send_body(reply, 0, size);
    co_await stream_.write(extra, request_.http11 ? "\r\n0\r\n\r\n" : "");
}

asio::awaitable<void> Session::send_flipped(const Reply& reply)
{
    const auto size = reply.body_size();
    if (size == 0) co_return;
    const auto at = std::min<std::uint64_t>(fault_->at, size - 1);
    char byte = 0;
    if (const auto* slice = std::get_if<FileSlice>(&reply.body)) {
        if (::pread(slice->file->get(), &byte, 1, static_cast<off_t>(slice->offset + at)) != 1)
            throw Disconnected{};
    } else if (const auto* own = std::get_if<std::string>(&reply.body))
        byte = (*own)[static_cast<std::size_t>(at)];
    else
        byte = (*std::get<std::shared_ptr<const std::string>>(
            reply.body))[static_cast<std::size_t>(reply.slice_offset + at)];
    byte = static_cast<char>(byte ^ 1);
    co_await send_body(reply, 0, at);
    co_await stream_.write({&byte, 1});
    co_await send_body(reply, at + 1, size);
}

asio::awaitable<void> Session::send_drip(const Reply& reply)
{
    const auto size = reply.body_size();
    const auto delay = fault_->delay;
    for (auto at = std::min<std::uint64_t>(fault_->at, size); at < size; ++at) {
        co_await wait(delay);
        co_await send_body(reply, at, at + 1);
    }
}

/// At the byte where an upload rule strikes.
asio::awaitable<void> Session::break_upload()
{
    switch (fault_->action) {
    case FaultAction::drip:
        co_await wait(fault_->delay);
        co_return;
    case FaultAction::delay: {
        const auto delay = fault_->delay;
        fault_.reset();
        co_await wait(delay);
        co_return;
    }
    case FaultAction::status:
    case FaultAction::redirect:
        early_reply_ = scripted_reply(*fault_);
        throw UploadBroken{};
    case FaultAction::garbage:
        co_await stream_.write("this is not HTTP\r\n\r\n");
        break;
    default:
        break;
    }
    shared_.log.sent(shared_.log.add(request_, 0, received_), 0); // before the client can notice
    co_await end_with(fault_->action);
    throw UploadBroken{};
}

} // namespace hfasync::emulator
