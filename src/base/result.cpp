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

} // namespace hfasync::detail
