#include "emulator/store/store.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include <hfasync/error.hpp>

#include "base/os.hpp"
#include "emulator/store/errors.hpp"

namespace hfasync::emulator::store {

namespace fs = std::filesystem;

namespace {

fs::path prepare_data(const fs::path& asked)
{
    if (!asked.empty()) {
        std::error_code code;
        fs::create_directories(asked / "repos", code);
        if (code) detail::throw_os_error(code, "create", asked / "repos");
        return fs::absolute(asked);
    }
    std::string name = (fs::temp_directory_path() / "hfasync-hub-XXXXXX").string();
    if (!::mkdtemp(name.data())) detail::throw_errno("create", name);
    fs::create_directory(fs::path(name) / "repos");
    return name;
}

/// Two servers on one folder would clear each other's unfinished uploads and overwrite each other's refs.
detail::Fd lock_data(const fs::path& data)
{
    const fs::path path = data / "lock";
    detail::Fd file = detail::open_write(path, false);
    bool supported = true;
    if (!detail::try_flock(file, path, supported) && supported)
        detail::throw_os_error(std::make_error_code(std::errc::device_or_resource_busy),
                               "use the data folder: another embedded Hub is running on it; lock", path);
    return file;
}

Timestamp system_now()
{
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string new_uid(const NewRepo& repo, Timestamp now)
{
    static std::atomic<std::uint64_t> next{0};
    const std::string seed = fmt::format("{}/{}/{}/{}/{}", to_string(repo.type), repo.id,
                                         now.time_since_epoch().count(), ++next, ::getpid());
    return detail::sha256_hex(seed).substr(0, 24);
}

std::string space_readme(const NewRepo& repo)
{
    const std::string name = repo.id.substr(repo.id.find('/') + 1);
    return fmt::format(
        "---\ntitle: {}\nsdk: {}\npinned: false\n---\n\nCheck out the configuration reference at "
        "https://huggingface.co/docs/hub/spaces-config-reference\n",
        name, repo.sdk.empty() ? "static" : repo.sdk);
}

[[noreturn]] void no_repo()
{
    throw StoreError(404, "RepoNotFound", "Repository not found");
}

void check_id(std::string_view id)
{
    try {
        validate_repo_id(id);
    } catch (const Error& error) {
        throw StoreError(400, "", error.message());
    }
    if (id.find('/') == std::string_view::npos)
        throw StoreError(400, "", fmt::format("\"{}\" has no owner", id));
}

} // namespace

Store::Store(StoreOptions options)
    : temporary_(options.data.empty()), data_(prepare_data(options.data)), lock_(lock_data(data_)),
      clock_(options.clock ? std::move(options.clock) : system_now), lfs_threshold_(options.lfs_threshold),
      objects_({.root = data_ / "objects"}), trees_(objects_), accounts_(std::move(options.accounts))
{
    if (!temporary_) load();
}

Store::~Store()
{
    if (!temporary_) return;
    repos_.clear();
    std::error_code ignored;
    fs::remove_all(data_, ignored);
}

Store::Key Store::key(RepoType type, std::string_view id)
{
    std::string lower(id);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return {type, std::move(lower)};
}

std::shared_ptr<Repo> Store::load_repo(const fs::path& folder)
{
    try {
        return Repo::load(objects_, trees_, folder, clock_);
    } catch (const OSError&) {
        throw;
    } catch (const std::exception&) { // not JSON, a key is missing, an id is no id
        detail::throw_os_error(
            std::make_error_code(std::errc::illegal_byte_sequence),
            "read a repo's state, which is damaged; move this folder away or restore it:", folder);
    }
}

void Store::load()
{
    for (const fs::directory_entry& folder : fs::directory_iterator(data_ / "repos")) {
        if (!fs::exists(folder.path() / "repo.json")) {
            std::error_code ignored; // half deleted, or killed while it was being made
            fs::remove_all(folder.path(), ignored);
            continue;
        }
        auto repo = load_repo(folder.path());
        const RepoSettings settings = repo->settings();
        for (const std::string& former : settings.former_ids)
            former_[key(settings.type, former)] = repo;
        repos_[key(settings.type, settings.id)] = std::move(repo);
    }
}

std::shared_ptr<Repo> Store::add_repo(const NewRepo& repo)
{
    check_id(repo.id);
    if (repos_.contains(key(repo.type, repo.id)))
        throw StoreError(409, "", fmt::format("You already created this {} repo", to_string(repo.type)));
    RepoSettings settings;
    settings.uid = new_uid(repo, now());
    settings.type = repo.type;
    settings.id = repo.id;
    settings.is_private = repo.is_private;
    settings.sdk = repo.sdk;
    settings.created_at = settings.last_modified = now();
    const fs::path folder = data_ / "repos" / settings.uid;
    fs::create_directory(folder);
    auto made = std::make_shared<Repo>(objects_, trees_, folder, std::move(settings), clock_);
    repos_[key(repo.type, repo.id)] = made;
    return made;
}

std::shared_ptr<Repo> Store::create_repo(const NewRepo& repo)
{
    const std::unique_lock lock(mutex_);
    auto made = add_repo(repo);
    if (!repo.initial_commit) return made;
    CommitRequest first{.author = repo.author.empty() ? repo.id.substr(0, repo.id.find('/')) : repo.author,
                        .title = "initial commit"};
    const Account* author = accounts_.find(first.author);
    first.email = Accounts::email(author ? *author : Account{.name = first.author});
    const auto add = [&](std::string path, const std::string& content) {
        first.operations.emplace_back(AddBlob{std::move(path), objects_.put_blob(content), content.size()});
    };
    add(".gitattributes", default_gitattributes(repo.type == RepoType::dataset));
    if (repo.type == RepoType::space) add("README.md", space_readme(repo));
    made->commit(first);
    return made;
}

std::shared_ptr<Repo> Store::find(RepoType type, std::string_view id) const
{
    const std::shared_lock lock(mutex_);
    const Key wanted = key(type, id);
    if (const auto found = repos_.find(wanted); found != repos_.end()) return found->second;
    const auto moved = former_.find(wanted);
    return moved == former_.end() ? nullptr : moved->second.lock();
}

std::shared_ptr<Repo> Store::require(RepoType type, std::string_view id) const
{
    if (auto found = find(type, id)) return found;
    no_repo();
}

void Store::delete_repo(RepoType type, std::string_view id)
{
    const std::unique_lock lock(mutex_);
    const auto found = repos_.find(key(type, id));
    if (found == repos_.end()) no_repo();
    const fs::path folder = data_ / "repos" / found->second->settings().uid;
    std::erase_if(former_, [&](const auto& item) { return item.second.lock() == found->second; });
    repos_.erase(found);
    std::error_code ignored;
    fs::remove(folder / "repo.json", ignored); // from here on the next start takes it for deleted
    fs::remove_all(folder, ignored);
}

void Store::move_repo(RepoType type, std::string_view from, std::string_view to)
{
    check_id(to);
    const std::unique_lock lock(mutex_);
    const auto found = repos_.find(key(type, from));
    if (found == repos_.end()) no_repo();
    if (const auto other = repos_.find(key(type, to)); other != repos_.end() && other != found)
        throw StoreError(409, "", "A repository with the same name already exists");
    auto repo = found->second;
    repo->update([&](RepoSettings& settings) {
        std::erase(settings.former_ids, to);
        settings.former_ids.push_back(settings.id);
        settings.id = to;
    });
    repos_.erase(found);
    former_[key(type, from)] = repo;
    repos_[key(type, to)] = std::move(repo);
}

std::vector<std::shared_ptr<Repo>> Store::repos(RepoType type) const
{
    const std::shared_lock lock(mutex_);
    std::vector<std::shared_ptr<Repo>> out;
    for (const auto& [name, repo] : repos_)
        if (name.first == type) out.push_back(repo);
    return out;
}

} // namespace hfasync::emulator::store
