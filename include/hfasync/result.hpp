// result<T>: errors as values, for callers that do not want exceptions.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <exception>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include <hfasync/error.hpp>

namespace hfasync {

namespace detail {
/// Keeps any exception and, when it is one of hfasync's, its Error side.
class Failure {
public:
    explicit Failure(std::exception_ptr cause);
    errc code() const noexcept;
    const Error* error() const noexcept { return error_; }
    std::string message() const;
    [[noreturn]] void raise() const { std::rethrow_exception(cause_); }

private:
    std::exception_ptr cause_; // owns what error_ points to
    const Error* error_ = nullptr;
};
} // namespace detail

/// Either a T or the failure that a call would have thrown.
template <class T>
class [[nodiscard]] Result {
public:
    using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

    Result(Value value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(detail::Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    /// The value. \throws what the call would have thrown.
    Value& value() &
    {
        if (!has_value()) std::get<1>(state_).raise();
        return std::get<0>(state_);
    }
    const Value& value() const&
    {
        if (!has_value()) std::get<1>(state_).raise();
        return std::get<0>(state_);
    }
    Value&& value() && { return std::move(value()); }
    Value& operator*() & { return value(); }
    const Value& operator*() const& { return value(); }
    Value* operator->() { return &value(); }
    const Value* operator->() const { return &value(); }

    /// errc of the failure (errc{} when there is a value; errc::runtime for a foreign exception).
    errc error() const noexcept { return has_value() ? errc{} : std::get<1>(state_).code(); }
    /// The failure itself; nullptr when there is a value or the exception is foreign.
    const Error* failure() const noexcept { return has_value() ? nullptr : std::get<1>(state_).error(); }
    /// What went wrong, in one line, also for a foreign exception; empty when there is a value.
    std::string message() const { return has_value() ? std::string() : std::get<1>(state_).message(); }

private:
    std::variant<Value, detail::Failure> state_;
};

/// Runs a call and returns its outcome instead of throwing: `auto r = co_await as_result(api.whoami());`
template <class T>
boost::asio::awaitable<Result<T>> as_result(boost::asio::awaitable<T> call)
{
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(call);
            co_return Result<void>(std::monostate{});
        } else {
            co_return Result<T>(co_await std::move(call));
        }
    } catch (...) {
        co_return Result<T>(detail::Failure(std::current_exception()));
    }
}

} // namespace hfasync
