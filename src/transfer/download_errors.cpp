#include "transfer/download_errors.hpp"

#include <fmt/format.h>

namespace hfasync::detail {

namespace {

const Error* as_error(const std::exception_ptr& failure) noexcept
{
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const Error& error) {
        return &error; // owned by `failure`
    } catch (...) {
        return nullptr;
    }
    return nullptr;
}

} // namespace

HeadFailure classify_head_failure(const std::exception_ptr& failure) noexcept
{
    const auto* error = as_error(failure);
    if (!error) return HeadFailure::final;
    switch (error->code()) {
    case errc::repository_not_found:
    case errc::gated_repo:
        return HeadFailure::local_first;
    case errc::resolve_failed:
    case errc::connect_failed:
    case errc::connection_lost:
    case errc::timed_out:
    case errc::offline:
    case errc::file_metadata:
    case errc::http_status:
    case errc::bad_request:
    case errc::unauthorized:
    case errc::forbidden:
    case errc::not_found:
    case errc::disabled_repo:
    case errc::conflict:
    case errc::rate_limited:
    case errc::server_error:
        return HeadFailure::unreachable;
    default:
        return HeadFailure::final;
    }
}

void throw_not_available(const std::exception_ptr& failure, bool force, const std::string& what)
{
    const auto* error = as_error(failure);
    if (force && !failure)
        throw ValueError("force_download and local_files_only exclude each other; choose one.");
    if (force && error && error->code() == errc::offline)
        throw ValueError("force_download needs a connection, but offline mode is on (HF_HUB_OFFLINE).");
    if (force)
        throw ValueError(fmt::format("force_download failed because the Hub could not be asked: {}",
                                     error ? error->message() : "unknown"));
    if (!failure)
        throw LocalEntryNotFoundError(
            errc::local_entry_not_found,
            fmt::format("{} is not in the local cache, and local_files_only forbids to ask the Hub. Pass "
                        "local_files_only=false to download it.",
                        what));
    if (classify_head_failure(failure) == HeadFailure::local_first) std::rethrow_exception(failure);
    ErrorContext context;
    if (error) context.cause = make_error_code(error->code());
    throw LocalEntryNotFoundError(
        errc::local_entry_not_found,
        fmt::format("{} is not in the local cache, and the Hub could not be asked: {}", what,
                    error ? error->message() : "unknown"),
        std::move(context));
}

void throw_offline()
{
    throw OfflineModeIsEnabled(errc::offline, "Cannot reach the Hub: offline mode is on (HF_HUB_OFFLINE, "
                                              "HubOptions::offline). Turn it off to download.");
}

} // namespace hfasync::detail
