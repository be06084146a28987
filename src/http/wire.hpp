// Reads and writes on a connection that more than one phase needs.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include "http/connection.hpp"
#include "http/fault.hpp"
#include "http/head.hpp"

namespace hfasync::http {

struct Written {
    boost::system::error_code error;
    std::size_t bytes = 0;
};
/// `limits`: each write that makes progress gets the idle limit anew; null: the deadline stays as it is.
boost::asio::awaitable<Written> write_all(Connection& connection, boost::asio::const_buffer bytes,
                                          const Limits* limits = nullptr);

struct ReadHead {
    std::unique_ptr<HeadParser> parser;
    std::optional<Fault> fault;
    bool any_byte = false; ///< the server has begun to answer
};
/// The next final head (1xx are skipped); the rest of what was read stays in the buffer.
boost::asio::awaitable<ReadHead> read_head(Connection& connection, Phase phase);

} // namespace hfasync::http
