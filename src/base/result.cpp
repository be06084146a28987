#include <hfasync/result.hpp>

namespace hfasync::detail {

Failure::Failure(std::exception_ptr cause) : cause_(std::move(cause))
{
    try {
        std::rethrow_exception(cause_);
    } catch (const Error& error) {
        error_ = &error; // the object that cause_ owns, not a copy
    } catch (...) {      // a foreign exception stays what it is
    }
}

errc Failure::code() const noexcept
{
    return error_ ? error_->code() : errc::runtime;
}

std::string Failure::message() const
{
    if (error_) return error_->message();
    try {
        std::rethrow_exception(cause_);
    } catch (const std::exception& foreign) {
        return foreign.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

} // namespace hfasync::detail
