// hiredis on Asio: commands that are awaited.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config.hpp"

namespace mirror {

namespace asio = boost::asio;

struct RedisReply {
    enum class Kind { nil, integer, text, list };
    Kind kind = Kind::nil;
    std::int64_t integer = 0;
    std::string text;
    std::vector<RedisReply> list;
};

/// One connection, made with the first command and made again after a failure. hiredis reads and writes; Asio
/// says when. All on one thread; several commands may be under way, and are answered in order.
class RedisConnection {
public:
    RedisConnection(asio::any_io_executor executor, RedisConfig config);
    ~RedisConnection();
    RedisConnection(const RedisConnection&) = delete;

    /// *Cancellation*: the command may be carried out all the same.
    /// \throws hfasync::OSError when there is no connection or no answer, or the answer is an error
    asio::awaitable<RedisReply> command(std::vector<std::string> words);
    /// Who waits for an answer gets an error.
    void close();

private:
    class Link;
    asio::awaitable<void> connect();

    asio::any_io_executor executor_;
    RedisConfig config_;
    std::string where_; ///< for messages
    std::shared_ptr<Link> link_;
};

} // namespace mirror
