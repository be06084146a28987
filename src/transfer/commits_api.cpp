// CommitsApi: each method hands over to a coroutine that owns all it needs.
#include <hfasync/api/commits.hpp>

#include "transfer/commit.hpp"
#include "transfer/commit_background.hpp"
#include "transfer/documented_cancel.hpp"
#include "transfer/large_folder.hpp"
#include "transfer/upload_folder.hpp"

namespace hfasync {

namespace asio = boost::asio;

namespace {

template <class T>
asio::awaitable<T> cancellable(asio::awaitable<T> call)
{
    return detail::documented_cancel(std::move(call), "The upload was cancelled.");
}

} // namespace

asio::awaitable<CommitInfo> CommitsApi::create_commit(std::string repo_id,
                                                      std::vector<CommitOperation> operations,
                                                      std::string commit_message, CreateCommitOptions options,
                                                      ProgressSink progress) const
{
    const bool queued = options.run_as_future;
    auto call = cancellable(detail::create_commit(hub_.state(), std::move(repo_id), std::move(operations),
                                                  std::move(commit_message), std::move(options),
                                                  detail::ItemProgress::share(std::move(progress))));
    return queued ? in_background(std::move(call)) : std::move(call);
}

asio::awaitable<CommitInfo> CommitsApi::commit_generated(std::string repo_id,
                                                         AsyncGenerator<CommitOperation> operations,
                                                         std::string commit_message,
                                                         CreateCommitOptions options,
                                                         ProgressSink progress) const
{
    const bool queued = options.run_as_future;
    auto call = cancellable(detail::create_commit(hub_.state(), std::move(repo_id), std::move(operations),
                                                  std::move(commit_message), std::move(options),
                                                  detail::ItemProgress::share(std::move(progress))));
    return queued ? in_background(std::move(call)) : std::move(call);
}

asio::awaitable<CommitInfo> CommitsApi::in_background(asio::awaitable<CommitInfo> call) const
{
    return detail::run_in_background(*background_, std::move(call));
}

namespace {

std::future<CommitInfo> future_of(detail::BackgroundQueue& queue, asio::awaitable<CommitInfo> call)
{
    return detail::add_call(queue, [call = std::move(call)]() mutable { return std::move(call); });
}

} // namespace

std::future<CommitInfo> CommitsApi::create_commit(AsFuture, std::string repo_id,
                                                  std::vector<CommitOperation> operations,
                                                  std::string commit_message, CreateCommitOptions options,
                                                  ProgressSink progress) const
{
    options.run_as_future = false; // it is what this overload does
    return future_of(*background_,
                     create_commit(std::move(repo_id), std::move(operations), std::move(commit_message),
                                   std::move(options), std::move(progress)));
}

std::future<CommitInfo> CommitsApi::upload_file(AsFuture, UploadSource path_or_fileobj,
                                                std::string path_in_repo, std::string repo_id,
                                                UploadFileOptions options, ProgressSink progress) const
{
    options.run_as_future = false;
    return future_of(*background_, upload_file(std::move(path_or_fileobj), std::move(path_in_repo),
                                               std::move(repo_id), std::move(options), std::move(progress)));
}

std::future<CommitInfo> CommitsApi::upload_folder(AsFuture, std::string repo_id,
                                                  std::filesystem::path folder_path,
                                                  UploadFolderOptions options, ProgressSink progress) const
{
    options.run_as_future = false;
    return future_of(*background_, upload_folder(std::move(repo_id), std::move(folder_path),
                                                 std::move(options), std::move(progress)));
}

namespace {

asio::awaitable<void> preupload_additions(detail::HubPtr hub, std::string repo_id,
                                          std::vector<CommitOperationAdd> additions,
                                          PreuploadLfsFilesOptions options, ProgressSink progress)
{
    const detail::UploadTarget target{.hub = hub,
                                      .repo = {.type = detail::repo_type_or_model(options.repo_type),
                                               .id = std::move(repo_id),
                                               .token = options.token},
                                      .revision = options.revision.value_or("main"),
                                      .create_pr = options.create_pr.value_or(false)};
    validate_repo_id(target.repo.id);
    std::vector<detail::AdditionPtr> states;
    states.reserve(additions.size());
    for (const auto& addition : additions)
        states.push_back(addition.state());
    co_await detail::preupload(target, std::move(states),
                               {.num_threads = options.num_threads,
                                .free_memory = options.free_memory,
                                .gitignore = options.gitignore_content},
                               detail::ItemProgress::share(std::move(progress)));
}

} // namespace

asio::awaitable<void> CommitsApi::preupload_lfs_files(std::string repo_id,
                                                      std::vector<CommitOperationAdd> additions,
                                                      PreuploadLfsFilesOptions options,
                                                      ProgressSink progress) const
{
    return cancellable(preupload_additions(hub_.state(), std::move(repo_id), std::move(additions),
                                           std::move(options), std::move(progress)));
}

asio::awaitable<CommitInfo> CommitsApi::upload_file(UploadSource path_or_fileobj, std::string path_in_repo,
                                                    std::string repo_id, UploadFileOptions options,
                                                    ProgressSink progress) const
{
    const bool queued = options.run_as_future;
    auto call =
        cancellable(detail::upload_file(hub_.state(), std::move(path_or_fileobj), std::move(path_in_repo),
                                        std::move(repo_id), std::move(options), std::move(progress)));
    return queued ? in_background(std::move(call)) : std::move(call);
}

asio::awaitable<CommitInfo> CommitsApi::upload_folder(std::string repo_id, std::filesystem::path folder_path,
                                                      UploadFolderOptions options,
                                                      ProgressSink progress) const
{
    const bool queued = options.run_as_future;
    auto call = cancellable(detail::upload_folder(hub_.state(), std::move(repo_id), std::move(folder_path),
                                                  std::move(options), std::move(progress)));
    return queued ? in_background(std::move(call)) : std::move(call);
}

asio::awaitable<void> CommitsApi::upload_large_folder(std::string repo_id, std::filesystem::path folder_path,
                                                      std::string repo_type, UploadLargeFolderOptions options,
                                                      ProgressSink progress) const
{
    return cancellable(detail::upload_large_folder(hub_, std::move(repo_id), std::move(folder_path),
                                                   std::move(repo_type), std::move(options),
                                                   std::move(progress)));
}

asio::awaitable<CommitInfo> CommitsApi::delete_file(std::string path_in_repo, std::string repo_id,
                                                    DeleteOptions options) const
{
    return cancellable(
        detail::delete_file(hub_.state(), std::move(path_in_repo), std::move(repo_id), std::move(options)));
}

asio::awaitable<CommitInfo> CommitsApi::delete_files(std::string repo_id,
                                                     std::vector<std::string> delete_patterns,
                                                     DeleteOptions options) const
{
    return cancellable(detail::delete_files(hub_.state(), std::move(repo_id), std::move(delete_patterns),
                                            std::move(options)));
}

asio::awaitable<CommitInfo> CommitsApi::delete_folder(std::string path_in_repo, std::string repo_id,
                                                      DeleteOptions options) const
{
    return cancellable(
        detail::delete_folder(hub_.state(), std::move(path_in_repo), std::move(repo_id), std::move(options)));
}

} // namespace hfasync
