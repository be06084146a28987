// Commits: files, folders and large folders into a repo.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/future.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/progress.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/commit_info.hpp>
#include <hfasync/upload_source.hpp>

namespace hfasync {

namespace detail {
struct Addition;
}

/// Adds or replaces a file. A value whose copies share what is known about the upload: what
/// preupload_lfs_files has sent, a later create_commit of the same operation does not send again.
/// Source: `CommitOperationAdd`.
class CommitOperationAdd {
public:
    /// \throws ValueError for a path that leaves the repo, has control bytes, or is below `.git` or `.cache`.
    CommitOperationAdd(std::string path_in_repo, UploadSource source);

    /// Normalised: without a leading "/" or "./".
    const std::string& path_in_repo() const noexcept;
    const UploadSource& source() const noexcept;
    bool is_uploaded() const noexcept;              ///< its LFS content is on the Hub
    bool is_committed() const noexcept;             ///< it cannot be committed again
    std::optional<std::string> upload_mode() const; ///< "regular" or "lfs", once the Hub has said so
    std::optional<std::string> sha256() const;      ///< of the content, once known

    /// Opens the content for reading; the disk is read, and its errors occur, on the Hub's worker pool, from
    /// the first read on. The sink sees `started` with the first read, then how far it got, and `finished` at
    /// the end of the content (`failed` when the stream is destroyed before). Content that
    /// preupload_lfs_files has freed is empty. \throws from read(): ValueError when the path is not a file.
    /// Source: `as_file`.
    std::unique_ptr<ByteStream> as_file(const Hub& hub, ProgressSink progress = {}) const;

