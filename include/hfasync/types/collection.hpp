// Collections of repos and papers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <hfasync/describe.hpp>
#include <hfasync/json_value.hpp>
#include <hfasync/time.hpp>

namespace hfasync {

/// One thing in a collection. Source: `CollectionItem`.
struct CollectionItem {
    std::string item_object_id; ///< identifies the item in its collection, 24 hex digits
    std::string item_id;        ///< repo id, or arXiv id of a paper
    std::string item_type;      ///< model, dataset, space or paper; the Hub may add further ones
    std::int64_t position = 0;  ///< from 0
    std::optional<std::string> note;
    bool operator==(const CollectionItem&) const = default;
};
HFASYNC_DESCRIBE(CollectionItem, item_object_id, item_id, item_type, position, note)
template <>
inline constexpr std::array field_rules<CollectionItem>{
    FieldRule{.field = "item_object_id", .wire = "_id", .required = true},
    FieldRule{.field = "item_id", .wire = "id", .required = true},
    FieldRule{.field = "item_type", .wire = "type"},
};

/// Source: `Collection`.
struct Collection {
    std::string slug; ///< "TheBloke/recent-models-64f9a55bb3115b4f513ec026"
    std::string title;
    Json owner;                        ///< a user or an organisation: name, type, avatar ...
    std::vector<CollectionItem> items; ///< at most 4 in listings
    Timestamp last_updated{};
    std::int64_t position = 0; ///< among the owner's collections; in listings the place in the listing
    bool private_ = false;
    std::string theme; ///< its colour: orange, blue, green, purple, pink, indigo
    std::int64_t upvotes = 0;
    std::optional<std::string> description;
    std::string url; ///< its page on the Hub
    bool operator==(const Collection&) const = default;
};
HFASYNC_DESCRIBE(Collection, slug, title, owner, items, last_updated, position, private_, theme, upvotes,
                 description, url)
template <>
inline constexpr std::array field_rules<Collection>{
    FieldRule{.field = "slug", .required = true},
    FieldRule{.field = "url", .printed = false}, // made from the endpoint and the slug
};

} // namespace hfasync
