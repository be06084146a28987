#include "http/client.hpp"

#include "http/auth.hpp"
#include "http/engine.hpp"
#include "http/send.hpp"
#include "policy/header_values.hpp"

namespace hfasync::http {

namespace asio = boost::asio;

namespace {

std::uint64_t random_seed()
{
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
}

Url endpoint_of(const HubOptions& options)
{
    auto text = options.endpoint;
    while (text.ends_with('/'))
        text.pop_back();
    return Url::parse(text);
}

} // namespace

Engine::Engine(asio::any_io_executor of, const HubOptions& with)
    : executor(std::move(of)), options(with), clock(with.clock ? with.clock : std::make_shared<Clock>()),
      endpoint(endpoint_of(with)), endpoint_origin(endpoint.origin()),
      watchdog(std::make_shared<Watchdog>(executor)),
      pool(std::make_shared<Pool>(executor, options.connections, clock, watchdog)),
      jitter_(with.seed != 0 ? with.seed : random_seed()), ids_(random_seed())
{
    Headers fields;
    fields.set("User-Agent", user_agent(options));
    fields.set("Accept", "*/*");
    // A compressed body would have neither the length nor the hash that the Hub announces, and CDNs ignore
    // Range.
    fields.set("Accept-Encoding", "identity");
    for (const auto& [name, value] : options.headers)
        fields.set(name, value);
    own_authorization = std::string(fields.get("authorization"));
    fields.erase("authorization");
    for (const std::string_view framing : {"host", "content-length", "transfer-encoding", "connection"})
        fields.erase(framing);
    defaults = fields.all();
}

std::shared_ptr<TlsClient> Engine::tls()
{
    const std::lock_guard lock(mutex_);
    if (!tls_) tls_ = std::make_shared<TlsClient>(options.tls);
    return tls_;
}

std::uint64_t Engine::random(std::uint64_t limit)
{
    const std::lock_guard lock(mutex_);
    return std::uniform_int_distribution<std::uint64_t>(0, limit)(jitter_);
}

/// A random UUID: the Hub's logs find a request by it; it guards nothing.
std::string Engine::new_trace_id()
{
    std::uint64_t high = 0, low = 0;
    {
        const std::lock_guard lock(mutex_);
        high = ids_();
        low = ids_();
    }
    high = (high & ~0xF000ULL) | 0x4000ULL;
    low = (low & ~(3ULL << 62)) | (2ULL << 62);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(36);
    for (int i = 0; i < 32; ++i) {
        if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
        const auto word = i < 16 ? high : low;
        out += digits[(word >> (60 - 4 * (i % 16))) & 15];
    }
    return out;
}

Client::Client(asio::any_io_executor executor, const HubOptions& options)
    : impl_(std::make_shared<State>(std::move(executor), options))
{
}

Client::~Client()
{
    close();
}

asio::awaitable<Response> Client::send(Request request, ErrorScope scope, Statuses statuses)
{
    return send_call(impl_, std::move(request), std::move(scope), statuses);
}

asio::awaitable<Client::Whole> Client::fetch(Request request, ErrorScope scope, std::size_t most)
{
    WholeBody whole{.most = most, .text = {}};
    auto response =
        co_await send_call(impl_, std::move(request), std::move(scope), Statuses::ok_only, &whole);
    co_return Whole{std::move(response), std::move(whole.text)};
}

std::optional<std::string> Client::resolve_token(const Auth& auth) const
{
    return token_for(auth, impl_->options);
}

void Client::close()
{
    impl_->closed = true;
    impl_->pool->close();
}

Client::Stats Client::stats() const
{
    return {.requests = impl_->requests,
            .retries = impl_->retries,
            .connections = impl_->connections,
            .bytes_received = impl_->bytes_received,
            .bytes_sent = impl_->bytes_sent};
}

} // namespace hfasync::http
