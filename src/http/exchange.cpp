#include "http/exchange.hpp"

#include <boost/asio/buffer.hpp>
#include <fmt/format.h>

#include "http/error_map.hpp"
#include "http/send_body.hpp"
#include "policy/header_values.hpp"

namespace hfasync::http {

namespace asio = boost::asio;

namespace {

/// After a failed write the server may still have said why (413, 403); it gets no more than this to do so.
constexpr std::chrono::milliseconds last_words{2'000};

std::string pool_key(const Outgoing& out)
{
    auto key = out.url->origin();
    if (out.proxy)
        key += fmt::format(" via {}:{} {}", out.proxy->host, out.proxy->port, out.proxy->authorization);
    return key;
}

std::string head_of(const Outgoing& out)
{
    std::string head;
    head.reserve(640);
    // A plain proxy is asked by the whole URL; a tunnel and an origin by the path.
    const bool absolute = out.proxy && !out.url->tls();
    append_request_line(head, to_string(out.method), absolute ? out.url->text() : out.url->target());
    append_field(head, "Host", std::string_view(out.url->origin()).substr(out.url->scheme.size() + 3));
    head += *out.fields;
    if (absolute && !out.proxy->authorization.empty())
        append_field(head, "Proxy-Authorization", out.proxy->authorization);
    if (out.body) {
        if (const auto size = out.body->size())
            append_field(head, "Content-Length", fmt::format_int(*size).c_str());
        else
            append_field(head, "Transfer-Encoding", "chunked");
    } else if (out.method != Method::get && out.method != Method::head && out.method != Method::delete_) {
        append_field(head, "Content-Length", "0");
    }
    head += "\r\n";
    return head;
}

/// One pass over one connection.
class Pass {
public:
    Pass(std::shared_ptr<Engine> engine, const Outgoing& out) : engine_(std::move(engine)), out_(out)
    {
        started_ = std::chrono::steady_clock::now();
        if (!engine_->options.on_request) return;
        report_.method = to_string(out.method);
        report_.url = out.url->redacted();
        report_.attempt = out.attempt;
    }

    Pass(const Pass&) = delete;
    ~Pass()
    {
        if (reported_)
            return; // by answer() or failed(); otherwise an exception: a cancel, or the body's source
        report_.error = "abandoned";
        send_report(*engine_, report_, started_);
    }

    asio::awaitable<Exchanged> run()
    {
        if (auto fault = co_await lease()) co_return failed(std::move(*fault));
        const std::string head = head_of(out_); // may throw: before anything is sent
        for (;;) {
            const bool reused = lease_.connection != nullptr;
            if (!reused)
                if (auto fault = co_await open()) co_return failed(std::move(*fault));
            report_.reused_connection = reused;
            auto fault = co_await speak(head);
            if (!fault) co_return answer();
            if (!reused || !may_go_again(*fault)) co_return failed(std::move(*fault));
            // The server closed the connection while it was idle: a new one, and no retry is counted.
            lease_.connection.reset();
            sent_ = answering_ = false;
        }
    }

private:
    /// A reused connection that ends before the first byte of an answer was most likely closed before the
    /// request came; but the server may have read it. Only a request that may be repeated anyway goes again.
    /// The others rely on Pool's look at the socket before it is handed out, and on nothing having been
    /// written.
    bool may_go_again(const Fault& fault) const
    {
        if (fault.code != errc::connection_lost || answering_) return false;
        if (sent_ && out_.replay != Replay::safe) return false;
        return !out_.body || out_.body->rewind();
    }

    asio::awaitable<std::optional<Fault>> lease()
    {
        auto key = pool_key(out_);
        lease_ = engine_->pool->try_acquire(key);
        if (lease_) co_return std::nullopt;
        auto acquired = co_await engine_->pool->acquire(std::move(key), out_.limits->end);
        report_.wait = elapsed();
        lease_ = std::move(acquired.lease);
        co_return std::move(acquired.fault);
    }

    asio::awaitable<std::optional<Fault>> open()
    {
        ConnectTimes times;
        auto opened = co_await open_connection(*engine_, *out_.url, out_.proxy, *out_.limits, times);
        report_.resolve = times.resolve;
        report_.connect = times.connect;
        report_.handshake = times.handshake;
        lease_.connection = std::move(opened.connection);
        co_return std::move(opened.fault);
    }

    /// Writes the request and reads the head of its answer.
    asio::awaitable<std::optional<Fault>> speak(const std::string& head)
    {
        auto& connection = *lease_.connection;
        connection.watch();
        ++engine_->requests;
        const auto sent = co_await send_request(connection, head, out_.body, *out_.limits, out_.on_sent);
        sent_ = sent.bytes > 0;
        whole_ = !sent.error && sent.complete;
        report_.bytes_sent = sent.body_bytes;
        engine_->bytes_sent += sent.body_bytes;
        if (sent.error) {
            auto fault = fault_of(sent.error, connection.timed_out(), Phase::send);
            if (fault.code != errc::connection_lost || sent.bytes == 0) co_return fault;
            connection.deadline(out_.limits->until(last_words));
            head_ = co_await read_head(connection, Phase::first_byte);
            answering_ = head_.any_byte;
            if (head_.fault) co_return fault;
            co_return std::nullopt;
        }
        connection.deadline(out_.limits->until(out_.limits->timeouts.first_byte));
        head_ = co_await read_head(connection, Phase::first_byte);
        answering_ = head_.any_byte;
        co_return head_.fault;
    }

    Exchanged answer()
    {
        Exchanged out;
        out.sent = true;
        reported_ = true;
        auto& response = out.response;
        auto& parser = *head_.parser;
        const auto framing = parser.framing(out_.method == Method::head);
        response.status = parser.status();
        response.method = out_.method;
        response.url = *out_.url;
        if (const auto length = parser.content_length()) response.content_length = *length;
        const bool keep_alive = parser.keep_alive();
        response.headers = std::move(parser.fields());
        response.request_id = request_id_of(response.headers);
        lease_.connection->deadline(out_.limits->end); // nobody waits for the server until the body is read
        auto stream = std::make_shared<Response::Stream>(engine_, std::move(lease_), *out_.limits);
        stream->framing = framing.value_or(Framing::to_end);
        stream->left = response.content_length.value_or(0);
        stream->reusable = keep_alive && whole_ && stream->framing != Framing::to_end;
        stream->encoded = !framing || is_encoded(response.headers);
        stream->method = out_.method;
        stream->url = *out_.url;
        stream->started = started_;
        if (engine_->options.on_request) {
            report_.status = response.status;
            report_.request_id = response.request_id;
            report_.first_byte = elapsed();
        }
        stream->report = std::move(report_);
        if (stream->framing == Framing::none || (stream->framing == Framing::length && stream->left == 0)) {
            stream->encoded = false;
            stream->finish();
        }
        response.stream = std::move(stream);
        return out;
    }

    static bool is_encoded(const Headers& headers)
    {
        const auto coding = headers.find("content-encoding");
        return coding && !detail::trim(*coding).empty() &&
               !detail::iequals(detail::trim(*coding), "identity");
    }

    Exchanged failed(Fault fault)
    {
        lease_.drop();
        report_.error = to_string(fault.phase);
        reported_ = true;
        send_report(*engine_, report_, started_);
        Exchanged out;
        out.fault = std::move(fault);
        out.sent = sent_;
        return out;
    }

    std::chrono::microseconds elapsed() const
    {
        return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                     started_);
    }

    std::shared_ptr<Engine> engine_;
    const Outgoing& out_;
    Pool::Lease lease_;
    ReadHead head_;
    RequestReport report_;
    SteadyTime started_;
    bool sent_ = false, answering_ = false, whole_ = false, reported_ = false;
};

} // namespace

asio::awaitable<Exchanged> exchange(std::shared_ptr<Engine> engine, const Outgoing& out)
{
    Pass pass(std::move(engine), out);
    co_return co_await pass.run();
}

} // namespace hfasync::http
