// All repos of the embedded Hub.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hfasync/repo_id.hpp>

#include "emulator/store/accounts.hpp"
#include "emulator/store/object_store.hpp"
#include "emulator/store/repo.hpp"
#include "emulator/store/tree.hpp"

namespace hfasync::emulator::store {

struct StoreOptions {
    std::filesystem::path data; ///< empty: a temporary folder, removed with the Store
    std::vector<Account> accounts;
    std::uint64_t lfs_threshold = 10u << 20; ///< for seeding
    std::function<Timestamp()> clock;        ///< null: the system's
};

struct NewRepo {
    RepoType type = RepoType::model;
    std::string id;     ///< "owner/name"
    std::string author; ///< account name; empty: the owner
    bool is_private = false;
    std::string sdk;
    bool initial_commit = true; ///< "initial commit" with .gitattributes (and a Space's README.md)
};

/// Thread-safe.
class Store {
public:
    /// Loads what is in `data`. \throws OSError when the folder cannot be used
    explicit Store(StoreOptions options);
    ~Store();
    Store(const Store&) = delete;

    ObjectStore& objects() noexcept { return objects_; }
    const Accounts& accounts() const noexcept { return accounts_; }
    const std::filesystem::path& data() const noexcept { return data_; }
    Timestamp now() const { return clock_(); }

    /// \throws StoreError 409 when the id is taken, 400 when it is no repo id
    std::shared_ptr<Repo> create_repo(const NewRepo& repo);
    /// Null when there is none. Follows renames: compare id() to see whether it did. A repo's owner and name
    /// are compared without case, as the Hub does.
    std::shared_ptr<Repo> find(RepoType type, std::string_view id) const;
    /// \throws StoreError 404 RepoNotFound
    std::shared_ptr<Repo> require(RepoType type, std::string_view id) const;
    void delete_repo(RepoType type, std::string_view id);
    /// The old id leads to the repo from now on. \throws StoreError 404 RepoNotFound, 409 when `to` is taken
    void move_repo(RepoType type, std::string_view from, std::string_view to);
    /// By id.
    std::vector<std::shared_ptr<Repo>> repos(RepoType type) const;

    /// One commit with exactly these files (no .gitattributes of its own). Size, default patterns and the
    /// files' own .gitattributes decide what is LFS. \returns the commit hash
    std::string seed(RepoType type, std::string_view id,
                     const std::vector<std::pair<std::string, std::string>>& files);
    std::string seed_folder(RepoType type, std::string_view id, const std::filesystem::path& folder);

private:
    using Key = std::pair<RepoType, std::string>; ///< id in lower case
    static Key key(RepoType type, std::string_view id);
    std::shared_ptr<Repo> add_repo(const NewRepo& repo);
    void load();
    std::shared_ptr<Repo> load_repo(const std::filesystem::path& folder);
    std::string seed_commit(Repo& repo, std::vector<Operation> operations);

    bool temporary_;
    std::filesystem::path data_;
    detail::Fd lock_;
    std::function<Timestamp()> clock_;
    std::uint64_t lfs_threshold_;
    ObjectStore objects_;
    TreeStore trees_;
    Accounts accounts_;
    mutable std::shared_mutex mutex_;
    std::map<Key, std::shared_ptr<Repo>> repos_;
    std::map<Key, std::weak_ptr<Repo>> former_;
};

} // namespace hfasync::emulator::store
