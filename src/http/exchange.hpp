// One request and its answer on one connection: no redirects, no retries.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "http/connect.hpp"
#include "http/stream.hpp"

namespace hfasync::http {

/// What goes out. Everything pointed to lives until the awaiter resumes.
struct Outgoing {
    Method method = Method::get;
    const Url* url = nullptr;
    const std::string* fields = nullptr; ///< header lines, without Host and without the body's framing
    BodySource* body = nullptr;
    std::optional<Proxy> proxy;
    const Limits* limits = nullptr;
    Replay replay = Replay::safe;
    const std::function<void(std::uint64_t)>* on_sent = nullptr;
    int attempt = 0;
};

struct Exchanged {
    std::optional<Fault> fault;
    Response response;
    bool sent = false; ///< a byte of the request may have reached the server
};

boost::asio::awaitable<Exchanged> exchange(std::shared_ptr<Engine> engine, const Outgoing& out);

} // namespace hfasync::http
