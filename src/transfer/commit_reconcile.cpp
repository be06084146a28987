// After a lost reply: does the repo look as if the commit had been made?
#include "transfer/commit.hpp"

#include <map>

#include "api/common/paths_info.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t paths_per_call = 100;

using Entries = std::map<std::string, TreeEntry>;

std::string without_slash(std::string path)
{
    while (path.ends_with('/'))
        path.pop_back();
    return path;
}

asio::awaitable<Entries> entries_of(UploadTarget target, std::vector<std::string> paths)
{
    Entries found;
    for (std::size_t begin = 0; begin < paths.size(); begin += paths_per_call) {
        PathsInfoQuery query{.repo = target.repo, .paths = {}, .revision = target.revision};
        for (auto i = begin; i < std::min(paths.size(), begin + paths_per_call); ++i)
            query.paths.push_back(paths[i]);
        auto entries = co_await paths_info(target.hub, std::move(query));
        for (auto& entry : entries) {
            auto path = std::visit([](const auto& e) { return e.path; }, entry);
            found.insert_or_assign(std::move(path), std::move(entry));
        }
    }
    co_return found;
}

asio::awaitable<bool> is_same(HubPtr hub, AdditionPtr addition, const RepoFile* file)
{
    if (!file || file->size != *addition->size) co_return false;
    if (file->lfs) co_return !addition->sha256.empty() && file->lfs->sha256 == addition->sha256;
    co_return file->blob_id == co_await git_blob_id(hub, addition);
}

} // namespace

asio::awaitable<bool> has_landed(UploadTarget target, const std::vector<CommitOperation>* operations)
{
    // Which Pull Request was opened, and what a copy would have to look like, cannot be told from the paths.
    if (target.create_pr) co_return false;
    std::map<std::string, AdditionPtr> wanted; // the last operation on a path counts; null: gone
    for (const auto& operation : *operations) {
        if (const auto* added = std::get_if<CommitOperationAdd>(&operation)) {
            if (!added->state()->should_ignore) wanted[added->path_in_repo()] = added->state();
        } else if (const auto* removed = std::get_if<CommitOperationDelete>(&operation)) {
            wanted[without_slash(removed->path_in_repo)] = nullptr;
        } else {
            co_return false;
        }
    }
    std::vector<std::string> paths;
    for (const auto& [path, addition] : wanted)
        paths.push_back(path);
    const auto found = co_await entries_of(target, std::move(paths));
    for (const auto& [path, addition] : wanted) {
        const auto entry = found.find(path);
        if (!addition && entry != found.end()) co_return false;
        if (!addition) continue;
        const auto* file = entry == found.end() ? nullptr : std::get_if<RepoFile>(&entry->second);
        if (!co_await is_same(target.hub, addition, file)) co_return false;
    }
    co_return !wanted.empty();
}

} // namespace hfasync::detail
