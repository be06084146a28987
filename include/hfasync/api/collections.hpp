// Collections: list, get, create, update, delete; their items: add, update, delete.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <hfasync/describe.hpp>
#include <hfasync/generator.hpp>
#include <hfasync/hub.hpp>
#include <hfasync/strings.hpp>
#include <hfasync/token.hpp>
#include <hfasync/types/collection.hpp>

namespace hfasync {

struct ListCollectionsOptions {
    Strings owner; ///< names of users and organisations
    Strings item;  ///< "models/acme/tiny", "datasets/squad", "spaces/...", "papers/2311.12983"
    std::optional<std::string> sort; ///< lastModified, trending or upvotes
    std::optional<std::uint64_t> limit;
    Token token;
};
HFASYNC_DESCRIBE(ListCollectionsOptions, owner, item, sort, limit, token)

struct GetCollectionOptions {
    Token token;
};
HFASYNC_DESCRIBE(GetCollectionOptions, token)

struct CreateCollectionOptions {
    std::optional<std::string> namespace_; ///< user or organisation; default: the user of the token
    std::optional<std::string> description;
    bool private_ = false;
    bool exists_ok = false; ///< returns an existing collection of this title
    Token token;
};
HFASYNC_DESCRIBE(CreateCollectionOptions, namespace_, description, private_, exists_ok, token)

/// What is not given stays as it is.
struct UpdateCollectionMetadataOptions {
    std::optional<std::string> title; ///< changes the slug, but not the id at its end
    std::optional<std::string> description;
    std::optional<std::int64_t> position; ///< among the owner's collections
    std::optional<bool> private_;
    std::optional<std::string> theme; ///< orange, blue, green, purple, pink or indigo
    Token token;
};
HFASYNC_DESCRIBE(UpdateCollectionMetadataOptions, title, description, position, private_, theme, token)

struct DeleteCollectionOptions {
    bool missing_ok = false; ///< a missing one is no error
    Token token;
};
HFASYNC_DESCRIBE(DeleteCollectionOptions, missing_ok, token)
using DeleteCollectionItemOptions = DeleteCollectionOptions;

struct AddCollectionItemOptions {
    std::optional<std::string> note; ///< at most 500 characters
    bool exists_ok = false;          ///< an item that is in the collection already is no error
    Token token;
};
HFASYNC_DESCRIBE(AddCollectionItemOptions, note, exists_ok, token)

/// What is not given stays as it is.
struct UpdateCollectionItemOptions {
    std::optional<std::string> note;      ///< at most 500 characters
    std::optional<std::int64_t> position; ///< from 0
    Token token;
};
HFASYNC_DESCRIBE(UpdateCollectionItemOptions, note, position, token)

/// Collections of repos and papers. A slug is "owner/title-64f9a55bb3115b4f513ec026"; one that is not valid
/// in a URL throws ValueError, an unknown one HfHubHTTPError 404.
class CollectionsApi {
public:
    explicit CollectionsApi(Hub hub) : hub_(std::move(hub)) {}

    /// Lists collections, each with its first 4 items at most.
    /// *Errors*: BadRequestError for an unknown sort order. Source: `list_collections`.
    AsyncGenerator<Collection> list_collections(ListCollectionsOptions options = {}) const;

    /// Returns a collection with all its items. *Errors*: HfHubHTTPError 404; 401 for a private one without a
    /// token. Source: `get_collection`.
    boost::asio::awaitable<Collection> get_collection(std::string collection_slug,
                                                      GetCollectionOptions options = {}) const;

    /// Makes a collection. Without a namespace, calls `whoami`.
    /// *Errors*: ConflictError (409) when it exists (unless `exists_ok`); LocalTokenNotFoundError without a
    /// namespace and a token. *Retries*: only what cannot have reached the Hub. Source: `create_collection`.
    boost::asio::awaitable<Collection> create_collection(std::string title,
                                                         CreateCollectionOptions options = {}) const;

    /// Changes title, description, position, visibility or theme. *Errors*: HfHubHTTPError 403, 404;
    /// BadRequestError for an unknown theme. Source: `update_collection_metadata`.
    boost::asio::awaitable<Collection>
    update_collection_metadata(std::string collection_slug,
                               UpdateCollectionMetadataOptions options = {}) const;

    /// Deletes a collection; this cannot be undone. *Errors*: HfHubHTTPError 403, 404 (unless `missing_ok`).
    /// Source: `delete_collection`.
    boost::asio::awaitable<void> delete_collection(std::string collection_slug,
                                                   DeleteCollectionOptions options = {}) const;

    /// Appends a repo (`item_type` model, dataset, space) or a paper to a collection, and returns the updated
    /// collection. *Errors*: HfHubHTTPError 403, 404 when there is no such repo or paper; ConflictError (409)
    /// when it is already in it (unless `exists_ok`). *Retries*: without `exists_ok`, only what cannot have
    /// reached the Hub. Source: `add_collection_item`.
    boost::asio::awaitable<Collection> add_collection_item(std::string collection_slug, std::string item_id,
                                                           std::string item_type,
                                                           AddCollectionItemOptions options = {}) const;

    /// Changes the note or the position of an item, named by CollectionItem::item_object_id.
    /// *Errors*: HfHubHTTPError 403, 404. Source: `update_collection_item`.
    boost::asio::awaitable<void> update_collection_item(std::string collection_slug,
                                                        std::string item_object_id,
                                                        UpdateCollectionItemOptions options = {}) const;

    /// Removes an item, named by CollectionItem::item_object_id, from a collection.
    /// *Errors*: HfHubHTTPError 403, 404 (unless `missing_ok`). Source: `delete_collection_item`.
    boost::asio::awaitable<void> delete_collection_item(std::string collection_slug,
                                                        std::string item_object_id,
                                                        DeleteCollectionItemOptions options = {}) const;

private:
    Hub hub_;
};

} // namespace hfasync
