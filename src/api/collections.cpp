#include <hfasync/api/collections.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "api/common/pages.hpp"
#include "api/common/url_part.hpp"
#include "api/common/whoami.hpp"
#include "describe/query.hpp"
#include "http/error_map.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

std::string slug_path(const std::string& slug)
{
    return "/api/collections/" + url_part(slug, "collection slug");
}

std::string item_path(const std::string& slug, const std::string& item)
{
    return slug_path(slug) + "/items/" + url_part(item, "item_object_id");
}

http::ErrorScope scope_of(const std::string& slug)
{
    return {.what = "collection " + slug};
}

std::string source_of(const http::Request& request)
{
    return std::string(to_string(request.method)) + " " + request.url.redacted();
}

// What is given of the options, as the Hub names it.
template <class Options>
json::object body_of(const Options& options)
{
    auto body = std::move(encode(options, Naming::wire).get_object());
    body.erase("token");
    return body;
}

// The Hub's note is {"text", "html"}; documented is the text.
void flatten_notes(json::object& collection)
{
    auto* items = collection.if_contains("items");
    if (!items || !items->is_array()) return;
    for (auto& item : items->get_array()) {
        auto* fields = item.if_object();
        auto* note = fields ? fields->if_contains("note") : nullptr;
        auto* parts = note ? note->if_object() : nullptr;
        if (!parts) continue;
        json::value text;
        if (auto* found = parts->if_contains("text")) text = std::move(*found);
        *note = std::move(text);
    }
}

Collection read_collection(json::value&& value, const DecodeContext& context, const HubPtr& hub)
{
    if (auto* fields = value.if_object()) {
        flatten_notes(*fields);
        fields->erase("url"); // not the Hub's to say
    }
    auto collection = decode<Collection>(value, context);
    // No url_part: it refuses what the Hub is free to name, and this URL is asked for by nobody here.
    collection.url = api_url(hub, "/collections/" + percent_encode(collection.slug)).text();
    return collection;
}

boost::asio::awaitable<Collection> get_collection(HubPtr hub, std::string slug, GetCollectionOptions options)
{
    auto request = api_request(hub, http::Method::get, slug_path(slug), options.token);
    const DecodeContext context{.source = source_of(request)};
    auto answer = co_await fetch_json(hub, std::move(request), scope_of(slug));
    co_return read_collection(std::move(answer), context, hub);
}

// A POST whose 409 may be no error: the status decides, the body is kept either way.
struct Posted {
    int status = 0;
    std::string body;
};

boost::asio::awaitable<Posted> post(HubPtr hub, http::Request request, http::ErrorScope scope,
                                    bool conflict_is_fine)
{
    auto response = co_await hub->client.send(std::move(request), scope, http::Statuses::any);
    Posted posted{response.status, co_await response.read_all()};
    const bool success = posted.status >= 200 && posted.status < 300;
    if (!success && !(conflict_is_fine && posted.status == 409))
        http::throw_for_answer({.status = response.status,
                                .method = response.method,
                                .url = response.url,
                                .headers = response.headers,
                                .body = posted.body},
                               scope);
    co_return posted;
}

// The 409 of a title that is taken says which collection has it.
std::optional<std::string> slug_in(const std::string& body)
{
    boost::system::error_code failed;
    const auto value = json::parse(body, failed);
    const auto* object = failed ? nullptr : value.if_object();
    const auto* slug = object ? object->if_contains("slug") : nullptr;
    if (!slug || !slug->is_string()) return std::nullopt;
    return std::string(slug->get_string());
}

boost::asio::awaitable<Collection> create_collection(HubPtr hub, std::string title,
                                                     CreateCollectionOptions options)
{
    if (!options.namespace_) options.namespace_ = co_await whoami_name(hub, options.token);
    auto body = body_of(options);
    body.erase("existsOk");
    body["title"] = title;
    auto request = api_request(hub, http::Method::post, "/api/collections", options.token);
    request.replay = http::Replay::unsent; // a second one would meet the first
    set_json_body(request, body);
    const DecodeContext context{.source = source_of(request)};
    const auto posted =
        co_await post(hub, std::move(request),
                      {.what = "collection '" + title + "' of " + *options.namespace_}, options.exists_ok);
    if (posted.status != 409) co_return read_collection(parse_json(posted.body, context), context, hub);
    auto slug = slug_in(posted.body);
    if (!slug)
        throw ConflictError(errc::conflict,
                            context.source + ": the collection exists, but the server does not say where "
                                             "(no slug in its 409); look for it with list_collections",
                            {.status = 409});
    co_return co_await get_collection(hub, std::move(*slug), {.token = options.token});
}

boost::asio::awaitable<Collection> update_metadata(HubPtr hub, std::string slug,
                                                   UpdateCollectionMetadataOptions options)
{
    auto request = api_request(hub, http::Method::patch, slug_path(slug), options.token);
    set_json_body(request, body_of(options));
    const DecodeContext context{.source = source_of(request), .root = "$.data"};
    auto answer = co_await fetch_json(hub, std::move(request), scope_of(slug));
    auto* object = answer.if_object();
    auto* data = object ? object->if_contains("data") : nullptr;
    if (!data)
        throw BadResponseError(errc::bad_response, context.source + ": expected a collection at $.data");
    co_return read_collection(std::move(*data), context, hub);
}