    const std::shared_ptr<detail::Addition>& state() const noexcept { return state_; }

private:
    std::shared_ptr<detail::Addition> state_;
};

/// Deletes a file or a folder. Source: `CommitOperationDelete`.
struct CommitOperationDelete {
    std::string path_in_repo;
    std::optional<bool> is_folder{}; ///< nullopt ("auto"): it is a folder if the path ends with "/"
};

/// Copies a file of the repo. An LFS file is copied by its hash; a regular one is fetched and sent again.
/// Source: `CommitOperationCopy`.
struct CommitOperationCopy {
    std::string src_path_in_repo;
    std::string path_in_repo;
    std::optional<std::string> src_revision{}; ///< nullopt: the revision committed to
};

using CommitOperation = std::variant<CommitOperationAdd, CommitOperationDelete, CommitOperationCopy>;

struct CreateCommitOptions {
    std::optional<std::string> commit_description{};
    Token token{};
    std::optional<std::string> repo_type{}; ///< model (default), dataset or space
    std::optional<std::string> revision{};  ///< branch or refs/pr/N; main when unset
    std::optional<bool> create_pr{};        ///< opens a Pull Request against the revision
    std::size_t num_threads = 5;            ///< LFS files that are sent at once
    std::optional<std::string>
        parent_commit{};        ///< 5 to 40 hex digits; the commit fails if the head is another one
    bool run_as_future = false; ///< see CommitsApi, *Background*
};
HFASYNC_DESCRIBE(CreateCommitOptions, commit_description, token, repo_type, revision, create_pr, num_threads,
                 parent_commit, run_as_future)

struct PreuploadLfsFilesOptions {
    Token token{};
    std::optional<std::string> repo_type{}; ///< model (default), dataset or space
    std::optional<std::string> revision{};
    std::optional<bool> create_pr{};
    std::size_t num_threads = 5;
    bool free_memory = true; ///< frees the content that was sent
    std::optional<std::string>
        gitignore_content{}; ///< in place of the .gitignore among the additions or on the Hub
};
HFASYNC_DESCRIBE(PreuploadLfsFilesOptions, token, repo_type, revision, create_pr, num_threads, free_memory,
                 gitignore_content)

struct UploadFileOptions {
    Token token{};
    std::optional<std::string> repo_type{}; ///< model (default), dataset or space
    std::optional<std::string> revision{};
    std::optional<std::string> commit_message{}; ///< "Upload <path> with huggingface_hub" when unset
    std::optional<std::string> commit_description{};
    std::optional<bool> create_pr{};
    std::optional<std::string> parent_commit{};
    bool run_as_future = false; ///< see CommitsApi, *Background*
};
HFASYNC_DESCRIBE(UploadFileOptions, token, repo_type, revision, commit_message, commit_description, create_pr,
                 parent_commit, run_as_future)

struct UploadFolderOptions {
    std::optional<std::string> path_in_repo{}; ///< folder of the repo; its root when unset
    std::optional<std::string> commit_message{};
    std::optional<std::string> commit_description{};
    Token token{};
    std::optional<std::string> repo_type{}; ///< model (default), dataset or space
    std::optional<std::string> revision{};
    std::optional<bool> create_pr{};
    std::optional<std::string> parent_commit{};
    std::optional<Strings> allow_patterns{}; ///< an empty list allows nothing
    std::optional<Strings> ignore_patterns{};
    std::optional<Strings> delete_patterns{}; ///< files of the repo, relative to path_in_repo
    bool run_as_future = false;               ///< see CommitsApi, *Background*
    bool follow_links = false; ///< hfasync's own: also sends files that links outside the folder point to
};
HFASYNC_DESCRIBE(UploadFolderOptions, path_in_repo, commit_message, commit_description, token, repo_type,
                 revision, create_pr, parent_commit, allow_patterns, ignore_patterns, delete_patterns,
                 run_as_future, follow_links)

struct UploadLargeFolderOptions {
    std::optional<std::string> revision{};
    std::optional<bool> private_{}; ///< of a repo that has to be created
    std::optional<Strings> allow_patterns{};
    std::optional<Strings> ignore_patterns{};
    std::optional<std::size_t> num_workers{}; ///< coroutines; processors - 2, at least 2, when unset
    bool print_report = true;                 ///< to standard output
    std::size_t print_report_every = 60;      ///< seconds
    bool follow_links = false;                ///< hfasync's own, as in UploadFolderOptions
};
HFASYNC_DESCRIBE(UploadLargeFolderOptions, revision, private_, allow_patterns, ignore_patterns, num_workers,
                 print_report, print_report_every, follow_links)

struct DeleteOptions {
    Token token{};
    std::optional<std::string> repo_type{}; ///< model (default), dataset or space
    std::optional<std::string> revision{};
    std::optional<std::string> commit_message{};
    std::optional<std::string> commit_description{};
    std::optional<bool> create_pr{};
    std::optional<std::string> parent_commit{};
};
HFASYNC_DESCRIBE(DeleteOptions, token, repo_type, revision, commit_message, commit_description, create_pr,
                 parent_commit)

/// Chooses the overloads that return a std::future.
struct AsFuture {
    explicit AsFuture() = default;
};
inline constexpr AsFuture as_future{};

/// Commits to a repo that exists.
///
/// *Background*: with `run_as_future` in its options, create_commit, upload_file or upload_folder is put into
/// the background queue at once, and runs there after what was queued earlier, whether or not the returned
/// awaitable is awaited; awaiting it waits for the outcome (a cancel then ends the waiting, not the call).
/// The overloads with `as_future` do the same and return a std::future for code without coroutines; both
/// exist because one set of options has to serve JSON and command lines, which cannot choose a return type.
/// Who runs the queue, and for how long: HfApi::run_as_future.
///
/// *Errors* of all: ValueError, before the commit, for arguments or README.md metadata that cannot be used;
/// RepositoryNotFoundError, RevisionNotFoundError; EntryNotFoundError (nothing at a path to delete or copy);
/// HfHubHTTPError (403: no right to write); ConflictError (the head moved); RuntimeError (an LFS transfer
/// failed); FileModified (a file changed while it was sent); OutcomeUnknownError (the reply to the commit was
/// lost). *Cancellation*: at every await; before the commit's own request nothing has changed in the repo.
/// *Retries*: uploads of content are repeated, the commit itself never blindly.
class CommitsApi {
public:
    explicit CommitsApi(const Hub& hub) : CommitsApi(hub, std::make_shared<detail::BackgroundQueue>(hub)) {}
    /// Shares the background queue of other calls.
    CommitsApi(Hub hub, std::shared_ptr<detail::BackgroundQueue> background)
        : hub_(std::move(hub)), background_(std::move(background))
    {
    }

