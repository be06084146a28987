#include "transfer/upload_folder.hpp"

#include <unordered_set>

#include "base/encoding.hpp"
#include "transfer/folder_walk.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

template <class Options>
CreateCommitOptions commit_options(const Options& options)
{
    return {.commit_description = options.commit_description,
            .token = options.token,
            .repo_type = options.repo_type,
            .revision = options.revision,
            .create_pr = options.create_pr,
            .parent_commit = options.parent_commit};
}

/// The page of what was uploaded: ".../blob/main/a.txt", ".../tree/main/folder".
std::string page_url(const CommitInfo& info, std::string_view kind,
                     const std::optional<std::string>& revision, std::string_view path)
{
    const auto shown = info.pr_revision ? *info.pr_revision : revision.value_or("main");
    return info.repo_url.url + "/" + std::string(kind) + "/" + percent_encode_all(shown) + "/" +
           std::string(path);
}

asio::awaitable<std::vector<CommitOperation>> folder_additions(UploadTarget target,
                                                               std::filesystem::path folder,
                                                               const UploadFolderOptions* options,
                                                               std::string prefix)
{
    auto found = co_await walk_folder(
        target.hub, {.folder = folder,
                     .filter = upload_filter(options->allow_patterns, options->ignore_patterns),
                     .follow_links = options->follow_links});
    for (const auto& link : found.left_out_links)
        warn(target.hub, left_out_text(link));
    std::vector<CommitOperation> additions;
    additions.reserve(found.files.size());
    AdditionPtr readme;
    for (const auto& file : found.files) {
        CommitOperationAdd addition(prefix + file.relative, folder / file.relative);
        if (file.relative == "README.md") readme = addition.state();
        additions.emplace_back(std::move(addition));
    }
    // The folder's README is judged here whatever path it goes to, and again by create_commit at the root of
    // the repo: so the reference does.
    if (readme) {
        co_await inspect(target.hub, {readme});
        co_await validate_readme(target, readme);
    }
    co_return additions;
}

} // namespace

std::string folder_prefix(const std::optional<std::string>& path_in_repo)
{
    if (!path_in_repo) return {};
    std::string_view path = *path_in_repo;
    while (path.starts_with('/'))
        path.remove_prefix(1);
    while (path.ends_with('/'))
        path.remove_suffix(1);
    return path.empty() || path == "." ? std::string() : std::string(path) + "/";
}

asio::awaitable<CommitInfo> upload_file(HubPtr hub, UploadSource source, std::string path_in_repo,
                                        std::string repo_id, UploadFileOptions options, ProgressSink progress)
{
    static_cast<void>(repo_type_or_model(options.repo_type));
    const auto message = options.commit_message.value_or("Upload " + path_in_repo + " with huggingface_hub");
    CommitOperationAdd addition(std::move(path_in_repo), std::move(source));
    auto info = co_await create_commit(hub, std::move(repo_id), {addition}, message, commit_options(options),
                                       ItemProgress::share(std::move(progress)));
    info.legacy_url = page_url(info, "blob", options.revision, addition.path_in_repo());
    co_return info;
}

asio::awaitable<CommitInfo> upload_folder(HubPtr hub, std::string repo_id, std::filesystem::path folder,
                                          UploadFolderOptions options, ProgressSink progress)
{
    const auto sink = ItemProgress::share(std::move(progress));
    const UploadTarget target{
        .hub = hub,
        .repo = {.type = repo_type_or_model(options.repo_type), .id = repo_id, .token = options.token},
        .revision = options.revision.value_or("main"),
        .create_pr = options.create_pr.value_or(false)};
    validate_repo_id(repo_id);
    const auto prefix = folder_prefix(options.path_in_repo);
    std::vector<CommitOperation> deletions;
    if (options.delete_patterns)
        // A Pull Request starts from main. Source: _prepare_folder_deletions.
        deletions = co_await matching_deletions(hub, target.repo, target.create_pr ? "main" : target.revision,
                                                prefix, *options.delete_patterns);
    auto operations = co_await folder_additions(target, folder, &options, prefix);
    std::unordered_set<std::string> added;
    for (const auto& operation : operations)
        added.insert(std::get<CommitOperationAdd>(operation).path_in_repo());
    std::erase_if(deletions, [&](const CommitOperation& operation) {
        return added.contains(std::get<CommitOperationDelete>(operation).path_in_repo);
    });
    operations.insert(operations.begin(), std::make_move_iterator(deletions.begin()),
                      std::make_move_iterator(deletions.end()));
    const auto message = options.commit_message.value_or("Upload folder using huggingface_hub");
    auto info =
        co_await create_commit(hub, repo_id, std::move(operations), message, commit_options(options), sink);
    info.legacy_url = page_url(info, "tree", options.revision, options.path_in_repo.value_or(""));
    co_return info;
}

} // namespace hfasync::detail
