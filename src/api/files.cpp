#include <hfasync/api/files.hpp>

#include <hfasync/revision.hpp>

#include "api/common/file_metadata.hpp"
#include "api/common/paths_info.hpp"
#include "api/common/tree.hpp"
#include "base/path_rules.hpp"
#include "http/proxy.hpp"

namespace hfasync {

namespace {

using namespace detail;

std::string revision_or_main(std::optional<std::string> revision)
{
    return revision ? std::move(*revision) : std::string(default_revision);
}

// Keeps a bad argument until somebody awaits.
template <class T>
class Refused final : public PageSource<T> {
public:
    explicit Refused(std::exception_ptr why) : why_(std::move(why)) {}
    boost::asio::awaitable<std::optional<std::vector<T>>> next_page() override
    {
        std::rethrow_exception(why_);
        co_return std::nullopt;
    }

private:
    std::exception_ptr why_;
};

AsyncGenerator<TreeEntry> tree(HubPtr hub, std::string repo_id, ListRepoTreeOptions options)
{
    try {
        return tree_entries(std::move(hub), {.repo = {.type = repo_type_or_model(options.repo_type),
                                                      .id = std::move(repo_id),
                                                      .token = std::move(options.token)},
                                             .path = std::move(options.path_in_repo).value_or(std::string()),
                                             .recursive = options.recursive,
                                             .expand = options.expand,
                                             .revision = revision_or_main(std::move(options.revision))});
    } catch (const ValueError&) {
        return AsyncGenerator<TreeEntry>(std::make_unique<Refused<TreeEntry>>(std::current_exception()));
    }
}

boost::asio::awaitable<std::vector<TreeEntry>> paths(HubPtr hub, std::string repo_id, Strings paths,
                                                     GetPathsInfoOptions options)
{
    PathsInfoQuery query{.repo = {.type = repo_type_or_model(options.repo_type),
                                  .id = std::move(repo_id),
                                  .token = std::move(options.token)},
                         .paths = paths.values(),
                         .expand = options.expand,
                         .revision = revision_or_main(std::move(options.revision))};
    co_return co_await paths_info(std::move(hub), std::move(query));
}

boost::asio::awaitable<bool> file_exists(HubPtr hub, std::string repo_id, std::string filename,
                                         FileExistsOptions options)
{
    const RepoRef repo{repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
    check_repo_path(filename);
    FileMetadataQuery query{
        .url = resolve_url(hub, repo.type, repo.id, filename, revision_or_main(std::move(options.revision))),
        .token = repo.token,
        .scope = scope_of(repo)};
    co_return co_await has_file(hub, std::move(query));
}

boost::asio::awaitable<HfFileMetadata> file_metadata(HubPtr hub, std::string url,
                                                     GetHfFileMetadataOptions options)
{
    FileMetadataQuery query{.url = http::Url::parse(url),
                            .token = std::move(options.token),
                            .proxy = http::proxies_of(options.proxies),
                            .scope = {.what = "the file"}};
    if (options.timeout) query.timeout = std::chrono::duration<double>(*options.timeout);
    co_return co_await get_file_metadata(std::move(hub), std::move(query));
}

} // namespace

AsyncGenerator<TreeEntry> FilesApi::list_repo_tree(std::string repo_id, ListRepoTreeOptions options) const
{
    return tree(hub_.state(), std::move(repo_id), std::move(options));
}

AsyncGenerator<std::string> FilesApi::list_repo_files(std::string repo_id, ListRepoFilesOptions options) const
{
    return tree(hub_.state(), std::move(repo_id),
                {.recursive = true,
                 .revision = std::move(options.revision),
                 .repo_type = std::move(options.repo_type),
                 .token = std::move(options.token)})
        .filter([](const TreeEntry& entry) { return std::holds_alternative<RepoFile>(entry); })
        .transform([](TreeEntry&& entry) { return std::get<RepoFile>(std::move(entry)).path; });
}

boost::asio::awaitable<std::vector<TreeEntry>> FilesApi::get_paths_info(std::string repo_id, Strings paths,
                                                                        GetPathsInfoOptions options) const
{
    return hfasync::paths(hub_.state(), std::move(repo_id), std::move(paths), std::move(options));
}

boost::asio::awaitable<bool> FilesApi::file_exists(std::string repo_id, std::string filename,
                                                   FileExistsOptions options) const
{
    return hfasync::file_exists(hub_.state(), std::move(repo_id), std::move(filename), std::move(options));
}

boost::asio::awaitable<HfFileMetadata> FilesApi::get_hf_file_metadata(std::string url,
                                                                      GetHfFileMetadataOptions options) const
{
    return file_metadata(hub_.state(), std::move(url), std::move(options));
}

} // namespace hfasync
