// Access to gated repos: the three lists of requests; cancel, accept, reject, grant.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/access_request.hpp>

namespace hfasync {

struct AccessRequestOptions {
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    Token token;
};
HFASYNC_DESCRIBE(AccessRequestOptions, repo_type, token)
using ListPendingAccessRequestsOptions = AccessRequestOptions;
using ListAcceptedAccessRequestsOptions = AccessRequestOptions;
using ListRejectedAccessRequestsOptions = AccessRequestOptions;
using CancelAccessRequestOptions = AccessRequestOptions;
using AcceptAccessRequestOptions = AccessRequestOptions;
using RejectAccessRequestOptions = AccessRequestOptions;
using GrantAccessOptions = AccessRequestOptions;

/// Who may download from gated repos. All calls need a token of someone who may write to the repo.
/// *Errors* of all: BadRequestError (400) for a repo that is not gated; HfHubHTTPError 403 without the right;
/// RepositoryNotFoundError; ValueError for an unknown repo type.
/// *Retries* of those that change something: only what cannot have reached the Hub, since the Hub answers a
/// repeat with an error.
class AccessApi {
public:
    explicit AccessApi(Hub hub) : hub_(std::move(hub)) {}

    /// Lists the requests that nobody has decided on. With automatic approval there are none.
    /// Source: `list_pending_access_requests`.
    boost::asio::awaitable<std::vector<AccessRequest>>
    list_pending_access_requests(std::string repo_id, ListPendingAccessRequestsOptions options = {}) const;

    /// Lists the users who were granted access. Source: `list_accepted_access_requests`.
    boost::asio::awaitable<std::vector<AccessRequest>>
    list_accepted_access_requests(std::string repo_id, ListAcceptedAccessRequestsOptions options = {}) const;

    /// Lists the users who were rejected. Source: `list_rejected_access_requests`.
    boost::asio::awaitable<std::vector<AccessRequest>>
    list_rejected_access_requests(std::string repo_id, ListRejectedAccessRequestsOptions options = {}) const;

    /// Makes a decided request pending again; the user loses access. *Errors*: HfHubHTTPError 404 for an
    /// unknown user, no request, or one that is pending already. Source: `cancel_access_request`.
    boost::asio::awaitable<void> cancel_access_request(std::string repo_id, std::string user,
                                                       CancelAccessRequestOptions options = {}) const;

    /// Grants access to a user who asked for it. *Errors*: HfHubHTTPError 404 for an unknown user, no
    /// request, or one that is accepted already. Source: `accept_access_request`.
    boost::asio::awaitable<void> accept_access_request(std::string repo_id, std::string user,
                                                       AcceptAccessRequestOptions options = {}) const;

    /// Rejects a user who asked for access. *Errors*: HfHubHTTPError 404 for an unknown user, no request, or
    /// one that is rejected already. Source: `reject_access_request`.
    boost::asio::awaitable<void> reject_access_request(std::string repo_id, std::string user,
                                                       RejectAccessRequestOptions options = {}) const;

    /// Grants access to a user who did not ask for it. *Errors*: BadRequestError (400) for a user who has
    /// access; HfHubHTTPError 404 for an unknown user. Source: `grant_access`.
    boost::asio::awaitable<void> grant_access(std::string repo_id, std::string user,
                                              GrantAccessOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
