// Repos: repo_info, repo_exists, revision_exists, auth_check, create_repo, delete_repo, update_repo_settings,
// update_repo_visibility, move_repo, get_full_repo_name.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/info_rules.hpp>
#include <hfasync/types/repo_info.hpp>
#include <hfasync/types/repo_url.hpp>
#include <hfasync/types/space_variable.hpp>

namespace hfasync {

struct RepoInfoOptions {
    std::optional<std::string> revision;  ///< branch, tag, commit or refs/pr/N; default: the head of main
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    std::optional<double> timeout;        ///< seconds to the first byte
    bool files_metadata = false;          ///< size, blob id and LFS data of every file
    Strings expand; ///< properties to return, in place of the default ones (camelCase, as the Hub names them)
    Token token;
};
HFASYNC_DESCRIBE(RepoInfoOptions, revision, repo_type, timeout, files_metadata, expand, token)
template <>
inline constexpr std::array field_rules<RepoInfoOptions>{
    repo_info_rules[0],
    repo_info_rules[1],
    repo_info_rules[2],
    FieldRule{.field = "repo_type", .in_query = false},
};

/// For the calls that only need to know which repo.
struct RepoTypeOptions {
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    Token token;
};
HFASYNC_DESCRIBE(RepoTypeOptions, repo_type, token)
using RepoExistsOptions = RepoTypeOptions;
using RevisionExistsOptions = RepoTypeOptions;
using AuthCheckOptions = RepoTypeOptions;

struct CreateRepoOptions {
    Token token;
    std::optional<bool> private_;         ///< default: what the organisation's settings say
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    bool exist_ok = false;                ///< a repo that exists already is no error
    std::optional<std::string> resource_group_id;
    // For Spaces; ignored for other types.
    std::optional<std::string> space_sdk; ///< gradio, streamlit, docker or static; required for Spaces
    std::optional<std::string> space_hardware;
    std::optional<std::string> space_storage;
    std::optional<std::int64_t> space_sleep_time; ///< seconds of inactivity; -1: never
    std::optional<std::vector<SpaceEntry>> space_secrets;
    std::optional<std::vector<SpaceEntry>> space_variables;
};
HFASYNC_DESCRIBE(CreateRepoOptions, token, private_, repo_type, exist_ok, resource_group_id, space_sdk,
                 space_hardware, space_storage, space_sleep_time, space_secrets, space_variables)

struct DeleteRepoOptions {
    Token token;
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    bool missing_ok = false;              ///< a repo that does not exist is no error
};
HFASYNC_DESCRIBE(DeleteRepoOptions, token, repo_type, missing_ok)

struct UpdateRepoSettingsOptions {
    std::optional<Gated> gated;   ///< "auto", "manual" or false (anyone may read); default: as it is
    std::optional<bool> private_; ///< default: as it is
    Token token;
    std::optional<std::string> repo_type; ///< model (default), dataset or space
};
HFASYNC_DESCRIBE(UpdateRepoSettingsOptions, gated, private_, token, repo_type)

struct UpdateRepoVisibilityOptions {
    bool private_ = false;
    Token token;
    std::optional<std::string> repo_type; ///< model (default), dataset or space
};
HFASYNC_DESCRIBE(UpdateRepoVisibilityOptions, private_, token, repo_type)

struct MoveRepoOptions {
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    Token token;
};
HFASYNC_DESCRIBE(MoveRepoOptions, repo_type, token)

struct GetFullRepoNameOptions {
    std::optional<std::string> organization; ///< default: the user of the token
    Token token;
};
HFASYNC_DESCRIBE(GetFullRepoNameOptions, organization, token)

/// Repos of any type.
class ReposApi {
public:
    explicit ReposApi(Hub hub) : hub_(std::move(hub)) {}

    /// Returns what the Hub knows about one repo, at one revision.
    /// *Errors*: RepositoryNotFoundError, GatedRepoError, RevisionNotFoundError; ValueError for an unknown
    /// type, and when `expand` is combined with `files_metadata`. Source: `repo_info`.
    boost::asio::awaitable<RepoInfo> repo_info(std::string repo_id, RepoInfoOptions options = {}) const;

    /// Returns whether a repo exists; a gated one does. Source: `repo_exists`.
    boost::asio::awaitable<bool> repo_exists(std::string repo_id, RepoExistsOptions options = {}) const;

    /// Returns whether a repo exists, may be read, and has this revision. Source: `revision_exists`.
    boost::asio::awaitable<bool> revision_exists(std::string repo_id, std::string revision,
                                                 RevisionExistsOptions options = {}) const;

    /// Throws when the token may not read the repo.
    /// *Errors*: GatedRepoError, RepositoryNotFoundError. Source: `auth_check`.
    boost::asio::awaitable<void> auth_check(std::string repo_id, AuthCheckOptions options = {}) const;

    /// Makes a repo. An id without a namespace belongs to the user of the token.
    /// *Errors*: ConflictError when it exists (unless `exist_ok`); ValueError for an unknown type or a Space
    /// without a known SDK; HfHubHTTPError 403 without the right.
    /// *Retries*: after a lost answer, only with `exist_ok`; while the Hub says that another operation is in
    /// progress (409), a bounded number of times. Source: `create_repo`.
    boost::asio::awaitable<RepoUrl> create_repo(std::string repo_id, CreateRepoOptions options = {}) const;

    /// Deletes a repo; this cannot be undone.
    /// *Errors*: RepositoryNotFoundError (unless `missing_ok`); HfHubHTTPError 403 without the right. Source:
    /// `delete_repo`.
    boost::asio::awaitable<void> delete_repo(std::string repo_id, DeleteRepoOptions options = {}) const;

    /// Changes who sees a repo and who may read its files; what is not given stays as it is.
    /// *Errors*: ValueError when nothing is given, for a `gated` other than "auto", "manual" and false, and
    /// for an unknown type; RepositoryNotFoundError; HfHubHTTPError 403 without the right. Source:
    /// `update_repo_settings`.
    boost::asio::awaitable<void> update_repo_settings(std::string repo_id,
                                                      UpdateRepoSettingsOptions options) const;

    /// Makes a repo private or (the default) public, and returns the Hub's answer: {"private": ...}.
    /// *Deprecated* in the reference: use update_repo_settings. *Errors*: ValueError for an unknown type;
    /// RepositoryNotFoundError. Source: `update_repo_visibility`.
    [[deprecated("use update_repo_settings")]] boost::asio::awaitable<Json>
    update_repo_visibility(std::string repo_id, UpdateRepoVisibilityOptions options = {}) const;

    /// Renames a repo, within a namespace or to another one; both ids need their namespace. The Hub redirects
    /// from the old name to the new one.
    /// *Errors*: ValueError for an id without a namespace and an unknown type; RepositoryNotFoundError;
    /// ConflictError when `to_id` exists; HfHubHTTPError 403 without the right. *Retries*: not after a lost
    /// answer. Source: `move_repo`.
    boost::asio::awaitable<void> move_repo(std::string from_id, std::string to_id,
                                           MoveRepoOptions options = {}) const;

    /// Puts a namespace before a model's name. *Errors*: HTTPError 401 for a wrong token,
    /// LocalTokenNotFoundError without one (when no organisation is given). Source: `get_full_repo_name`.
    boost::asio::awaitable<std::string> get_full_repo_name(std::string model_id,
                                                           GetFullRepoNameOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
