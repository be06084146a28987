// Spaces: list_spaces, space_info; secrets, variables, hardware, storage, pause, restart, duplicate.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/info_rules.hpp>
#include <hfasync/types/repo_info.hpp>
#include <hfasync/types/repo_url.hpp>
#include <hfasync/types/space_runtime.hpp>
#include <hfasync/types/space_variable.hpp>

namespace hfasync {

struct SpaceInfoOptions {
    std::optional<std::string> revision; ///< branch, tag, commit or refs/pr/N; default: the head of main
    std::optional<double> timeout;       ///< seconds to the first byte
    bool files_metadata = false;         ///< size, blob id and LFS data of every file
    Strings expand; ///< properties to return, in place of the default ones (camelCase, as the Hub names them)
    Token token;
};
HFASYNC_DESCRIBE(SpaceInfoOptions, revision, timeout, files_metadata, expand, token)
template <>
inline constexpr auto field_rules<SpaceInfoOptions> = repo_info_rules;

struct ListSpacesOptions {
    Strings filter; ///< tags, as the Hub writes them
    std::optional<std::string> author;
    std::optional<std::string> search;
    Strings datasets;                   ///< Spaces that use one of them
    Strings models;                     ///< Spaces that use one of them
    bool linked = false;                ///< only Spaces that use a model or a dataset
    std::optional<std::string> sort;    ///< last_modified, created_at, trending_score, likes ...
    std::optional<int> direction;       ///< -1: descending
    std::optional<std::uint64_t> limit; ///< at most this many Spaces; 0: none
    Strings expand;                     ///< properties to return; not with full
    std::optional<bool> full;
    Token token;
};
HFASYNC_DESCRIBE(ListSpacesOptions, filter, author, search, datasets, models, linked, sort, direction, limit,
                 expand, full, token)
template <>
inline constexpr std::array field_rules<ListSpacesOptions>{
    FieldRule{.field = "linked", .only_true = true},
    FieldRule{.field = "full", .only_true = true},
};

/// For the calls that only need a token.
struct SpaceTokenOptions {
    Token token;
};
HFASYNC_DESCRIBE(SpaceTokenOptions, token)
using DeleteSpaceSecretOptions = SpaceTokenOptions;
using GetSpaceVariablesOptions = SpaceTokenOptions;
using DeleteSpaceVariableOptions = SpaceTokenOptions;
using GetSpaceRuntimeOptions = SpaceTokenOptions;
using SetSpaceSleepTimeOptions = SpaceTokenOptions;
using PauseSpaceOptions = SpaceTokenOptions;
using RequestSpaceStorageOptions = SpaceTokenOptions;
using DeleteSpaceStorageOptions = SpaceTokenOptions;

struct AddSpaceSecretOptions {
    std::optional<std::string> description;
    Token token;
};
HFASYNC_DESCRIBE(AddSpaceSecretOptions, description, token)
using AddSpaceVariableOptions = AddSpaceSecretOptions;

struct RequestSpaceHardwareOptions {
    Token token;
    std::optional<std::int64_t> sleep_time; ///< seconds of inactivity; -1: never sleeps
};
HFASYNC_DESCRIBE(RequestSpaceHardwareOptions, token, sleep_time)

struct RestartSpaceOptions {
    Token token;
    bool factory_reboot = false; ///< rebuild without cached requirements
};
HFASYNC_DESCRIBE(RestartSpaceOptions, token, factory_reboot)

struct DuplicateSpaceOptions {
    std::optional<std::string> to_id; ///< default: the same name in the namespace of the token's user
    std::optional<bool> private_;     ///< default: as the original
    Token token;
    bool exist_ok = false; ///< a Space that exists already is no error
    std::optional<Open<SpaceHardware>> hardware;
    std::optional<Open<SpaceStorage>> storage;
    std::optional<std::int64_t> sleep_time; ///< seconds of inactivity; -1: never sleeps
    std::optional<std::vector<SpaceEntry>> secrets;
    std::optional<std::vector<SpaceEntry>> variables;
};
HFASYNC_DESCRIBE(DuplicateSpaceOptions, to_id, private_, token, exist_ok, hardware, storage, sleep_time,
                 secrets, variables)
template <>
inline constexpr std::array field_rules<DuplicateSpaceOptions>{
    FieldRule{.field = "storage", .wire = "storageTier"},
    FieldRule{.field = "sleep_time", .wire = "sleepTimeSeconds"},
};

/// The variables of a Space by key.
using SpaceVariables = std::map<std::string, SpaceVariable>;

/// Spaces on the Hub. Calls that change a Space are for those who may write to it: others get HfHubHTTPError
/// 403. All throw RepositoryNotFoundError, and HFValidationError for an id that breaks the Hub's rules.
class SpacesApi {
public:
    explicit SpacesApi(Hub hub) : hub_(std::move(hub)) {}

