// Which repo, and the requests that several areas make of it.
#pragma once

#include <optional>
#include <string>

#include "api/common/call.hpp"

namespace hfasync::detail {

/// A repo and a token to read it with.
struct RepoRef {
    RepoType type = RepoType::model;
    std::string id;
    Token token;
};

/// The `repo_type` argument; model when not given. \throws ValueError
RepoType repo_type_or_model(const std::optional<std::string>& repo_type);
/// "model acme/tiny", for messages.
http::ErrorScope scope_of(const RepoRef& repo);

/// GET /api/{type}s/{id}[/revision/{revision}]
http::Request repo_request(const HubPtr& hub, const RepoRef& repo,
                           const std::optional<std::string>& revision);

/// The commit hash of a revision (default: the head of the default branch).
/// \throws RepositoryNotFoundError, RevisionNotFoundError, ...
boost::asio::awaitable<std::string> repo_head(HubPtr hub, RepoRef repo, std::optional<std::string> revision);

} // namespace hfasync::detail
