// Error codes and the exception types that hfasync throws.
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace hfasync {

/// What went wrong, independent of the exception type that carries it. Zero is success.
enum class errc {
    // The Hub answered with a failure.
    http_status = 1,       ///< a status that no more precise code covers
    bad_request,           ///< 400
    unauthorized,          ///< 401
    forbidden,             ///< 403
    not_found,             ///< 404 without a known X-Error-Code
    repository_not_found,  ///< X-Error-Code RepoNotFound, or 401 on a repo's https URL
    gated_repo,            ///< X-Error-Code GatedRepo
    revision_not_found,    ///< X-Error-Code RevisionNotFound
    entry_not_found,       ///< X-Error-Code EntryNotFound
    disabled_repo,         ///< "Access to this resource is disabled."
    conflict,              ///< 409 or 412: the head moved, or the thing exists
    range_not_satisfiable, ///< 416
    rate_limited,          ///< 429 after the last retry
    server_error,          ///< 5xx after the last retry
    // What arrived cannot be used.
    bad_response,    ///< the body is not what the call documents (JSON path in the context)
    bad_redirect,    ///< too many hops, an unusable Location, https to http
    file_metadata,   ///< ETag, size or commit missing or unsafe
    integrity,       ///< size or hash differ from what was announced
    file_modified,   ///< a local file changed while it was sent, or a remote one between two reads
    outcome_unknown, ///< the reply to a commit was lost and could not be reconciled
    safetensors_parse,
    not_a_safetensors_repo,
    // The transport.
    resolve_failed,
    connect_failed,
    tls_failed,
    connection_lost,
    proxy_failed,
    timed_out,
    cancelled, ///< equivalent to boost::system::errc::operation_canceled
    // This side.
    invalid_argument,
    validation, ///< a repo id or a similar name breaks the Hub's rules
    local_token_not_found,
    local_entry_not_found,
    offline,
    os_error, ///< file system or memory; os_code() has the cause
    not_implemented,
    runtime,
    lfs_transfer,
    endpoint_failed, ///< an Inference Endpoint reached a failed state
    shut_down,       ///< the Hub handle or generator was closed
};

/// The category of errc: name "hfasync".
const boost::system::error_category& hfasync_category() noexcept;

/// For comparing: `error.code() == hfasync::errc::conflict`.
inline boost::system::error_code make_error_code(errc e) noexcept
{
    return {static_cast<int>(e), hfasync_category()};
}

/// What is known about a failure. Text in it never holds a secret: queries of signed URLs, user info and
/// tokens are removed before it is made, and control bytes are escaped.
struct ErrorContext {
    int status = 0;                  ///< HTTP status; 0 when there was no answer
    std::string method;              ///< GET, POST, ...; empty for local failures
    std::string url;                 ///< without query and user info
    std::string request_id;          ///< x-request-id, X-Amzn-Trace-Id or x-amz-cf-id
    std::string error_code;          ///< X-Error-Code
    std::string server_message;      ///< X-Error-Message and what the body says, de-duplicated
    std::string body;                ///< the first 4 KiB of the body
    std::string path;                ///< local file, path in the repo, or JSON path
    std::string hint;                ///< what to do about it
    boost::system::error_code cause; ///< the error of the layer below, if any
    std::optional<std::string> head; ///< ConflictError: the head of the branch now, when known
};

/// The common base of everything that hfasync throws. Catch this to catch all; it is not derived from
/// std::exception because the concrete types are, each in its own way.
class Error {
public:
    virtual ~Error() = default;

    errc code() const noexcept { return code_; }
    const ErrorContext& context() const noexcept { return *context_; }

    /// The documented exception name of the reference (RepositoryNotFoundError, ValueError, ...).
    virtual std::string_view name() const noexcept = 0;
    /// hfasync's own more precise name, or the same as name().
    virtual std::string_view detail_name() const noexcept { return name(); }
    /// One line: what failed, why, what to do, and the request id.
    const char* message() const noexcept { return message_->c_str(); }
    /// Throws a copy of the most derived type.
    [[noreturn]] virtual void raise() const = 0;

protected:
    Error(errc code, std::string message, ErrorContext context);
    Error(const Error&) = default;
    Error& operator=(const Error&) = default;
    const std::string& text() const noexcept { return *message_; }

private:
    errc code_;
    // Shared, so that copying an exception cannot throw.
    std::shared_ptr<const std::string> message_;
    std::shared_ptr<const ErrorContext> context_;
};

/// Failures in the exchange with a Hub: transport, status, or content. code() of the
/// boost::system::system_error side is in hfasync_category().
class HubError : public boost::system::system_error, public Error {
public:
    HubError(errc code, std::string message, ErrorContext context = {});
    const char* what() const noexcept override { return message(); }
    using Error::code;
    std::string_view name() const noexcept override { return "HubError"; }
    [[noreturn]] void raise() const override { throw *this; }
};

// Each documented type differs from its parent in name only; the macro keeps them to one line each.
#define HFASYNC_ERROR_TYPE(Type, Parent)                                                                     \
    class Type : public Parent {                                                                             \
    public:                                                                                                  \
        using Parent::Parent;                                                                                \
        std::string_view name() const noexcept override                                                      \
        {                                                                                                    \
            return #Type;                                                                                    \
        }                                                                                                    \
        [[noreturn]] void raise() const override                                                             \
        {                                                                                                    \
            throw *this;                                                                                     \
        }                                                                                                    \
    };

// The same, but printed under its parent's documented name, because the reference has no such type.
#define HFASYNC_ERROR_DETAIL(Type, Parent)                                                                   \
    class Type : public Parent {                                                                             \
    public:                                                                                                  \
        using Parent::Parent;                                                                                \
        std::string_view detail_name() const noexcept override                                               \
        {                                                                                                    \
            return #Type;                                                                                    \
        }                                                                                                    \
        [[noreturn]] void raise() const override                                                             \
        {                                                                                                    \
            throw *this;                                                                                     \
        }                                                                                                    \
    };

// scripts/reference_headers.py makes a table of these lines.
// clang-format off
HFASYNC_ERROR_TYPE(ConnectionError, HubError) // host not found or unreachable, or connection lost
HFASYNC_ERROR_TYPE(SSLError, ConnectionError) // TLS handshake failed, certificate refused, or CA unusable
HFASYNC_ERROR_TYPE(ProxyError, ConnectionError) // the proxy refused, or broke the protocol
HFASYNC_ERROR_TYPE(TimeoutError, HubError) // a limit of HubOptions::timeouts or with_deadline has passed
HFASYNC_ERROR_TYPE(CancelledError, HubError) // the call was cancelled
HFASYNC_ERROR_TYPE(OfflineModeIsEnabled, ConnectionError) // a request while HubOptions::offline is set
HFASYNC_ERROR_TYPE(TooManyRedirects, HubError) // more than 10 redirects
HFASYNC_ERROR_TYPE(HTTPError, HubError) // whoami got a failure status
HFASYNC_ERROR_TYPE(HfHubHTTPError, HTTPError) // a failure status that no type below covers
HFASYNC_ERROR_TYPE(RepositoryNotFoundError, HfHubHTTPError) // no such repo, or not visible to the token
HFASYNC_ERROR_TYPE(GatedRepoError, RepositoryNotFoundError) // the token has no access to a gated repo
HFASYNC_ERROR_TYPE(DisabledRepoError, HfHubHTTPError) // the Hub has disabled the repo
HFASYNC_ERROR_TYPE(RevisionNotFoundError, HfHubHTTPError) // no such branch, tag or commit
HFASYNC_ERROR_TYPE(EntryNotFoundError, HfHubHTTPError) // no such file or folder at the revision
HFASYNC_ERROR_TYPE(LocalEntryNotFoundError, EntryNotFoundError) // not in the cache; the Hub cannot be asked
HFASYNC_ERROR_TYPE(BadRequestError, HfHubHTTPError) // status 400
HFASYNC_ERROR_DETAIL(ConflictError, HfHubHTTPError) // status 409, 412: the head moved, or the thing exists
HFASYNC_ERROR_DETAIL(BadResponseError, HfHubHTTPError) // the answer is not what the call documents
HFASYNC_ERROR_TYPE(InferenceEndpointError, HubError) // InferenceEndpoint::wait: the endpoint has failed
HFASYNC_ERROR_TYPE(InferenceEndpointTimeoutError, InferenceEndpointError) // wait() timed out
HFASYNC_ERROR_TYPE(SafetensorsParsingError, HubError) // a header or an index is malformed
HFASYNC_ERROR_TYPE(NotASafetensorsRepoError, HubError) // neither model.safetensors nor its index
HFASYNC_ERROR_TYPE(RuntimeError, HubError) // an upload failed, or a background call was dropped
HFASYNC_ERROR_DETAIL(OutcomeUnknownError, RuntimeError) // it is unknown whether a commit was made
HFASYNC_ERROR_TYPE(NotImplementedError, RuntimeError) // CommitOperationCopy of a folder
// clang-format on

/// An argument that cannot be used, mostly thrown before any request. Also, as in the reference, a malformed
/// answer to an upload (errc::bad_response).
class ValueError : public std::invalid_argument, public Error {
public:
    explicit ValueError(std::string message, ErrorContext context = {})
        : ValueError(errc::invalid_argument, std::move(message), std::move(context))
    {
    }
    ValueError(errc code, std::string message, ErrorContext context = {});
    const char* what() const noexcept override { return message(); }
    std::string_view name() const noexcept override { return "ValueError"; }
    [[noreturn]] void raise() const override { throw *this; }
};
HFASYNC_ERROR_TYPE(HFValidationError, ValueError) // a repo id or a revision breaks the Hub's rules

/// File system failures, and what the reference reports as such.
class OSError : public std::system_error, public Error {
public:
    OSError(std::error_code os_code, std::string message, ErrorContext context = {});
    OSError(errc code, std::string message, ErrorContext context = {});
    const char* what() const noexcept override { return message(); }
    using Error::code;
    const std::error_code& os_code() const noexcept { return std::system_error::code(); }
    std::string_view name() const noexcept override { return "OSError"; }
    [[noreturn]] void raise() const override { throw *this; }
};
// clang-format off
HFASYNC_ERROR_TYPE(FileNotFoundError, OSError) // no such local file, cache or cached repo
HFASYNC_ERROR_TYPE(NotADirectoryError, OSError) // part of a local path is not a folder
HFASYNC_ERROR_TYPE(FileMetadataError, OSError) // ETag, size or commit missing or unsafe
HFASYNC_ERROR_TYPE(LocalTokenNotFoundError, OSError) // a token is required and none was found
HFASYNC_ERROR_DETAIL(IntegrityError, OSError) // size or hash of a download is wrong
HFASYNC_ERROR_DETAIL(FileModified, OSError) // a file changed while it was sent or read
// clang-format on

#undef HFASYNC_ERROR_TYPE
#undef HFASYNC_ERROR_DETAIL

} // namespace hfasync

template <>
struct boost::system::is_error_code_enum<hfasync::errc> : std::true_type {};
