// Hub: the shared handle to one Hub endpoint; HubOptions: all that can be set.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/clock.hpp>
#include <hfasync/error.hpp>
#include <hfasync/token.hpp>

namespace hfasync {

/// How long each phase of a request may take. Zero means no limit.
struct Timeouts {
    std::chrono::milliseconds resolve{10'000};
    std::chrono::milliseconds connect{10'000}; ///< for all addresses of a host together
    std::chrono::milliseconds handshake{10'000};
    std::chrono::milliseconds first_byte{60'000}; ///< from the end of the request to the response head
    std::chrono::milliseconds idle{10'000};       ///< between two reads or writes of a body
    std::chrono::milliseconds total{0};           ///< the whole call with its retries
};

/// When and how often a failed request is sent again. Source: contracts of the Hub (429 RateLimit headers,
/// Retry-After) and `http_backoff`.
struct RetryOptions {
    int max_retries = 5;                   ///< 0 = none
    std::chrono::milliseconds base{1'000}; ///< first back-off; full jitter from 0 to base * 2^n
    std::chrono::milliseconds cap{8'000};
    std::chrono::milliseconds server_cap{300'000}; ///< longest Retry-After that is obeyed
};

/// Proxies by scheme of the target. Text: http://[user:password@]host[:port].
struct ProxyOptions {
    std::optional<std::string> http;
    std::optional<std::string> https;
    std::vector<std::string> no_proxy; ///< host suffixes, "*", or host:port
};

/// Whom to trust; certificates are always verified.
struct TlsOptions {
    std::optional<std::filesystem::path> ca_file; ///< in place of the system's
    std::optional<std::filesystem::path> ca_dir;
    std::string ca_pem; ///< further CAs as PEM text
};

/// How many connections are kept; requests that find none free wait in order.
struct ConnectionOptions {
    std::size_t per_origin = 64; ///< open connections to one origin
    std::size_t idle_per_origin = 32;
    std::chrono::milliseconds idle_expiry{30'000};
};

/// What one HTTP exchange cost; passed to HubOptions::on_request, also for failed attempts.
struct RequestReport {
    std::string method;
    std::string url; ///< without query and user info
    int status = 0;
    int attempt = 0; ///< 0 for the first
    bool reused_connection = false;
    std::chrono::microseconds wait{0}; ///< for a connection of the pool
    std::chrono::microseconds resolve{0};
    std::chrono::microseconds connect{0};
    std::chrono::microseconds handshake{0};
    std::chrono::microseconds first_byte{0};
    std::chrono::microseconds total{0}; ///< to the end of the body
    std::uint64_t bytes_sent = 0;       ///< of the body
    std::uint64_t bytes_received = 0;
    std::string request_id;
    std::string error; ///< empty on success
};

/// Where files live; contracts of the Python client's cache.
struct CachePaths {
    std::filesystem::path home;         ///< HF_HOME
    std::filesystem::path hub_cache;    ///< HF_HUB_CACHE
    std::filesystem::path assets_cache; ///< HF_ASSETS_CACHE
    std::filesystem::path token_path;   ///< HF_TOKEN_PATH
    /// Below ~/.cache/huggingface (XDG_CACHE_HOME is not read here; from_env() does).
    static CachePaths defaults();
};

/// Everything that HfApi(...) takes in the reference, and the limits of the engine.
/// Precedence of every setting: call > Hub > environment (only through from_env()) > default.
struct HubOptions {
    std::string endpoint = "https://huggingface.co"; ///< no query, fragment or user info (else ValueError)
    Token token;                                     ///< of the client; a call's own takes precedence
    std::optional<std::string> library_name;
    std::optional<std::string> library_version;
    std::vector<std::pair<std::string, std::string>> user_agent; ///< pairs; a single text is {text, ""}
    std::vector<std::pair<std::string, std::string>> headers;    ///< override the defaults
    std::string inference_endpoints_url = "https://api.endpoints.huggingface.cloud/v2";

    /// Tokens of the environment and the token file, resolved by from_env(); used when no other is given.
    std::optional<std::string> ambient_token;
    bool disable_implicit_token = false; ///< HF_HUB_DISABLE_IMPLICIT_TOKEN
    bool offline = false;                ///< HF_HUB_OFFLINE
    bool disable_telemetry = false;      ///< HF_HUB_DISABLE_TELEMETRY; no effect: none is sent
    bool disable_progress_bars = false;  ///< HF_HUB_DISABLE_PROGRESS_BARS; only the program reads it
    CachePaths cache = CachePaths::defaults();
    std::optional<std::chrono::duration<double>> etag_timeout; ///< HF_HUB_ETAG_TIMEOUT; 10 s when unset

    Timeouts timeouts;
    RetryOptions retry;
    ProxyOptions proxy;
    TlsOptions tls;
    ConnectionOptions connections;
    std::uint64_t memory_budget = 32u << 20; ///< bytes of buffers in flight in the whole Hub; at least 1 MiB
    std::size_t worker_threads = 2;          ///< hashing and disk
    std::size_t max_open_files = 256;
    /// Ranged connections that one large file may use; as many as raise the rate are opened. 1: a single
    /// stream.
    std::size_t connections_per_file = 8;
    bool durable = false; ///< fsync blobs and metadata too
    bool prefetch = true; ///< a listing fetches its next page while the current one is consumed
    bool allow_insecure_redirects = false; ///< https to http
    std::function<void(const RequestReport&)> on_request;
    /// What a user should know although no call fails: a deprecated option, a nearly full disk. Null:
    /// dropped. Called on the executor of the awaiting coroutine.
    std::function<void(const std::string&)> on_warning;
    std::shared_ptr<Clock> clock; ///< null: the real one
    std::uint64_t seed = 0;       ///< of the retry jitter; 0: from the system

    /// Reads the documented variables of the reference, and HFASYNC_MAX_RETRIES.
    /// \throws ValueError naming the variable whose value cannot be used.
    static HubOptions from_env();
    /// The same from a given environment; what the tests use.
    static HubOptions from_env(const std::map<std::string, std::string>& environment);
};

/// A handle to one Hub: endpoint, token, connections, worker pool, budgets. Copies share them. Thread-safe.
///
/// *Lifetime*: calls keep what they need; destroying the last handle closes idle connections. The io_context
/// must outlive the calls that are pending on it.
class Hub {
public:
    /// Calls run on `executor`'s context; a call awaited on another one throws ValueError. \throws ValueError
    /// for options that cannot be used.
    explicit Hub(boost::asio::any_io_executor executor, HubOptions options = {});
    explicit Hub(boost::asio::io_context& context, HubOptions options = {});
    /// With an io_context of its own, run by block_on().
    explicit Hub(HubOptions options = {});

    const HubOptions& options() const noexcept;
    boost::asio::any_io_executor executor() const;

    /// Runs the call to its end and returns its result: the one blocking entry point for programs without an
    /// event loop of their own. Runs the io_context while it waits. *Errors*: what the call throws
    /// (errc::shut_down after close()); ValueError when the executor belongs to no io_context, or when called
    /// from a handler of it.
    template <class T>
    T block_on(boost::asio::awaitable<T> call) const;

    /// Closes idle connections and refuses further calls with errc::shut_down.
    void close();

    struct State; ///< of the implementation
    const std::shared_ptr<State>& state() const noexcept { return state_; }

private:
    void run_until(const std::function<bool()>& done) const;
    std::shared_ptr<State> state_;
};

} // namespace hfasync

#include <hfasync/impl/block_on.hpp>
