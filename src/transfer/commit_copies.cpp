// Copies within a repo: by hash for LFS files, by content for regular ones.
#include "transfer/commit.hpp"

#include <map>

#include "api/common/paths_info.hpp"
#include "base/path_rules.hpp"
#include "transfer/commit_operations.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;

namespace {

constexpr std::size_t paths_per_call = 100;
// A regular file is below the LFS threshold of 10 MB; a server that says otherwise must not fill the memory.
constexpr std::size_t most_regular = 64u << 20;

using Sources = std::map<std::pair<std::string, std::string>, RepoFile>; // by revision and path

asio::awaitable<void> look_up(UploadTarget target, std::string revision, std::vector<std::string> paths,
                              Sources* found)
{
    for (std::size_t begin = 0; begin < paths.size(); begin += paths_per_call) {
        const auto end = std::min(paths.size(), begin + paths_per_call);
        PathsInfoQuery query{.repo = target.repo,
                             .paths = {paths.begin() + static_cast<std::ptrdiff_t>(begin),
                                       paths.begin() + static_cast<std::ptrdiff_t>(end)},
                             .expand = false,
                             .revision = revision};
        auto entries = co_await paths_info(target.hub, std::move(query));
        for (auto& entry : entries) {
            if (std::holds_alternative<RepoFolder>(entry))
                throw NotImplementedError(errc::not_implemented, "Copying a folder is not implemented.");
            auto& file = std::get<RepoFile>(entry);
            found->insert_or_assign({revision, file.path}, std::move(file));
        }
    }
}

asio::awaitable<AdditionPtr> fetch_regular(UploadTarget target, CommitOperationCopy copy,
                                           std::string revision)
{
    http::Request request;
    request.url = resolve_url(target.hub, target.repo.type, target.repo.id, copy.src_path_in_repo, revision);
    request.auth.token = target.repo.token;
    auto response = co_await target.hub->client.send(std::move(request), scope_of(target.repo));
    auto content = co_await response.read_all(most_regular);
    auto addition = std::make_shared<Addition>(
        Addition{.path_in_repo = copy.path_in_repo, .source = UploadSource::bytes(std::move(content))});
    co_await inspect(target.hub, {addition});
    co_return addition;
}

} // namespace

asio::awaitable<std::vector<CommitLine>> copy_lines(UploadTarget target,
                                                    std::vector<CommitOperationCopy> copies)
{
    std::map<std::string, std::vector<std::string>> by_revision;
    for (const auto& copy : copies)
        by_revision[copy.src_revision.value_or(target.revision)].push_back(copy.src_path_in_repo);
    Sources sources;
    for (const auto& [revision, paths] : by_revision)
        co_await look_up(target, revision, paths, &sources);

    std::vector<CommitLine> lines;
    lines.reserve(copies.size());
    for (const auto& copy : copies) {
        const auto revision = copy.src_revision.value_or(target.revision);
        const auto found = sources.find({revision, copy.src_path_in_repo});
        if (found == sources.end())
            throw EntryNotFoundError(errc::entry_not_found, "Cannot copy " + copy.src_path_in_repo +
                                                                " at revision " + revision +
                                                                ": file is missing on repo.");
        if (found->second.lfs) {
            if (!is_lower_hex(found->second.lfs->sha256, 64))
                throw BadResponseError(errc::bad_response, "The Hub named no usable LFS hash for '" +
                                                               copy.src_path_in_repo + "'");
            lines.push_back(lfs_line(copy.path_in_repo, found->second.lfs->sha256, std::nullopt));
        } else {
            lines.push_back(file_line(co_await fetch_regular(target, copy, revision)));
        }
    }
    co_return lines;
}

} // namespace hfasync::detail
