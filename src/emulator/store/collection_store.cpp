#include "emulator/store/collection_store.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

#include "base/os.hpp"
#include "emulator/store/state_file.hpp"

namespace hfasync::emulator::store {

namespace json = boost::json;

namespace {

constexpr std::size_t id_length = 24;

} // namespace

CollectionStore::CollectionStore(Store& store) : store_(store), file_(store.data() / "collections.json")
{
    const auto content = load_state(file_);
    try {
        for (const auto& value : content)
            collections_.push_back(
                std::make_shared<const Collection>(collection_from_json(value.as_object())));
    } catch (const std::exception&) { // a key is missing, or another kind of JSON
        detail::throw_os_error(
            std::make_error_code(std::errc::illegal_byte_sequence),
            "read collections, which are damaged; move this file away or restore it:", file_);
    }
}

std::vector<CollectionPtr> CollectionStore::all() const
{
    const std::scoped_lock lock(mutex_);
    return collections_;
}

CollectionPtr CollectionStore::find(std::string_view owner, std::string_view slug_name) const
{
    if (slug_name.size() < id_length) return nullptr;
    const auto id = slug_name.substr(slug_name.size() - id_length);
    const std::scoped_lock lock(mutex_);
    for (const auto& collection : collections_)
        if (collection->id == id && collection->owner == owner) return collection;
    return nullptr;
}

std::size_t CollectionStore::position(const Collection& collection) const
{
    const std::scoped_lock lock(mutex_);
    std::size_t place = 0;
    for (const auto& other : collections_) {
        if (other->id == collection.id) break;
        if (other->owner == collection.owner) ++place;
    }
    return place;
}

void CollectionStore::check_title(const List& list, const Collection& collection)
{
    for (const auto& other : list)
        if (other->owner == collection.owner && other->title == collection.title &&
            other->id != collection.id)
            throw CollectionExists(other->slug());
}

CollectionStore::List::iterator CollectionStore::locate(List& list, std::string_view id)
{
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto& one) { return one->id == id; });
    if (found == list.end()) throw StoreError(404, "", "Collection not found");
    return found;
}

void CollectionStore::replace(List list)
{
    json::array content;
    content.reserve(list.size());
    for (const auto& collection : list)
        content.push_back(to_json(*collection));
    save_state(file_, content);
    collections_ = std::move(list);
}

CollectionPtr CollectionStore::create(Collection collection)
{
    const std::scoped_lock lock(mutex_);
    check_title(collections_, collection);
    collection.last_updated = store_.now();
    collection.id = new_object_id(collection.owner + "/" + collection.title, collection.last_updated);
    auto made = std::make_shared<const Collection>(std::move(collection));
    auto list = collections_;
    list.push_back(made);
    replace(std::move(list));
    return made;
}

CollectionPtr CollectionStore::change(std::string_view id, const std::function<void(Collection&)>& change)
{
    const std::scoped_lock lock(mutex_);
    auto list = collections_;
    const auto place = locate(list, id);
    auto changed = **place;
    changed.last_updated = store_.now();
    change(changed);
    check_title(list, changed);
    const auto made = std::make_shared<const Collection>(std::move(changed));
    *place = made;
    replace(std::move(list));
    return made;
}

void CollectionStore::move(std::string_view id, std::size_t position)
{
    const std::scoped_lock lock(mutex_);
    auto list = collections_;
    const auto place = locate(list, id);
    const auto moved = *place;
    list.erase(place);
    auto target = list.begin();
    for (; target != list.end(); ++target)
        if ((*target)->owner == moved->owner && position-- == 0) break;
    list.insert(target, moved);
    replace(std::move(list));
}

void CollectionStore::remove(std::string_view id)
{
    const std::scoped_lock lock(mutex_);
    auto list = collections_;
    list.erase(locate(list, id));
    replace(std::move(list));
}

} // namespace hfasync::emulator::store
