#include "api/common/repo_head.hpp"

namespace hfasync::detail {

RepoType repo_type_or_model(const std::optional<std::string>& repo_type)
{
    return repo_type ? parse_repo_type(*repo_type) : RepoType::model;
}

http::ErrorScope scope_of(const RepoRef& repo)
{
    return {.what = std::string(to_string(repo.type)) + " " + repo.id};
}

http::Request repo_request(const HubPtr& hub, const RepoRef& repo, const std::optional<std::string>& revision)
{
    http::Request request;
    request.url = api_url(hub, revision ? revision_api_path(repo.type, repo.id, "revision", *revision)
                                        : repo_api_path(repo.type, repo.id));
    request.auth.token = repo.token;
    return request;
}

boost::asio::awaitable<std::string> repo_head(HubPtr hub, RepoRef repo, std::optional<std::string> revision)
{
    auto request = repo_request(hub, repo, revision);
    const auto source = "GET " + request.url.redacted();
    const auto answer = co_await fetch_json(hub, std::move(request), scope_of(repo));
    if (const auto* object = answer.if_object())
        if (const auto* sha = object->if_contains("sha"); sha && sha->is_string())
            co_return std::string(sha->get_string());
    throw BadResponseError(errc::bad_response, source + ": expected a commit hash at $.sha");
}

} // namespace hfasync::detail
