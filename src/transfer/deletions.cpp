#include "transfer/upload_folder.hpp"

#include <hfasync/path_filter.hpp>

#include "api/common/tree.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

CreateCommitOptions commit_options(const DeleteOptions& options)
{
    return {.commit_description = options.commit_description,
            .token = options.token,
            .repo_type = options.repo_type,
            .revision = options.revision,
            .create_pr = options.create_pr,
            .parent_commit = options.parent_commit};
}

} // namespace

asio::awaitable<std::vector<CommitOperation>>
matching_deletions(HubPtr hub, RepoRef repo, std::string revision, std::string path_in_repo, Strings patterns)
{
    const PathFilter filter(std::move(patterns));
    std::vector<CommitOperation> deletions;
    auto entries = tree_entries(hub, {.repo = repo, .recursive = true, .revision = revision});
    while (auto entry = co_await entries.next()) {
        const auto* file = std::get_if<RepoFile>(&*entry);
        if (!file || !file->path.starts_with(path_in_repo)) continue;
        const auto relative = std::string_view(file->path).substr(path_in_repo.size());
        // .gitattributes says what is LFS: without it the repo breaks.
        if (file->path == ".gitattributes" || !filter(relative)) continue;
        deletions.emplace_back(CommitOperationDelete{.path_in_repo = file->path, .is_folder = false});
    }
    co_return deletions;
}

asio::awaitable<CommitInfo> delete_file(HubPtr hub, std::string path_in_repo, std::string repo_id,
                                        DeleteOptions options)
{
    const auto message = options.commit_message.value_or("Delete " + path_in_repo + " with huggingface_hub");
    co_return co_await create_commit(hub, std::move(repo_id),
                                     {CommitOperationDelete{.path_in_repo = std::move(path_in_repo)}},
                                     message, commit_options(options), nullptr);
}

asio::awaitable<CommitInfo> delete_files(HubPtr hub, std::string repo_id, std::vector<std::string> patterns,
                                         DeleteOptions options)
{
    std::string joined;
    for (const auto& pattern : patterns)
        joined += (joined.empty() ? "" : " ") + pattern;
    const auto message = options.commit_message.value_or("Delete files " + joined + " with huggingface_hub");
    auto deletions = co_await matching_deletions(
        hub, {.type = repo_type_or_model(options.repo_type), .id = repo_id, .token = options.token},
        options.revision.value_or("main"), "", Strings(patterns));
    co_return co_await create_commit(hub, repo_id, std::move(deletions), message, commit_options(options),
                                     nullptr);
}

asio::awaitable<CommitInfo> delete_folder(HubPtr hub, std::string path_in_repo, std::string repo_id,
                                          DeleteOptions options)
{
    const auto message =
        options.commit_message.value_or("Delete folder " + path_in_repo + " with huggingface_hub");
    co_return co_await create_commit(
        hub, std::move(repo_id),
        {CommitOperationDelete{.path_in_repo = std::move(path_in_repo), .is_folder = true}}, message,
        commit_options(options), nullptr);
}

} // namespace hfasync::detail