// DELETE of a collection or an item.
boost::asio::awaitable<void> remove(HubPtr hub, std::string path, std::string slug,
                                    DeleteCollectionOptions options)
{
    try {
        co_await fetch_nothing(hub, api_request(hub, http::Method::delete_, path, options.token),
                               scope_of(slug));
    } catch (const HfHubHTTPError& error) {
        if (!options.missing_ok || error.context().status != 404) throw;
    }
}

boost::asio::awaitable<void> delete_collection(HubPtr hub, std::string slug, DeleteCollectionOptions options)
{
    const auto path = slug_path(slug);
    co_await remove(std::move(hub), path, std::move(slug), std::move(options));
}

boost::asio::awaitable<Collection> add_item(HubPtr hub, std::string slug, std::string id, std::string type,
                                            AddCollectionItemOptions options)
{
    auto body = body_of(options);
    body.erase("existsOk");
    body["item"] = json::object{{"id", id}, {"type", type}};
    auto request = api_request(hub, http::Method::post, slug_path(slug) + "/items", options.token);
    // Adding again is an error that only `exists_ok` does not mind.
    request.replay = options.exists_ok ? http::Replay::safe : http::Replay::unsent;
    set_json_body(request, body);
    const DecodeContext context{.source = source_of(request)};
    const auto posted = co_await post(
        hub, std::move(request), {.what = type + " " + id + " in collection " + slug}, options.exists_ok);
    if (posted.status != 409) co_return read_collection(parse_json(posted.body, context), context, hub);
    co_return co_await get_collection(hub, std::move(slug), {.token = options.token});
}

boost::asio::awaitable<void> update_item(HubPtr hub, std::string slug, std::string item,
                                         UpdateCollectionItemOptions options)
{
    auto request = api_request(hub, http::Method::patch, item_path(slug, item), options.token);
    set_json_body(request, body_of(options));
    co_await fetch_nothing(hub, std::move(request), scope_of(slug));
}

boost::asio::awaitable<void> delete_item(HubPtr hub, std::string slug, std::string item,
                                         DeleteCollectionItemOptions options)
{
    const auto path = item_path(slug, item);
    co_await remove(std::move(hub), path, std::move(slug), std::move(options));
}

} // namespace

AsyncGenerator<Collection> CollectionsApi::list_collections(ListCollectionsOptions options) const
{
    const auto limit = options.limit;
    auto first = [hub = hub_.state(), options = std::move(options)] {
        auto request = api_request(hub, http::Method::get, "/api/collections", options.token);
        QueryPairs query;
        append_query(query, options);
        request.url.add_query(query);
        return request;
    };
    // The Hub's listing has no positions: each collection gets its place in it.
    auto read = [hub = hub_.state(), place = std::int64_t{0}](json::value&& value,
                                                              const DecodeContext& context) mutable {
        auto collection = read_collection(std::move(value), context, hub);
        collection.position = place++;
        return collection;
    };
    return listing<Collection>(PageWalk(hub_.state(), std::move(first), {.what = "the list of collections"}),
                               std::move(read), limit);
}

boost::asio::awaitable<Collection> CollectionsApi::get_collection(std::string collection_slug,
                                                                  GetCollectionOptions options) const
{
    return hfasync::get_collection(hub_.state(), std::move(collection_slug), std::move(options));
}

boost::asio::awaitable<Collection> CollectionsApi::create_collection(std::string title,
                                                                     CreateCollectionOptions options) const
{
    return hfasync::create_collection(hub_.state(), std::move(title), std::move(options));
}

boost::asio::awaitable<Collection>
CollectionsApi::update_collection_metadata(std::string collection_slug,
                                           UpdateCollectionMetadataOptions options) const
{
    return update_metadata(hub_.state(), std::move(collection_slug), std::move(options));
}

boost::asio::awaitable<void> CollectionsApi::delete_collection(std::string collection_slug,
                                                               DeleteCollectionOptions options) const
{
    return hfasync::delete_collection(hub_.state(), std::move(collection_slug), std::move(options));
}

boost::asio::awaitable<Collection> CollectionsApi::add_collection_item(std::string collection_slug,
                                                                       std::string item_id,
                                                                       std::string item_type,
                                                                       AddCollectionItemOptions options) const
{
    return add_item(hub_.state(), std::move(collection_slug), std::move(item_id), std::move(item_type),
                    std::move(options));
}

boost::asio::awaitable<void> CollectionsApi::update_collection_item(std::string collection_slug,
                                                                    std::string item_object_id,
                                                                    UpdateCollectionItemOptions options) const
{
    return update_item(hub_.state(), std::move(collection_slug), std::move(item_object_id),
                       std::move(options));
}

boost::asio::awaitable<void> CollectionsApi::delete_collection_item(std::string collection_slug,
                                                                    std::string item_object_id,
                                                                    DeleteCollectionItemOptions options) const
{
    return delete_item(hub_.state(), std::move(collection_slug), std::move(item_object_id),
                       std::move(options));
}

} // namespace hfasync