    /// Returns what the Hub knows about one Space, at one revision.
    /// *Errors*: RepositoryNotFoundError, RevisionNotFoundError; ValueError when `expand` is combined with
    /// `files_metadata`. Source: `space_info`.
    boost::asio::awaitable<SpaceInfo> space_info(std::string repo_id, SpaceInfoOptions options = {}) const;

    /// Lists Spaces page by page.
    /// *Errors*: ValueError for mutually exclusive options; BadRequestError for values unknown to the Hub.
    /// Source: `list_spaces`.
    AsyncGenerator<SpaceInfo> list_spaces(ListSpacesOptions options = {}) const;

    /// Adds a secret or changes its value. It cannot be read back.
    /// *Errors*: BadRequestError for a key that is not a valid variable name. Source: `add_space_secret`.
    boost::asio::awaitable<void> add_space_secret(std::string repo_id, std::string key, std::string value,
                                                  AddSpaceSecretOptions options = {}) const;

    /// Deletes a secret. Source: `delete_space_secret`.
    boost::asio::awaitable<void> delete_space_secret(std::string repo_id, std::string key,
                                                     DeleteSpaceSecretOptions options = {}) const;

    /// Returns the public variables. Source: `get_space_variables`.
    boost::asio::awaitable<SpaceVariables> get_space_variables(std::string repo_id,
                                                               GetSpaceVariablesOptions options = {}) const;

    /// Adds a variable or changes its value; returns all of them.
    /// *Errors*: BadRequestError for a bad key, or one used by a secret. Source: `add_space_variable`.
    boost::asio::awaitable<SpaceVariables> add_space_variable(std::string repo_id, std::string key,
                                                              std::string value,
                                                              AddSpaceVariableOptions options = {}) const;

    /// Deletes a variable; returns the others. Source: `delete_space_variable`.
    boost::asio::awaitable<SpaceVariables>
    delete_space_variable(std::string repo_id, std::string key,
                          DeleteSpaceVariableOptions options = {}) const;

    /// Returns what the Space is doing, and on which hardware. Source: `get_space_runtime`.
    boost::asio::awaitable<SpaceRuntime> get_space_runtime(std::string repo_id,
                                                           GetSpaceRuntimeOptions options = {}) const;

    /// Requests other hardware; the Space is rebuilt on it. Free hardware keeps its own sleep time, whatever
    /// is requested.
    /// *Errors*: HfHubHTTPError 402 without a means of payment. Source: `request_space_hardware`.
    boost::asio::awaitable<SpaceRuntime>
    request_space_hardware(std::string repo_id, Open<SpaceHardware> hardware,
                           RequestSpaceHardwareOptions options = {}) const;

    /// Sets after how many seconds of inactivity the Space goes to sleep; -1: never. Only upgraded hardware
    /// has a time of its own.
    /// *Errors*: BadRequestError for a time that the Hub does not accept. Source: `set_space_sleep_time`.
    boost::asio::awaitable<SpaceRuntime> set_space_sleep_time(std::string repo_id, std::int64_t sleep_time,
                                                              SetSpaceSleepTimeOptions options = {}) const;

    /// Stops the Space until it is restarted; meanwhile it costs nothing.
    /// *Errors*: BadRequestError for a static Space. Source: `pause_space`.
    boost::asio::awaitable<SpaceRuntime> pause_space(std::string repo_id,
                                                     PauseSpaceOptions options = {}) const;

    /// Restarts the Space, also from a pause.
    /// *Errors*: BadRequestError for a static Space. Source: `restart_space`.
    boost::asio::awaitable<SpaceRuntime> restart_space(std::string repo_id,
                                                       RestartSpaceOptions options = {}) const;

    /// Copies a Space, with its state, to another id. Returns the address of the copy.
    /// *Errors*: ConflictError when it exists (unless exist_ok); HTTPError and LocalTokenNotFoundError from
    /// `whoami`, which is called when `to_id` names no namespace. Source: `duplicate_space`.
    boost::asio::awaitable<RepoUrl> duplicate_space(std::string from_id,
                                                    DuplicateSpaceOptions options = {}) const;

    /// Requests persistent storage. It can grow, not shrink.
    /// *Errors*: BadRequestError for a smaller tier. Source: `request_space_storage`.
    boost::asio::awaitable<SpaceRuntime> request_space_storage(std::string repo_id,
                                                               Open<SpaceStorage> storage,
                                                               RequestSpaceStorageOptions options = {}) const;

    /// Deletes the persistent storage with all that is in it.
    /// *Errors*: BadRequestError when there is none. Source: `delete_space_storage`.
    boost::asio::awaitable<SpaceRuntime> delete_space_storage(std::string repo_id,
                                                              DeleteSpaceStorageOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
