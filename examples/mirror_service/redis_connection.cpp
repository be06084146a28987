#include "redis_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <csignal>
#include <optional>

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <fmt/format.h>

#include <hfasync/error.hpp>

namespace mirror {

namespace {

constexpr std::chrono::seconds patience{10}; ///< for an answer

RedisReply copy(const redisReply& from)
{
    RedisReply out;
    switch (from.type) {
    case REDIS_REPLY_INTEGER:
        out.kind = RedisReply::Kind::integer;
        out.integer = from.integer;
        break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        out.kind = RedisReply::Kind::text;
        out.text.assign(from.str, static_cast<std::size_t>(from.len));
        break;
    case REDIS_REPLY_ARRAY:
        out.kind = RedisReply::Kind::list;
        for (std::size_t i = 0; i < from.elements; ++i)
            out.list.push_back(copy(*from.element[i]));
        break;
    default:
        break;
    }
    return out;
}

/// One command that waits for its answer. hiredis holds it until then, whether or not anybody still waits.
struct Pending {
    explicit Pending(const asio::any_io_executor& executor) : answered(executor, patience) {}
    asio::steady_timer answered; ///< cancelled by the answer
    std::optional<RedisReply> reply;
    std::string error;
    bool is_done = false;
};
using PendingPtr = std::shared_ptr<Pending>;

void on_reply(redisAsyncContext* context, void* answer, void* data)
{
    const std::unique_ptr<PendingPtr> holder(static_cast<PendingPtr*>(data));
    auto& pending = **holder;
    const auto* reply = static_cast<const redisReply*>(answer);
    if (reply == nullptr)
        pending.error = context->err != 0 ? context->errstr : "the connection was closed";
    else if (reply->type == REDIS_REPLY_ERROR)
        pending.error.assign(reply->str, static_cast<std::size_t>(reply->len));
    else
        pending.reply = copy(*reply);
    pending.is_done = true;
    pending.answered.cancel();
}

} // namespace

/// A hiredis context and the descriptor that it waits on. hiredis frees the context by itself when the
/// connection fails, and says so before.
class RedisConnection::Link : public std::enable_shared_from_this<Link> {
public:
    Link(const asio::any_io_executor& executor, redisAsyncContext* context)
        : context_(context), descriptor_(executor, context->c.fd)
    {
    }

    void attach()
    {
        // hiredis keeps the link until it calls `cleanup`.
        context_->ev.data = new std::shared_ptr<Link>(shared_from_this());
        context_->ev.addRead = [](void* data) { of(data).want_read(true); };
        context_->ev.delRead = [](void* data) { of(data).want_read(false); };
        context_->ev.addWrite = [](void* data) { of(data).want_write(true); };
        context_->ev.delWrite = [](void* data) { of(data).want_write(false); };
        context_->ev.cleanup = [](void* data) {
            const std::unique_ptr<std::shared_ptr<Link>> holder(static_cast<std::shared_ptr<Link>*>(data));
            (*holder)->detach();
        };
        context_->data = this;
        redisAsyncSetDisconnectCallback(context_, [](const redisAsyncContext* context, int) {
            static_cast<Link*>(context->data)->context_ = nullptr;
        });
        redisAsyncSetConnectCallback(context_, [](const redisAsyncContext* context, int status) {
            if (status != REDIS_OK) static_cast<Link*>(context->data)->context_ = nullptr;
        });
    }
    bool is_open() const { return context_ != nullptr; }
    void close()
    {
        if (auto* context = std::exchange(context_, nullptr)) redisAsyncFree(context);
    }
    /// `pending` may be null: nobody waits. \returns false when the connection takes no more
    bool send(const std::vector<std::string>& words, const PendingPtr& pending)
    {
        std::vector<const char*> texts;
        std::vector<std::size_t> sizes;
        for (const auto& word : words) {
            texts.push_back(word.data());
            sizes.push_back(word.size());
        }
        auto holder = pending ? std::make_unique<PendingPtr>(pending) : nullptr;
        if (redisAsyncCommandArgv(context_, pending ? on_reply : nullptr, holder.get(),
                                  static_cast<int>(texts.size()), texts.data(), sizes.data()) != REDIS_OK)
            return false;
        [[maybe_unused]] const auto* kept = holder.release(); // on_reply's
        return true;
    }

private:
    static Link& of(void* data) { return **static_cast<std::shared_ptr<Link>*>(data); }

