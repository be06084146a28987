// What is kept of a collection.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include <hfasync/time.hpp>

namespace hfasync::emulator::store {

struct CollectionItem {
    std::string id;   ///< 24 hex digits
    std::string type; ///< model, dataset, space, paper
    std::string name; ///< repo id when it was added, or paper id
    std::string key;  ///< uid of the repo, or paper id: what makes it the same thing
    std::optional<std::string> note;
};

struct Collection {
    std::string id;    ///< 24 hex digits
    std::string owner; ///< account name
    std::string title;
    std::optional<std::string> description;
    std::string theme;
    bool is_private = false;
    Timestamp last_updated{};
    std::map<std::string, Timestamp> upvoters; ///< user name, since when
    std::vector<CollectionItem> items;         ///< a position is a place in here

    /// "owner/title-in-words-64f9a55bb3115b4f513ec026"
    std::string slug() const;
    /// The place of an item; nullopt without it.
    std::optional<std::size_t> place_of(std::string_view item_id) const;
};

/// Lower case, everything but letters and digits a single '-'.
std::string kebab_case(std::string_view title);

boost::json::object to_json(const Collection& collection);
/// \throws std::exception for what to_json has not written
Collection collection_from_json(const boost::json::object& object);

} // namespace hfasync::emulator::store
