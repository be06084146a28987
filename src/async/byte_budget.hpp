// Counting semaphores that coroutines await: memory, files, connections.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace hfasync::detail {

/// A budget of units (bytes, files) shared by coroutines of any thread. First come, first served; a request
/// larger than the whole budget is granted alone. Cancelling a waiter takes it out of the line.
class Budget {
public:
    explicit Budget(std::uint64_t total);
    ~Budget();
    Budget(const Budget&) = delete;

    /// Gives back on destruction.
    class Grant {
    public:
        Grant() = default;
        Grant(Grant&& o) noexcept : state_(std::move(o.state_)), amount_(std::exchange(o.amount_, 0)) {}
        Grant& operator=(Grant&& o) noexcept;
        ~Grant() { release(); }
        void release() noexcept;
        std::uint64_t amount() const noexcept { return amount_; }

    private:
        friend class Budget;
        std::shared_ptr<struct BudgetState> state_;
        std::uint64_t amount_ = 0;
    };

    /// \throws CancelledError
    boost::asio::awaitable<Grant> acquire(std::uint64_t amount);
    /// At once or not at all.
    bool try_acquire(std::uint64_t amount, Grant& grant);
    std::uint64_t in_use() const;
    std::uint64_t peak() const;
    std::uint64_t total() const;

private:
    std::shared_ptr<BudgetState> state_;
};

} // namespace hfasync::detail
