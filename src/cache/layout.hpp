// Names of the shared cache: the same tree that huggingface_hub reads and writes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <hfasync/repo_id.hpp>

namespace hfasync::detail {

/// The folder of one repo in the cache. Every function checks what it is given (etag, commit, path, revision)
/// before it becomes part of a path, because most of it is a server's text.
class RepoLayout {
public:
    /// `root` is the cache folder (HF_HUB_CACHE). \throws HFValidationError for the id
    RepoLayout(std::filesystem::path root, RepoType type, std::string_view repo_id);

    /// "models--acme--tiny"
    const std::string& name() const noexcept { return name_; }
    const std::filesystem::path& root() const noexcept { return root_; }
    const std::filesystem::path& folder() const noexcept { return folder_; }

    const std::filesystem::path& blobs() const noexcept { return blobs_; }
    std::filesystem::path blob(std::string_view etag) const;
    std::filesystem::path incomplete(std::string_view etag) const;
    /// <root>/.locks/<name>/<etag>.lock
    std::filesystem::path lock(std::string_view etag) const;
    /// refs/<revision>, where '/' makes folders (refs/refs/pr/1)
    std::filesystem::path ref(std::string_view revision) const;
    std::filesystem::path snapshot(std::string_view commit) const;
    std::filesystem::path pointer(std::string_view commit, std::string_view path) const;
    std::filesystem::path no_exist(std::string_view commit, std::string_view path) const;
    /// A listing cached by commit.
    std::filesystem::path tree(std::string_view commit) const;
    /// Where it is written before it gets that name: in blobs/, where strangers do no harm.
    std::filesystem::path new_tree_temp(std::string_view commit) const;
    /// What the link at pointer(commit, path) says: "../../blobs/<etag>", one "../" more a sub-folder.
    static std::string link_text(std::string_view path, std::string_view etag);

private:
    std::filesystem::path root_;
    std::string name_;
    std::filesystem::path folder_;
    // Joined once, not for every file.
    std::filesystem::path blobs_;
    std::filesystem::path locks_;
    std::filesystem::path snapshots_;
};

/// Etags become blob names; the names of partials and locks must stay apart from them.
/// \throws FileMetadataError
void check_blob_name(std::string_view etag);

} // namespace hfasync::detail
