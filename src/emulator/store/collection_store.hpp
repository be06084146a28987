// The collections of all accounts. Who may change them, the routes decide.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/store/collection.hpp"
#include "emulator/store/errors.hpp"
#include "emulator/store/store.hpp"

namespace hfasync::emulator::store {

using CollectionPtr = std::shared_ptr<const Collection>;

/// 409: the owner has a collection of this title.
class CollectionExists : public StoreError {
public:
    explicit CollectionExists(std::string slug)
        : StoreError(409, "", "This collection already exists"), slug_(std::move(slug))
    {
    }
    const std::string& slug() const noexcept { return slug_; }

private:
    std::string slug_;
};

/// Thread-safe; a change is on disk before it is seen. A Collection that was given out never changes.
class CollectionStore {
public:
    /// \throws OSError for a damaged file
    explicit CollectionStore(Store& store);

    /// The collections of one owner follow each other in their order.
    std::vector<CollectionPtr> all() const;
    /// Null when there is none. A title in the slug may be an old one: the id at its end counts.
    CollectionPtr find(std::string_view owner, std::string_view slug_name) const;
    /// Its place among its owner's.
    std::size_t position(const Collection& collection) const;

    /// Gives it an id and puts it behind its owner's others. \throws CollectionExists
    CollectionPtr create(Collection collection);
    /// Changes a copy, which has today's date and takes the old one's place. What `change` throws leaves all
    /// as it was. \throws CollectionExists for a title that is another one's now; StoreError 404
    CollectionPtr change(std::string_view id, const std::function<void(Collection&)>& change);
    /// A place behind the last is the last. \throws StoreError 404
    void move(std::string_view id, std::size_t position);
    /// \throws StoreError 404
    void remove(std::string_view id);

private:
    using List = std::vector<CollectionPtr>;
    static void check_title(const List& list, const Collection& collection);
    static List::iterator locate(List& list, std::string_view id);
    void replace(List list); ///< under mutex_

    Store& store_;
    const std::filesystem::path file_;
    mutable std::mutex mutex_;
    List collections_;
};

} // namespace hfasync::emulator::store
