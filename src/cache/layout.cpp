#include "cache/layout.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include <hfasync/error.hpp>
#include <hfasync/revision.hpp>

#include <algorithm>

#include "base/path_rules.hpp"

namespace hfasync::detail {

namespace {

std::string folder_name(RepoType type, std::string_view repo_id)
{
    validate_repo_id(repo_id);
    std::string name(plural(type));
    name += "--";
    for (const char c : repo_id) {
        if (c == '/')
            name += "--";
        else
            name += c;
    }
    return name;
}

} // namespace

void check_blob_name(std::string_view etag)
{
    check_etag(etag);
    if (etag.ends_with(".incomplete") || etag.ends_with(".lock") || etag.starts_with('.'))
        throw FileMetadataError(errc::file_metadata,
                                "The ETag of the file cannot be the name of a cached blob: " +
                                    std::string(etag));
}

RepoLayout::RepoLayout(std::filesystem::path root, RepoType type, std::string_view repo_id)
    : root_(std::move(root)), name_(folder_name(type, repo_id)), folder_(root_ / name_),
      blobs_(folder_ / "blobs"), locks_(root_ / ".locks" / name_), snapshots_(folder_ / "snapshots")
{
}

std::filesystem::path RepoLayout::blob(std::string_view etag) const
{
    check_blob_name(etag);
    return blobs_ / etag;
}

std::filesystem::path RepoLayout::incomplete(std::string_view etag) const
{
    auto path = blob(etag);
    path += ".incomplete";
    return path;
}

std::filesystem::path RepoLayout::lock(std::string_view etag) const
{
    check_blob_name(etag);
    auto path = locks_ / etag;
    path += ".lock";
    return path;
}

std::filesystem::path RepoLayout::ref(std::string_view revision) const
{
    validate_revision(revision);
    return folder_ / "refs" / revision;
}

std::filesystem::path RepoLayout::snapshot(std::string_view commit) const
{
    check_commit_hash(commit);
    return snapshots_ / commit;
}

std::filesystem::path RepoLayout::pointer(std::string_view commit, std::string_view path) const
{
    check_repo_path(path);
    return snapshot(commit) / path;
}

std::filesystem::path RepoLayout::no_exist(std::string_view commit, std::string_view path) const
{
    check_commit_hash(commit);
    check_repo_path(path);
    return folder_ / ".no_exist" / commit / path;
}

std::filesystem::path RepoLayout::tree(std::string_view commit) const
{
    check_commit_hash(commit);
    auto path = folder_ / "trees" / commit;
    path += ".json";
    return path;
}

std::filesystem::path RepoLayout::new_tree_temp(std::string_view commit) const
{
    check_commit_hash(commit);
    return blobs() / fmt::format(".tree-{}-{}", commit, ::getpid());
}

std::string RepoLayout::link_text(std::string_view path, std::string_view etag)
{
    std::string text = "../../";
    for (auto folders = std::ranges::count(path, '/'); folders > 0; --folders)
        text += "../";
    return text.append("blobs/").append(etag);
}

} // namespace hfasync::detail
