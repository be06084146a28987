// What the mirror service is told: one YAML file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <hfasync/repo_id.hpp>

namespace mirror {

struct HubConfig {
    std::string endpoint;
    std::optional<std::string> token; ///< nullopt: none is sent
};

/// Which repos, and at which revision.
struct RepoRule {
    hfasync::RepoType type = hfasync::RepoType::model;
    std::string pattern;  ///< an id, or OWNER/GLOB
    std::string revision; ///< branch, tag or commit
    bool follows = true;  ///< looked at again every round; false: mirrored once
    std::vector<std::string> files, exclude;

    bool is_pattern() const { return pattern.find_first_of("*?[") != std::string::npos; }
};

struct FolderTargetConfig {
    std::filesystem::path folder;
};
struct HubTargetConfig {
    HubConfig hub;
    std::optional<std::string> owner; ///< in place of the source's
    bool private_repos = false;
    std::filesystem::path work; ///< files on their way
};
struct SqliteConfig {
    std::filesystem::path file;
};
struct RedisConfig {
    std::string host; ///< empty: `socket`
    std::uint16_t port = 6379;
    int database = 0;
    std::string socket; ///< path of a UNIX socket
    std::optional<std::string> password;
    std::string name = "mirror"; ///< of the list: lists of other names may share the server
};

struct HttpConfig {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::optional<std::string> webhook_secret; ///< nullopt: webhooks are refused

    std::string host_and_port(std::uint16_t actual_port) const; ///< as in a URL: [::1]:8091
};

struct Config {
    HubConfig source;
    std::variant<FolderTargetConfig, HubTargetConfig> target;
    std::variant<SqliteConfig, RedisConfig> list;
    std::vector<RepoRule> repos;
    std::chrono::milliseconds every{15 * 60'000}; ///< between two rounds over all repos
    std::size_t transfers = 64;                   ///< files in flight
    std::size_t files_at_once = 8;                ///< of one repo
    std::chrono::milliseconds lease{30'000};      ///< after so long without a sign of life work is taken over
    int attempts = 5;
    std::chrono::milliseconds retry{5'000}; ///< before the second attempt; doubles
    std::optional<HttpConfig> http;

    std::size_t repos_at_once() const { return (transfers + files_at_once - 1) / files_at_once; }
    /// Names the repos that are asked for: another set of rules is a round of its own.
    std::string round_name() const;
};

/// The value of an environment variable, if it is set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// \throws hfasync::ValueError naming the line; hfasync::OSError for a file that cannot be read
Config load_config(const std::filesystem::path& file, const Environment& environment);
/// The same of a text. `file` stands in messages, and its folder is what relative paths begin at.
Config parse_config(const std::string& text, const std::filesystem::path& file,
                    const Environment& environment);

/// FNV-1a as 16 hex digits: tells texts apart, protects nothing.
std::string short_hash(const std::string& text);

} // namespace mirror
