// Repos from files at hand.
#include "emulator/store/store.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "base/os.hpp"
#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t sample_size = 512;

std::string read_start(const fs::path& path, std::size_t size)
{
    std::string text(size, '\0');
    const detail::Fd file = detail::open_read(path);
    text.resize(detail::read_at(file, std::as_writable_bytes(std::span(text)), 0, path));
    return text;
}

/// Sorted. As in an upload, a git repository's own folder and what clients keep beside their downloads stay
/// behind.
std::vector<fs::path> files_below(const fs::path& folder)
{
    std::vector<fs::path> files;
    for (auto at = fs::recursive_directory_iterator(folder); at != fs::recursive_directory_iterator(); ++at) {
        const auto name = at->path().filename();
        if (name == ".git" || (name == "huggingface" && at->path().parent_path().filename() == ".cache"))
            at.disable_recursion_pending();
        else if (at->is_regular_file())
            files.push_back(at->path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// Makes room for one repo and takes it away again unless everything went well.
template <class Fill>
std::string with_new_repo(Store& store, const NewRepo& wanted, Fill fill)
{
    const auto repo = store.create_repo(wanted);
    try {
        return fill(*repo);
    } catch (...) {
        store.delete_repo(wanted.type, wanted.id);
        throw;
    }
}

} // namespace

std::string Store::seed_commit(Repo& repo, std::vector<Operation> operations)
{
    const std::string id = repo.id();
    CommitRequest request{
        .author = id.substr(0, id.find('/')), .title = "initial commit", .operations = std::move(operations)};
    const Account* author = accounts_.find(request.author);
    request.email = Accounts::email(author ? *author : Account{.name = request.author});
    return repo.commit(request).commit.hex();
}

std::string Store::seed(RepoType type, std::string_view id,
                        const std::vector<std::pair<std::string, std::string>>& files)
{
    std::string attributes = default_gitattributes(type == RepoType::dataset);
    for (const auto& [path, content] : files)
        if (path == ".gitattributes") attributes = content;
    const LfsRules lfs(attributes);
    const IgnoreRules nothing("");
    return with_new_repo(
        *this, {.type = type, .id = std::string(id), .initial_commit = false}, [&](Repo& repo) {
            std::vector<Operation> operations;
            for (const auto& [path, content] : files) {
                const UploadQuestion file{
                    .path = path, .size = content.size(), .sample = content.substr(0, sample_size)};
                if (decide_upload(file, lfs, nothing, lfs_threshold_).lfs)
                    operations.emplace_back(AddLfs{path, objects_.put_lfs(content), content.size()});
                else
                    operations.emplace_back(AddBlob{path, objects_.put_blob(content), content.size()});
            }
            return seed_commit(repo, std::move(operations));
        });
}

std::string Store::seed_folder(RepoType type, std::string_view id, const fs::path& folder)
{
    const std::vector<fs::path> files = files_below(folder);
    const fs::path own = folder / ".gitattributes";
    const LfsRules lfs(fs::is_regular_file(own) ? read_start(own, 1u << 20)
                                                : default_gitattributes(type == RepoType::dataset));
    const IgnoreRules nothing("");
    return with_new_repo(
        *this, {.type = type, .id = std::string(id), .initial_commit = false}, [&](Repo& repo) {
            std::vector<Operation> operations;
            for (const fs::path& path : files) {
                const UploadQuestion file{.path = path.lexically_relative(folder).generic_string(),
                                          .size = fs::file_size(path),
                                          .sample = read_start(path, sample_size)};
                if (decide_upload(file, lfs, nothing, lfs_threshold_).lfs) {
                    const auto [oid, size] = objects_.put_lfs_file(path);
                    operations.emplace_back(AddLfs{file.path, oid, size});
                } else {
                    const auto [oid, size] = objects_.put_blob_file(path);
                    operations.emplace_back(AddBlob{file.path, oid, size});
                }
            }
            return seed_commit(repo, std::move(operations));
        });
}

} // namespace hfasync::emulator::store
