#include "calls.hpp"

#include <algorithm>
#include <array>

#include <hfasync/error.hpp>
#include <hfasync/hf_api.hpp>
#include <hfasync/repo_id.hpp>
#include <hfasync/transfer/remote_file.hpp>

namespace bench_harness {

namespace asio = boost::asio;
using hfasync::HfApi;
using hfasync::Hub;
using Count = asio::awaitable<std::uint64_t>;

namespace {

template <class T>
Count count_items(hfasync::AsyncGenerator<T> items)
{
    std::uint64_t count = 0;
    while (co_await items.next())
        ++count;
    co_return count;
}

Count whoami(Hub hub, CallArguments)
{
    co_await HfApi(hub).whoami();
    co_return 1;
}

Count repo_info(Hub hub, CallArguments a)
{
    co_await HfApi(hub).repo_info(a.repo_id, {.revision = a.revision, .repo_type = a.repo_type});
    co_return 1;
}

Count model_info(Hub hub, CallArguments a)
{
    co_await HfApi(hub).model_info(a.repo_id, {.revision = a.revision});
    co_return 1;
}

Count dataset_info(Hub hub, CallArguments a)
{
    co_await HfApi(hub).dataset_info(a.repo_id, {.revision = a.revision});
    co_return 1;
}

Count list_models(Hub hub, CallArguments a)
{
    return count_items(HfApi(hub).list_models({.limit = a.limit}));
}

Count list_datasets(Hub hub, CallArguments a)
{
    return count_items(HfApi(hub).list_datasets({.limit = a.limit}));
}

Count list_repo_tree(Hub hub, CallArguments a)
{
    return count_items(HfApi(hub).list_repo_tree(
        a.repo_id, {.recursive = true, .revision = a.revision, .repo_type = a.repo_type}));
}

Count list_repo_refs(Hub hub, CallArguments a)
{
    auto refs = co_await HfApi(hub).list_repo_refs(a.repo_id, {.repo_type = a.repo_type});
    co_return refs.branches.size() + refs.tags.size();
}

Count list_repo_commits(Hub hub, CallArguments a)
{
    return count_items(
        HfApi(hub).list_repo_commits(a.repo_id, {.repo_type = a.repo_type, .revision = a.revision}));
}

Count get_paths_info(Hub hub, CallArguments a)
{
    auto found = co_await HfApi(hub).get_paths_info(a.repo_id, a.filename,
                                                    {.revision = a.revision, .repo_type = a.repo_type});
    co_return found.size();
}

Count file_exists(Hub hub, CallArguments a)
{
    co_return co_await HfApi(hub).file_exists(a.repo_id, a.filename,
                                              {.repo_type = a.repo_type, .revision = a.revision});
}

Count hf_hub_download(Hub hub, CallArguments a)
{
    co_await HfApi(hub).hf_hub_download(a.repo_id, a.filename,
                                        {.repo_type = a.repo_type, .revision = a.revision});
    co_return 1;
}

Count snapshot_download(Hub hub, CallArguments a)
{
    co_await HfApi(hub).snapshot_download(a.repo_id, {.repo_type = a.repo_type, .revision = a.revision});
    co_return 1;
}

Count stream_file(Hub hub, CallArguments a)
{
    std::uint64_t bytes = 0;
    auto pieces =
        hfasync::stream_file(hub, a.repo_id, a.filename, {.repo_type = a.repo_type, .revision = a.revision});
    while (auto piece = co_await pieces.next())
        bytes += piece->size();
    co_return bytes;
}

constexpr std::array table{
    NamedCall{"whoami", "Whose token it is", "answers", false, false, whoami},
    NamedCall{"repo_info", "What the Hub knows about a repo", "answers", true, false, repo_info},
    NamedCall{"model_info", "The same of a model", "answers", true, false, model_info},
    NamedCall{"dataset_info", "The same of a dataset", "answers", true, false, dataset_info},
    NamedCall{"list_models", "The first models, page by page", "models", false, false, list_models},
    NamedCall{"list_datasets", "The first datasets, page by page", "datasets", false, false, list_datasets},
    NamedCall{"list_repo_tree", "All files and folders, page by page", "entries", true, false,
              list_repo_tree},
    NamedCall{"list_repo_refs", "Branches and tags", "refs", true, false, list_repo_refs},
    NamedCall{"list_repo_commits", "All commits, page by page", "commits", true, false, list_repo_commits},
    NamedCall{"get_paths_info", "What the Hub knows about a file", "entries", true, true, get_paths_info},
    NamedCall{"file_exists", "Whether there is such a file (a HEAD)", "files", true, true, file_exists},
    NamedCall{"hf_hub_download", "A file by way of the cache: bytes the first time, then a HEAD", "files",
              true, true, hf_hub_download},
    NamedCall{"snapshot_download", "A repo by way of the cache: bytes the first time, then one request",
              "snapshots", true, false, snapshot_download},
    NamedCall{"stream_file", "A file's bytes each time, hashed, not written", "bytes", true, true,
              stream_file},
};

} // namespace

std::span<const NamedCall> call_table()
{
    return table;
}

const NamedCall& find_call(std::string_view name, const CallArguments& arguments)
{
    const auto at =
        std::find_if(table.begin(), table.end(), [&](const auto& call) { return call.name == name; });
    if (at == table.end())
        throw hfasync::ValueError("There is no call \"" + std::string(name) + "\"; --list names all.");
    if (at->needs_repo && arguments.repo_id.empty())
        throw hfasync::ValueError(std::string(name) + " needs a repo: --repo OWNER/NAME.");
    if (at->needs_repo) hfasync::validate_repo_id(arguments.repo_id);
    if (at->needs_file && arguments.filename.empty())
        throw hfasync::ValueError(std::string(name) + " needs a file of the repo: --file PATH.");
    return *at;
}

} // namespace bench_harness