    void want_read(bool wanted)
    {
        wants_read_ = wanted;
        if (!wanted || is_reading_ || !descriptor_.is_open()) return;
        is_reading_ = true;
        descriptor_.async_wait(asio::posix::descriptor_base::wait_read,
                               [self = shared_from_this()](const boost::system::error_code& failed) {
                                   self->is_reading_ = false;
                                   if (failed || !self->context_ || !self->wants_read_) return;
                                   redisAsyncHandleRead(self->context_);
                                   if (self->wants_read_) self->want_read(true);
                               });
    }
    void want_write(bool wanted)
    {
        wants_write_ = wanted;
        if (!wanted || is_writing_ || !descriptor_.is_open()) return;
        is_writing_ = true;
        descriptor_.async_wait(asio::posix::descriptor_base::wait_write,
                               [self = shared_from_this()](const boost::system::error_code& failed) {
                                   self->is_writing_ = false;
                                   if (failed || !self->context_ || !self->wants_write_) return;
                                   redisAsyncHandleWrite(self->context_);
                                   if (self->wants_write_) self->want_write(true);
                               });
    }
    void detach()
    {
        wants_read_ = wants_write_ = false;
        if (descriptor_.is_open()) descriptor_.release(); // hiredis closes it
    }

    redisAsyncContext* context_;
    asio::posix::stream_descriptor descriptor_;
    bool wants_read_ = false, wants_write_ = false; ///< what hiredis has asked for
    bool is_reading_ = false, is_writing_ = false;  ///< what Asio waits for
};

RedisConnection::RedisConnection(asio::any_io_executor executor, RedisConfig config)
    : executor_(std::move(executor)), config_(std::move(config)),
      where_(config_.socket.empty()
                 ? fmt::format("redis://{}:{}/{}", config_.host, config_.port, config_.database)
                 : "unix:" + config_.socket)
{
    // hiredis writes to a connection that the server has closed without MSG_NOSIGNAL.
    std::signal(SIGPIPE, SIG_IGN);
}

RedisConnection::~RedisConnection()
{
    close();
}

void RedisConnection::close()
{
    if (link_) link_->close();
}

asio::awaitable<void> RedisConnection::connect()
{
    // hiredis would resolve names on this thread.
    std::string address;
    if (config_.socket.empty()) {
        asio::ip::tcp::resolver resolver(executor_);
        const auto [failed, found] = co_await resolver.async_resolve(
            config_.host, std::to_string(config_.port), asio::as_tuple(asio::use_awaitable));
        if (failed == asio::error::operation_aborted) throw boost::system::system_error(failed);
        if (failed || found.empty())
            throw hfasync::OSError(std::make_error_code(std::errc::host_unreachable),
                                   fmt::format("{}: the host is not known", where_));
        address = found.begin()->endpoint().address().to_string();
    }
    if (link_ && link_->is_open()) co_return; // another command was faster
    auto* context = config_.socket.empty() ? redisAsyncConnect(address.c_str(), config_.port)
                                           : redisAsyncConnectUnix(config_.socket.c_str());
    if (context == nullptr) throw std::bad_alloc();
    if (context->err != 0) {
        const std::string why = context->errstr;
        redisAsyncFree(context);
        throw hfasync::OSError(std::make_error_code(std::errc::connection_refused),
                               fmt::format("{}: {}", where_, why));
    }
    link_ = std::make_shared<Link>(executor_, context);
    link_->attach();
    // Sent before everything else; a wrong password shows in the answer to what follows (NOAUTH).
    if (config_.password) link_->send({"AUTH", *config_.password}, nullptr);
    if (config_.database != 0) link_->send({"SELECT", std::to_string(config_.database)}, nullptr);
}

asio::awaitable<RedisReply> RedisConnection::command(std::vector<std::string> words)
{
    if (!link_ || !link_->is_open()) co_await connect();
    const auto link = link_;
    const auto pending = std::make_shared<Pending>(executor_);
    if (!link->send(words, pending))
        throw hfasync::OSError(std::make_error_code(std::errc::not_connected),
                               fmt::format("{}: the connection is being closed", where_));
    co_await pending->answered.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!pending->is_done) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error(asio::error::operation_aborted);
        link->close();
        throw hfasync::OSError(std::make_error_code(std::errc::timed_out),
                               fmt::format("{}: no answer within {} s", where_, patience.count()));
    }
    if (!pending->reply)
        throw hfasync::OSError(std::make_error_code(std::errc::io_error),
                               fmt::format("{}: {}", where_, pending->error));
    co_return std::move(*pending->reply);
}

} // namespace mirror
