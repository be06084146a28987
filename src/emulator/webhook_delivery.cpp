#include "emulator/webhook_delivery.hpp"

#include <csignal>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace hfasync::emulator {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

/// A queue that ends by itself; what it throws (no memory, a full disk) has nowhere to go.
constexpr auto forget = [](const std::exception_ptr&) {};

http::request<http::string_body> make_request(const store::Webhook& webhook, const LoopbackTarget& target,
                                              std::string payload)
{
    http::request<http::string_body> request(http::verb::post, target.target, 11);
    request.set(http::field::host, target.host);
    request.set(http::field::user_agent, "hfasync-hub-webhooks");
    request.set(http::field::content_type, "application/json");
    request.set(http::field::connection, "close");
    if (webhook.secret) request.set("X-Webhook-Secret", *webhook.secret);
    request.body() = std::move(payload);
    request.prepare_payload();
    return request;
}

} // namespace

void WebhookDeliveries::send(Delivery delivery)
{
    const std::scoped_lock lock(mutex_);
    if (stopped_) return;
    if (!thread_.joinable()) {
        // Signals are the program's business.
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        thread_ = std::thread([this] { context_.run(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    asio::post(context_, [this, delivery = std::move(delivery)]() mutable { enqueue(std::move(delivery)); });
}

void WebhookDeliveries::stop()
{
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
    }
    context_.stop();
    if (thread_.joinable()) thread_.join();
}

void WebhookDeliveries::enqueue(Delivery delivery)
{
    const auto webhook = delivery.webhook;
    auto& queue = waiting_[webhook];
    if (queue.size() >= most_waiting) return;
    queue.push_back(std::move(delivery));
    if (queue.size() == 1) asio::co_spawn(context_, drain(webhook), forget);
}

asio::awaitable<void> WebhookDeliveries::drain(std::string webhook)
{
    auto& queue = waiting_.at(webhook); // stays in place while it is not empty
    while (!queue.empty()) {
        const bool delivered = co_await deliver(queue.front());
        queue.pop_front();
        try {
            webhooks_.settle(webhook, delivered);
        } catch (const std::exception&) { // a full disk; the next delivery is made all the same
        }
    }
    waiting_.erase(webhook);
}

asio::awaitable<bool> WebhookDeliveries::deliver(Delivery delivery)
{
    asio::steady_timer timer(context_);
    auto wait = first_wait;
    for (int number = 1;; ++number) {
        // It may have been changed, turned off or deleted since the last attempt.
        const auto webhook = webhooks_.find(delivery.webhook);
        if (!webhook || webhook->state != store::Webhook::State::enabled) co_return true;
        const auto target = loopback_target(webhook->url);
        if (!target) co_return true;
        const auto outcome = co_await attempt(webhook, *target, delivery.payload);
        if (outcome != Outcome::failed || number == most_attempts) co_return outcome == Outcome::delivered;
        timer.expires_after(wait);
        co_await timer.async_wait(asio::use_awaitable);
        wait *= 3;
    }
}

asio::awaitable<WebhookDeliveries::Outcome>
WebhookDeliveries::attempt(store::WebhookPtr webhook, LoopbackTarget target, std::string payload)
{
    error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    beast::tcp_stream stream(context_);
    stream.expires_after(most_time);
    co_await stream.async_connect(
        asio::ip::tcp::endpoint(asio::ip::make_address(target.address), target.port), token);
    if (failed) co_return Outcome::failed;
    auto request = make_request(*webhook, target, std::move(payload));
    co_await http::async_write(stream, request, token);
    if (failed) co_return Outcome::failed;
    beast::flat_buffer buffer;
    http::response_parser<http::empty_body> parser; // only the status counts
    co_await http::async_read_header(stream, buffer, parser, token);
    if (failed) co_return Outcome::failed;
    const auto status = parser.get().result_int();
    if (status >= 200 && status < 300) co_return Outcome::delivered;
    co_return status >= 500 || status == 408 || status == 429 ? Outcome::failed : Outcome::refused;
}

} // namespace hfasync::emulator
