// Files of a repo: list_repo_tree, list_repo_files, get_paths_info, file_exists, get_hf_file_metadata.
#pragma once

#include <boost/asio/awaitable.hpp>

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
#include <hfasync/types/hf_file_metadata.hpp>
#include <hfasync/types/repo_file.hpp>

namespace hfasync {

struct ListRepoTreeOptions {
    std::optional<std::string> path_in_repo; ///< a folder; default: the root
    bool recursive = false;                  ///< what is in its subfolders too
    bool expand = false; ///< last commit and security scan of each entry; slower, smaller pages
    std::optional<std::string> revision;  ///< branch, tag, commit or refs/pr/N; default: main
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    Token token;
};
HFASYNC_DESCRIBE(ListRepoTreeOptions, path_in_repo, recursive, expand, revision, repo_type, token)

struct ListRepoFilesOptions {
    std::optional<std::string> revision;  ///< branch, tag, commit or refs/pr/N; default: main
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    Token token;
};
HFASYNC_DESCRIBE(ListRepoFilesOptions, revision, repo_type, token)

struct GetPathsInfoOptions {
    bool expand = false;                  ///< last commit and security scan of each entry
    std::optional<std::string> revision;  ///< branch, tag, commit or refs/pr/N; default: main
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    Token token;
};
HFASYNC_DESCRIBE(GetPathsInfoOptions, expand, revision, repo_type, token)

struct FileExistsOptions {
    std::optional<std::string> repo_type; ///< model (default), dataset or space
    std::optional<std::string> revision;  ///< branch, tag, commit or refs/pr/N; default: main
    Token token;
};
HFASYNC_DESCRIBE(FileExistsOptions, repo_type, revision, token)

struct GetHfFileMetadataOptions {
    Token token;
    std::optional<std::map<std::string, std::string>> proxies; ///< scheme to URL, in place of the Hub's
    std::optional<double> timeout;                             ///< seconds to the first byte; default 10
};
HFASYNC_DESCRIBE(GetHfFileMetadataOptions, token, proxies, timeout)

/// Files of repos.
class FilesApi {
public:
    explicit FilesApi(Hub hub) : hub_(std::move(hub)) {}

    /// Lists files and folders, page by page.
    /// *Errors*: RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError. Source:
    /// `list_repo_tree`.
    AsyncGenerator<TreeEntry> list_repo_tree(std::string repo_id, ListRepoTreeOptions options = {}) const;

    /// Lists the paths of all files, page by page.
    /// *Errors*: RepositoryNotFoundError, RevisionNotFoundError. Source: `list_repo_files`.
    AsyncGenerator<std::string> list_repo_files(std::string repo_id, ListRepoFilesOptions options = {}) const;

    /// Returns what the Hub knows about some paths; missing ones are left out.
    /// *Errors*: RepositoryNotFoundError, RevisionNotFoundError. Source: `get_paths_info`.
    boost::asio::awaitable<std::vector<TreeEntry>> get_paths_info(std::string repo_id, Strings paths,
                                                                  GetPathsInfoOptions options = {}) const;

    /// Returns whether a file exists at a revision.
    /// *Errors*: GatedRepoError. Source: `file_exists`.
    boost::asio::awaitable<bool> file_exists(std::string repo_id, std::string filename,
                                             FileExistsOptions options = {}) const;

    /// Returns commit, ETag, size and location of a file, given its `/resolve/` URL. The token is sent to the
    /// endpoint's own URLs only.
    /// *Errors*: RepositoryNotFoundError, GatedRepoError, RevisionNotFoundError, EntryNotFoundError.
    /// Source: `get_hf_file_metadata`.
    boost::asio::awaitable<HfFileMetadata> get_hf_file_metadata(std::string url,
                                                                GetHfFileMetadataOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
