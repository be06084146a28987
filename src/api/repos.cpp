#include <hfasync/api/repos.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>

#include <hfasync/clock.hpp>

#include "api/common/info_and_list.hpp"
#include "api/common/repo_results.hpp"
#include "api/common/whoami.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

RepoRef make_ref(const std::optional<std::string>& repo_type, std::string repo_id, Token token)
{
    return {repo_type_or_model(repo_type), std::move(repo_id), std::move(token)};
}

boost::asio::awaitable<RepoInfo> repo_info(HubPtr hub, std::string repo_id, RepoInfoOptions options)
{
    const auto repo = make_ref(options.repo_type, std::move(repo_id), std::move(options.token));
    auto [value, context] = co_await ask_repo_info(std::move(hub), repo, std::move(options));
    if (repo.type == RepoType::dataset) co_return read_dataset_info(std::move(value), context);
    if (repo.type == RepoType::space) co_return read_space_info(std::move(value), context);
    co_return read_model_info(std::move(value), context);
}

// Asks for the repo, at a revision or its head, and drops the answer.
boost::asio::awaitable<void> probe(HubPtr hub, RepoRef repo, std::optional<std::string> revision)
{
    co_await fetch_nothing(hub, repo_request(hub, repo, revision), scope_of(repo));
}

boost::asio::awaitable<bool> repo_exists(HubPtr hub, std::string repo_id, RepoExistsOptions options)
{
    auto repo = make_ref(options.repo_type, std::move(repo_id), std::move(options.token));
    try {
        co_await probe(std::move(hub), std::move(repo), std::nullopt);
        co_return true;
    } catch (const GatedRepoError&) {
        co_return true; // it is there, this token just may not read it
    } catch (const RepositoryNotFoundError&) {
        co_return false;
    }
}

boost::asio::awaitable<bool> revision_exists(HubPtr hub, std::string repo_id, std::string revision,
                                             RevisionExistsOptions options)
{
    auto repo = make_ref(options.repo_type, std::move(repo_id), std::move(options.token));
    try {
        co_await probe(std::move(hub), std::move(repo), std::move(revision));
        co_return true;
    } catch (const RevisionNotFoundError&) {
        co_return false;
    } catch (const RepositoryNotFoundError&) {
        co_return false;
    }
}

boost::asio::awaitable<void> auth_check(HubPtr hub, std::string repo_id, AuthCheckOptions options)
{
    const auto repo = make_ref(options.repo_type, std::move(repo_id), std::move(options.token));
    http::Request request;
    request.url = api_url(hub, repo_api_path(repo.type, repo.id, "/auth-check"));
    request.auth.token = repo.token;
    co_await fetch_nothing(hub, std::move(request), scope_of(repo));
}

// {"name", "organization"} and, when it was given, "type": how create and delete name a repo.
json::object named(const std::string& repo_id, const std::optional<std::string>& repo_type)
{
    validate_repo_id(repo_id);
    const auto parts = split_repo_id(repo_id);
    json::object body{{"name", parts.name}, {"organization", nullptr}};
    if (!parts.owner.empty()) body["organization"] = parts.owner;
    if (repo_type) body["type"] = *repo_type;
    return body;
}

constexpr std::array<std::string_view, 4> space_sdks{"gradio", "streamlit", "docker", "static"};

void check_sdk(const std::optional<std::string>& sdk)
{
    constexpr auto known = "['gradio', 'streamlit', 'docker', 'static']";
    if (!sdk)
        throw ValueError(std::string("No space_sdk provided. `create_repo` expects space_sdk to be one of ") +
                         known + " when repo_type is 'space'");
    if (std::find(space_sdks.begin(), space_sdks.end(), *sdk) == space_sdks.end())
        throw ValueError(std::string("Invalid space_sdk. Please choose one of ") + known + ".");
}

json::array entries(const std::vector<SpaceEntry>& list)
{
    json::array out;
    for (const auto& entry : list) {
        json::object item{{"key", entry.key}, {"value", entry.value}};
        if (entry.description) item["description"] = *entry.description;
        out.push_back(std::move(item));
    }
    return out;
}

json::object create_body(const std::string& repo_id, const CreateRepoOptions& options, RepoType type)
{
    auto body = named(repo_id, options.repo_type);
    if (options.private_) body["private"] = *options.private_;
    if (options.resource_group_id) body["resourceGroupId"] = *options.resource_group_id;
    if (type != RepoType::space) return body;
    check_sdk(options.space_sdk);
    body["sdk"] = *options.space_sdk;
    if (options.space_hardware) body["hardware"] = *options.space_hardware;
    if (options.space_storage) body["storageTier"] = *options.space_storage;
    if (options.space_sleep_time) body["sleepTimeSeconds"] = *options.space_sleep_time;
    if (options.space_secrets) body["secrets"] = entries(*options.space_secrets);
    if (options.space_variables) body["variables"] = entries(*options.space_variables);
    return body;
}

RepoUrl url_in(const json::value& answer, const http::Url& source, const std::string& endpoint)
{
    if (const auto* object = answer.if_object())
        if (const auto* url = object->if_contains("url"); url && url->is_string())
            return RepoUrl::parse(std::string(url->get_string()), endpoint);
    throw BadResponseError(errc::bad_response, "POST " + source.redacted() + ": expected a URL at $.url");
}

// How often "another conflicting operation is in progress" is met with another try, and the first wait.
constexpr int most_tries = 6;
constexpr std::chrono::milliseconds first_wait{100};

