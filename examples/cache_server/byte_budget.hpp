// Memory for answers: so many bytes at a time, and turns for who wants more.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

#include "waiting.hpp"

namespace cache_server {

/// Of one io_context. Shares may outlive it.
class ByteBudget {
    struct State;

public:
    /// Bytes that nobody else has; they go back when it ends.
    class Share {
    public:
        Share(std::shared_ptr<State> state, std::uint64_t bytes) : state_(std::move(state)), bytes_(bytes) {}
        ~Share() { shrink_to(0); }
        Share(const Share&) = delete;
        /// It has become clear that fewer are enough.
        void shrink_to(std::uint64_t bytes);

    private:
        std::shared_ptr<State> state_;
        std::uint64_t bytes_;
    };

    /// `patience`: the longest wait for a turn.
    ByteBudget(const asio::any_io_executor& executor, std::uint64_t bytes,
               std::chrono::milliseconds patience);
    /// Who came first has the first turn. More than there are at all is as much as there is.
    /// \throws hfasync::HubError (rate_limited, 503) when no turn comes in time
    asio::awaitable<std::shared_ptr<Share>> take(std::uint64_t bytes);

private:
    struct Place;
    std::shared_ptr<State> state_;
    std::chrono::milliseconds patience_;
};

} // namespace cache_server
