#include "failure.hpp"

#include <hfasync/error.hpp>

namespace mirror {

Failure failure_of(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const hfasync::Error& error) {
        using hfasync::errc;
        const auto code = error.code();
        return {.name = std::string(error.detail_name()),
                .text = error.message(),
                .is_final = code == errc::repository_not_found || code == errc::gated_repo ||
                            code == errc::revision_not_found || code == errc::disabled_repo ||
                            code == errc::forbidden || code == errc::unauthorized ||
                            code == errc::invalid_argument || code == errc::validation};
    } catch (const std::exception& error) {
        return {.name = "Exception", .text = error.what()};
    }
}

} // namespace mirror