    /// Makes one commit of the operations, in their order; uploads the content of LFS files first. When every
    /// file is already there unchanged, no commit is made and the head is returned. Source: `create_commit`.
    boost::asio::awaitable<CommitInfo>
    create_commit(std::string repo_id, std::vector<CommitOperation> operations, std::string commit_message,
                  CreateCommitOptions options = {}, ProgressSink progress = {}) const;
    std::future<CommitInfo> create_commit(AsFuture, std::string repo_id,
                                          std::vector<CommitOperation> operations, std::string commit_message,
                                          CreateCommitOptions options = {}, ProgressSink progress = {}) const;
    /// The same with operations that are produced on demand, an AsyncGenerator<CommitOperation>. All are
    /// taken before the first request: a commit is checked as a whole. (A template so that an empty list of
    /// operations stays unambiguous.)
    template <std::same_as<AsyncGenerator<CommitOperation>> Operations>
    boost::asio::awaitable<CommitInfo>
    create_commit(std::string repo_id, Operations operations, std::string commit_message,
                  CreateCommitOptions options = {}, ProgressSink progress = {}) const
    {
        return commit_generated(std::move(repo_id), std::move(operations), std::move(commit_message),
                                std::move(options), std::move(progress));
    }

    /// Uploads the content of those additions that are LFS files, for a later create_commit.
    /// Source: `preupload_lfs_files`.
    boost::asio::awaitable<void> preupload_lfs_files(std::string repo_id,
                                                     std::vector<CommitOperationAdd> additions,
                                                     PreuploadLfsFilesOptions options = {},
                                                     ProgressSink progress = {}) const;

    /// Uploads one file in a commit of its own. Source: `upload_file`.
    boost::asio::awaitable<CommitInfo> upload_file(UploadSource path_or_fileobj, std::string path_in_repo,
                                                   std::string repo_id, UploadFileOptions options = {},
                                                   ProgressSink progress = {}) const;
    std::future<CommitInfo> upload_file(AsFuture, UploadSource path_or_fileobj, std::string path_in_repo,
                                        std::string repo_id, UploadFileOptions options = {},
                                        ProgressSink progress = {}) const;

    /// Uploads a folder in one commit; `.git` and `.cache/huggingface` are left out. When nothing would
    /// change (or no file matches), no commit is made and the head is returned. *Errors*: ValueError when
    /// `folder_path` is not a folder. Source: `upload_folder`.
    boost::asio::awaitable<CommitInfo> upload_folder(std::string repo_id, std::filesystem::path folder_path,
                                                     UploadFolderOptions options = {},
                                                     ProgressSink progress = {}) const;
    std::future<CommitInfo> upload_folder(AsFuture, std::string repo_id, std::filesystem::path folder_path,
                                          UploadFolderOptions options = {}, ProgressSink progress = {}) const;

    /// Uploads a folder of any size in as many commits as it takes; makes the repo when it is missing.
    /// Progress is kept in `<folder>/.cache/huggingface`, so that the same call resumes an interrupted one.
    /// \throws ValueError for an unknown `repo_type`, `num_workers` 0, a `folder_path` that is not a folder,
    /// or a Space that does not exist yet; RuntimeError naming the files that could not be uploaded. Source:
    /// `upload_large_folder`.
    boost::asio::awaitable<void> upload_large_folder(std::string repo_id, std::filesystem::path folder_path,
                                                     std::string repo_type,
                                                     UploadLargeFolderOptions options = {},
                                                     ProgressSink progress = {}) const;

    /// Deletes one file (or folder: the path then ends with "/"). *Errors*: EntryNotFoundError when it is not
    /// there. Source: `delete_file`.
    boost::asio::awaitable<CommitInfo> delete_file(std::string path_in_repo, std::string repo_id,
                                                   DeleteOptions options = {}) const;
    /// Deletes the files that match any of the patterns, but never `.gitattributes`. When none matches, no
    /// commit is made and the head is returned. Source: `delete_files`.
    boost::asio::awaitable<CommitInfo> delete_files(std::string repo_id,
                                                    std::vector<std::string> delete_patterns,
                                                    DeleteOptions options = {}) const;
    /// Deletes a folder. *Errors*: EntryNotFoundError when it is not there. Source: `delete_folder`.
    boost::asio::awaitable<CommitInfo> delete_folder(std::string path_in_repo, std::string repo_id,
                                                     DeleteOptions options = {}) const;

private:
    boost::asio::awaitable<CommitInfo>
    commit_generated(std::string repo_id, AsyncGenerator<CommitOperation> operations,
                     std::string commit_message, CreateCommitOptions options, ProgressSink progress) const;
    boost::asio::awaitable<CommitInfo> in_background(boost::asio::awaitable<CommitInfo> call) const;

    Hub hub_;
    std::shared_ptr<detail::BackgroundQueue> background_;
};

} // namespace hfasync
