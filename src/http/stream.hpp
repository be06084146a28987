// The body of a response on its connection.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "http/chunked.hpp"
#include "http/engine.hpp"
#include "http/head.hpp"
#include "http/wire.hpp"
#include "policy/range_plan.hpp"

namespace hfasync::http {

/// Owns the lease until the body has ended; then the connection goes back, or is closed.
struct Response::Stream {
    Stream(std::shared_ptr<Engine> of, Pool::Lease held, const Limits& within);
    ~Stream();
    Stream(const Stream&) = delete;

    /// Some of the body; 0 at its end. Throws the typed error.
    boost::asio::awaitable<std::size_t> read(boost::asio::mutable_buffer into);
    /// The end of the body, or of the wish for it.
    void finish(std::string_view error = {}) noexcept;

    std::shared_ptr<Engine> engine;
    Pool::Lease lease;
    Limits limits;
    Framing framing = Framing::none;
    std::uint64_t left = 0; ///< of a body with a length
    ChunkDecoder chunks;
    bool reusable = true; ///< keep-alive, and the request went out whole
    bool encoded = false; ///< gzip and the like, though identity was asked for
    bool done = false;
    Method method = Method::get;
    Url url;
    RequestReport report;
    SteadyTime started;

private:
    struct Some {
        std::size_t bytes = 0;
        std::optional<Fault> fault;
    };
    boost::asio::awaitable<Some> raw(boost::asio::mutable_buffer into);
    boost::asio::awaitable<Some> sized(boost::asio::mutable_buffer into);
    boost::asio::awaitable<Some> chunked(boost::asio::mutable_buffer into);
    boost::asio::awaitable<Some> to_end(boost::asio::mutable_buffer into);
    std::optional<Fault> too_slow(SteadyTime since, std::size_t bytes);

    detail::RateFloor floor_;
};

/// Tells HubOptions::on_request, if there is one.
void send_report(Engine& engine, RequestReport& report, SteadyTime started) noexcept;

} // namespace hfasync::http
