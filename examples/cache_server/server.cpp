#include "server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <utility>

namespace cache_server {

using asio::ip::tcp;

namespace {

constexpr std::string_view about =
    "A pull-through mirror of a Hugging Face Hub. Set HF_ENDPOINT to this URL.\n"
    "GET, HEAD /[datasets/|spaces/]ID/resolve/REVISION/PATH\n"
    "GET /api/..., as the upstream answers\n"
    "GET /metrics\n";

Reply text_reply(std::string_view text)
{
    Reply reply;
    reply.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
    reply.text = std::string(text);
    return reply;
}

/// Host as the client wrote it, when it is one.
bool is_host(std::string_view text)
{
    return !text.empty() &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  ".-:[]_") == std::string_view::npos;
}

} // namespace

Server::Server(asio::io_context& context, Options options)
    : context_(context), options_(std::move(options)), store_(options_, disk_, metrics_),
      index_(
          options_.folder / "repos", disk_,
          [this](const Repo& repo, const std::string& etag) { return store_.has(Files::key(repo, etag)); }),
      access_(options_), upstream_(context.get_executor(), options_, metrics_),
      openness_(options_, upstream_, index_),
      files_(context.get_executor(), options_, upstream_, openness_, index_, access_, store_, metrics_),
      answers_(options_, upstream_, openness_, store_), acceptor_(context), changed_(context.get_executor())
{
    const tcp::endpoint address(asio::ip::make_address(options_.address), options_.port);
    acceptor_.open(address.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(address);
    acceptor_.listen();
    asio::co_spawn(context_, accept(), [](const std::exception_ptr&) {});
}

Server::~Server()
{
    disk_.join();
}

std::string Server::endpoint() const
{
    const auto at = acceptor_.local_endpoint();
    const auto address =
        at.address().is_v6() ? "[" + at.address().to_string() + "]" : at.address().to_string();
    return "http://" + address + ":" + std::to_string(at.port());
}

asio::awaitable<void> Server::accept()
{
    while (!stopping_) {
        if (sessions_.size() >= options_.max_connections) {
            co_await changed_.wait();
            continue;
        }
        auto [failed, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
        if (!failed) {
            start(std::move(socket));
        } else if (!stopping_) { // no descriptors left, say
            asio::steady_timer pause(context_, std::chrono::milliseconds(100));
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
}

void Server::start(tcp::socket socket)
{
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto session =
        std::make_shared<Session>(std::move(socket), options_, metrics_,
                                  [this](Request request) { return handle(std::move(request)); });
    sessions_.push_back(session);
    metrics_.connections = sessions_.size();
    asio::co_spawn(
        context_, session->run(),
        asio::bind_cancellation_slot(session->slot(), [this, session](const std::exception_ptr& broken) {
            if (broken) {
                ++metrics_.failed;
                session->abort();
            }
            sessions_.remove(session);
            metrics_.connections = sessions_.size();
            changed_.notify();
        }));
}

asio::awaitable<Reply> Server::handle(Request request)
{
    Reply reply;
    try {
        reply = co_await route(request);
    } catch (const hfasync::Error& error) {
        reply = error_reply(error);
    } catch (const std::exception& error) {
        reply = error_reply(500, "", std::string("The cache server failed: ") + error.what());
    }
    count(reply);
    co_return reply;
}

void Server::count(const Reply& reply)
{
    switch (reply.source) {
    case Source::hit:
        ++metrics_.hits;
        break;
    case Source::miss:
        ++metrics_.misses;
        break;
    case Source::stale:
        ++metrics_.stale;
        break;
    case Source::bypass:
        ++metrics_.bypassed;
        break;
    case Source::none:
        break;
    }
    if (reply.status >= 500)
        ++metrics_.failed;
    else if (reply.status >= 400)
        ++metrics_.refused;
}

asio::awaitable<Reply> Server::route(const Request& request)
{
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const bool is_api = request.target.starts_with("/api/");
    if (!reads && !(request.method == "POST" && is_reading_post(request.target))) {
        auto reply = error_reply(405, "",
                                 "This is a read-only mirror. To write, use " + upstream_.endpoint() +
                                     " itself (HF_ENDPOINT=" + upstream_.endpoint() + ").");
        reply.headers.emplace_back("Allow", "GET, HEAD");
        co_return reply;
    }
    if (!reads && request.body_left)
        co_return error_reply(413, "", "A question has at most " + std::to_string(most_body) + " bytes.");
    if (request.target == "/metrics") co_return text_reply(metrics_.text());
    if (request.target == "/") co_return text_reply(about);
    auto caller = access_.caller(request.authorization);
    if (is_api) {
        const auto base = !options_.public_url.empty() ? options_.public_url
                          : is_host(request.host)      ? "http://" + request.host
                                                       : endpoint();
        auto reply = co_await answers_.answer(
            {request.method, request.target, request.content_type, request.body, base, std::move(caller)});
        // The answer to a HEAD came without the body whose length would be told.
        reply.length_known = request.method != "HEAD" || !reply.text.empty();
        co_return reply;
    }
    if (auto target = file_target(request.target))
        co_return co_await files_.answer({std::move(*target), std::move(caller), request.method == "HEAD",
                                          request.range, request.if_range, request.if_none_match});
    co_return error_reply(404, "", "This mirror serves /ID/resolve/REVISION/PATH and /api/ only.");
}

void Server::stop()
{
    asio::post(context_, [this] {
        if (std::exchange(stopping_, true)) return;
        asio::co_spawn(context_, shut_down(), [](const std::exception_ptr&) {});
    });
}

asio::awaitable<void> Server::shut_down()
{
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    changed_.notify();
    for (const auto& session : sessions_)
        session->finish();
    asio::steady_timer grace(context_, options_.grace);
    grace.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled) return;
        for (const auto& session : sessions_)
            session->abort();
    });
    while (!sessions_.empty())
        co_await changed_.wait();
    grace.cancel();
    co_await files_.stop();
    upstream_.close();
    if (stopped_) stopped_();
}

} // namespace cache_server
