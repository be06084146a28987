#include "cache/delete_plan.hpp"

#include <algorithm>
#include <map>

#include "cache/scan.hpp"

namespace hfasync::detail {

namespace fs = std::filesystem;

namespace {

/// The ancestor of `path` that is a repo's folder and holds it below `kind`; empty when there is none.
fs::path repo_holding(const fs::path& path, std::string_view kind)
{
    fs::path at;
    bool in_repo = false;
    for (const auto& part : path) {
        if (in_repo && part == kind) return at;
        in_repo = parse_repo_folder(part.string()).has_value();
        at /= part;
    }
    return {};
}

bool is_plain(const fs::path& path)
{
    return path.is_absolute() && std::ranges::none_of(path, [](const fs::path& part) {
               return part == ".." || part == "." || part.empty();
           });
}

void sort_unique(std::vector<fs::path>& paths)
{
    std::ranges::sort(paths);
    paths.erase(std::ranges::unique(paths).begin(), paths.end());
}

} // namespace

void plan_revisions(const CachedRepoInfo& repo, const std::set<std::string>& commit_hashes,
                    DeleteCacheStrategy& strategy)
{
    std::set<fs::path> others;
    for (const auto& revision : repo.revisions)
        if (!commit_hashes.contains(revision.commit_hash))
            for (const auto& file : revision.files)
                others.insert(file.blob_path);
    // A link that leaves the repo is not ours to follow: what it leads to stays.
    const auto real = resolve_links(repo.repo_path);
    for (const auto& revision : repo.revisions) {
        if (!commit_hashes.contains(revision.commit_hash)) continue;
        strategy.snapshots.push_back(revision.snapshot_path);
        for (const auto& ref : revision.refs)
            strategy.refs.push_back(repo.repo_path / "refs" / ref);
        for (const auto& file : revision.files) {
            const bool own =
                file.blob_path.parent_path() == real / "blobs" || file.blob_path == file.file_path;
            // Put among the others: its size counts once.
            if (!own || !others.insert(file.blob_path).second) continue;
            strategy.blobs.push_back(file.blob_path);
            strategy.expected_freed_size += file.size_on_disk;
        }
    }
}

std::vector<RepoDeletion> deletions_by_repo(const DeleteCacheStrategy& strategy)
{
    std::map<fs::path, RepoDeletion> found;
    const auto of = [&](const fs::path& repo) -> RepoDeletion& {
        auto& deletion = found[repo];
        deletion.repo = repo;
        return deletion;
    };
    for (const auto& repo : strategy.repos)
        if (is_plain(repo) && parse_repo_folder(repo.filename().string())) of(repo).whole = true;
    const auto assign = [&](const std::vector<fs::path>& paths, std::string_view kind, auto member) {
        for (const auto& path : paths)
            if (const auto repo = is_plain(path) ? repo_holding(path, kind) : fs::path(); !repo.empty())
                (of(repo).*member).push_back(path);
    };
    assign(strategy.snapshots, "snapshots", &RepoDeletion::snapshots);
    assign(strategy.refs, "refs", &RepoDeletion::refs);
    // The folder of a repo may be a link to another disk: its blobs then have other paths.
    std::map<fs::path, fs::path> blob_folders;
    for (const auto& [repo, deletion] : found)
        blob_folders[resolve_links(repo) / "blobs"] = repo;
    for (const auto& blob : strategy.blobs) {
        const auto known = blob_folders.find(blob.parent_path());
        if (known != blob_folders.end())
            of(known->second).blobs.push_back(blob);
        else if (const auto repo = is_plain(blob) ? repo_holding(blob, "blobs") : fs::path();
                 !repo.empty() && blob.parent_path() == repo / "blobs")
            of(repo).blobs.push_back(blob);
    }
    std::vector<RepoDeletion> out;
    out.reserve(found.size());
    for (auto& [repo, deletion] : found)
        out.push_back(std::move(deletion));
    return out;
}

} // namespace hfasync::detail

namespace hfasync {

std::map<std::string, std::string> CachedRepoInfo::refs() const
{
    std::map<std::string, std::string> out;
    for (const auto& revision : revisions)
        for (const auto& ref : revision.refs)
            out.emplace(ref, revision.commit_hash);
    return out;
}

DeleteCacheStrategy HFCacheInfo::delete_revisions(const Strings& commit_hashes) const
{
    const std::set<std::string> wanted(commit_hashes.begin(), commit_hashes.end());
    std::set<std::string> found;
    DeleteCacheStrategy strategy;
    for (const auto& repo : repos) {
        std::set<std::string> here;
        for (const auto& revision : repo.revisions)
            if (wanted.contains(revision.commit_hash)) here.insert(revision.commit_hash);
        if (here.empty()) continue;
        found.insert(here.begin(), here.end());
        if (here.size() < repo.revisions.size()) {
            detail::plan_revisions(repo, here, strategy);
            continue;
        }
        strategy.repos.push_back(repo.repo_path);
        strategy.expected_freed_size += repo.size_on_disk;
    }
    for (auto* paths : {&strategy.blobs, &strategy.refs, &strategy.repos, &strategy.snapshots})
        detail::sort_unique(*paths);
    strategy.revisions.assign(found.begin(), found.end());
    std::ranges::set_difference(wanted, found, std::back_inserter(strategy.not_found));
    return strategy;
}

} // namespace hfasync