// What came of one POST to /api/repos/create: the answer, or the failure and the body that came with it.
struct Created {
    std::optional<json::value> answer;
    std::exception_ptr failure;
    int status = 0;
    std::string body;
};

boost::asio::awaitable<Created> post_create(HubPtr hub, http::Request request, json::object body,
                                            http::ErrorScope scope)
{
    for (int attempt = 1;; ++attempt) {
        Created outcome;
        set_json_body(request, body); // anew: the last try has read it
        try {
            outcome.answer = co_await fetch_json(hub, request, scope);
        } catch (const HfHubHTTPError& error) {
            outcome = {std::nullopt, std::current_exception(), error.context().status, error.context().body};
        }
        const bool busy =
            outcome.status == 409 &&
            outcome.body.find("another conflicting operation is in progress") != std::string::npos;
        if (!busy || attempt == most_tries) co_return outcome;
        co_await hub->clock->sleep_until(hub->clock->now() + first_wait * (1 << (attempt - 1)));
    }
}

boost::asio::awaitable<RepoUrl> create_repo(HubPtr hub, std::string repo_id, CreateRepoOptions options)
{
    const auto repo = make_ref(options.repo_type, repo_id, options.token);
    http::Request request;
    request.method = http::Method::post;
    request.url = api_url(hub, "/api/repos/create");
    request.auth.token = options.token;
    // With exist_ok a second try finds what the first one made.
    request.replay = options.exist_ok ? http::Replay::safe : http::Replay::unsent;
    const auto url = request.url;

    auto outcome = co_await post_create(hub, std::move(request), create_body(repo_id, options, repo.type),
                                        scope_of(repo));
    if (outcome.answer) co_return url_in(*outcome.answer, url, hub->options.endpoint);
    if (options.exist_ok && outcome.status == 409) {
        // The Hub says where the repo is; a body that does not say so is no reason to fail.
        boost::system::error_code ignored;
        const auto body = json::parse(outcome.body, ignored);
        if (!ignored && body.is_object() && body.get_object().contains("url"))
            co_return url_in(body, url, hub->options.endpoint);
        co_return RepoUrl::parse(std::string(url_prefix(repo.type)) + repo_id, hub->options.endpoint);
    }
    if (options.exist_ok && outcome.status == 403) {
        // No right to create here, but the repo may exist: then all is well.
        bool exists = true;
        try {
            co_await probe(hub, repo, std::nullopt);
        } catch (const GatedRepoError&) {
            exists = true; // it is there, this token just may not read it
        } catch (const HfHubHTTPError&) {
            exists = false;
        }
        if (exists) {
            const auto web = api_url(hub, "/" + std::string(url_prefix(repo.type)) + repo_id);
            co_return RepoUrl::parse(web.text(), hub->options.endpoint);
        }
    }
    std::rethrow_exception(outcome.failure);
}

boost::asio::awaitable<void> delete_repo(HubPtr hub, std::string repo_id, DeleteRepoOptions options)
{
    const auto repo = make_ref(options.repo_type, repo_id, options.token);
    http::Request request;
    request.method = http::Method::delete_;
    request.url = api_url(hub, "/api/repos/delete");
    request.auth.token = options.token;
    set_json_body(request, named(repo_id, options.repo_type));
    try {
        co_await fetch_nothing(hub, std::move(request), scope_of(repo));
    } catch (const GatedRepoError&) {
        throw; // it is not missing
    } catch (const RepositoryNotFoundError&) {
        if (!options.missing_ok) throw;
    }
}

boost::asio::awaitable<std::string> full_name(HubPtr hub, std::string model_id,
                                              GetFullRepoNameOptions options)
{
    if (options.organization) co_return *options.organization + "/" + model_id;
    // An id that has a namespace gets it twice: so the reference does, and so its callers expect.
    if (const auto slash = model_id.find('/'); slash != model_id.npos)
        co_return model_id.substr(0, slash) + "/" + model_id;
    co_return co_await whoami_name(std::move(hub), std::move(options.token)) + "/" + model_id;
}

} // namespace

boost::asio::awaitable<RepoInfo> ReposApi::repo_info(std::string repo_id, RepoInfoOptions options) const
{
    return hfasync::repo_info(hub_.state(), std::move(repo_id), std::move(options));
}

boost::asio::awaitable<bool> ReposApi::repo_exists(std::string repo_id, RepoExistsOptions options) const
{
    return hfasync::repo_exists(hub_.state(), std::move(repo_id), std::move(options));
}

boost::asio::awaitable<bool> ReposApi::revision_exists(std::string repo_id, std::string revision,
                                                       RevisionExistsOptions options) const
{
    return hfasync::revision_exists(hub_.state(), std::move(repo_id), std::move(revision),
                                    std::move(options));
}

boost::asio::awaitable<void> ReposApi::auth_check(std::string repo_id, AuthCheckOptions options) const
{
    return hfasync::auth_check(hub_.state(), std::move(repo_id), std::move(options));
}

boost::asio::awaitable<RepoUrl> ReposApi::create_repo(std::string repo_id, CreateRepoOptions options) const
{
    return hfasync::create_repo(hub_.state(), std::move(repo_id), std::move(options));
}

boost::asio::awaitable<void> ReposApi::delete_repo(std::string repo_id, DeleteRepoOptions options) const
{
    return hfasync::delete_repo(hub_.state(), std::move(repo_id), std::move(options));
}

boost::asio::awaitable<std::string> ReposApi::get_full_repo_name(std::string model_id,
                                                                 GetFullRepoNameOptions options) const
{
    return full_name(hub_.state(), std::move(model_id), std::move(options));
}

} // namespace hfasync
