// list_collections.
#include <algorithm>
#include <charconv>

#include "emulator/access.hpp"
#include "emulator/routes/collection_json.hpp"
#include "emulator/routes/page.hpp"

namespace hfasync::emulator {

using store::CollectionPtr;

namespace {

constexpr std::size_t most_per_page = 100; // the Hub's
constexpr std::chrono::days trend{7};

bool contains(const std::vector<std::string>& list, const std::string& text)
{
    return std::find(list.begin(), list.end(), text) != list.end();
}

bool contains_ignoring_case(std::string_view text, std::string_view part)
{
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

/// What `item` of the query calls it: "models/acme/tiny", "papers/2311.12983".
bool holds(const Site& site, const store::Collection& collection, const std::vector<std::string>& wanted)
{
    return std::any_of(collection.items.begin(), collection.items.end(), [&](const auto& item) {
        const auto repo = item.type == "paper" ? nullptr : repo_of(site, item);
        return contains(wanted, item.type + "s/" + (repo ? repo->id() : item.name));
    });
}

std::vector<CollectionPtr> matching(const Call& call)
{
    const auto owners = call.request.query_values("owner");
    const auto items = call.request.query_values("item");
    const auto words = call.request.query_value("q");
    const auto& accounts = call.site.store.accounts();
    auto list = call.site.collections.all();
    std::erase_if(list, [&](const CollectionPtr& one) {
        if (one->is_private && accounts.in_namespace(call.identity(), one->owner) == store::Permission::none)
            return true;
        if (!owners.empty() && !contains(owners, one->owner)) return true;
        if (words && !contains_ignoring_case(one->title, *words)) return true;
        return !items.empty() && !holds(call.site, *one, items);
    });
    return list;
}

/// Without an order, those of one owner stand as he has put them, others the newest first.
void sort(const Call& call, std::vector<CollectionPtr>& list)
{
    const auto order = call.request.query_value("sort");
    const auto since = call.site.store.now() - trend;
    const auto score = [&](const store::Collection& one) -> std::uint64_t {
        if (order == "upvotes") return one.upvoters.size();
        if (order != "trending") return 0;
        return static_cast<std::uint64_t>(
            std::count_if(one.upvoters.begin(), one.upvoters.end(),
                          [&](const auto& vote) { return vote.second >= since; }));
    };
    if (order && order != "lastModified" && order != "trending" && order != "upvotes")
        throw Refusal(400, "", "\"sort\" must be one of [lastModified, trending, upvotes]");
    if (!order && call.request.query_values("owner").size() == 1) return;
    std::sort(list.begin(), list.end(), [&](const CollectionPtr& a, const CollectionPtr& b) {
        const auto left = score(*a), right = score(*b);
        if (left != right) return left > right;
        return a->last_updated != b->last_updated ? a->last_updated > b->last_updated : a->id < b->id;
    });
}

std::size_t first_of_page(const Call& call)
{
    const auto cursor = read_cursor(call);
    std::size_t at = 0;
    const auto end = cursor.data() + cursor.size();
    if (!cursor.empty() && std::from_chars(cursor.data(), end, at).ptr != end)
        throw Refusal(400, "", "Invalid cursor");
    return at;
}

Reply list(Call& call)
{
    auto rows = matching(call);
    sort(call, rows);
    const auto limit = read_limit(call, most_per_page);
    const auto begin = std::min(first_of_page(call), rows.size());
    const auto end = std::min(begin + limit, rows.size());
    const CollectionJson writer(call);
    JsonText out;
    out.open('[');
    for (auto i = begin; i < end; ++i)
        writer.write_row(out, *rows[i]);
    auto reply = json_reply(out.close(']').take());
    if (end < rows.size()) write_next(call, reply, std::to_string(end));
    return reply;
}

} // namespace

void add_collection_listing(Router& router)
{
    router.add("GET", "/api/collections", {"owner", "item", "sort", "limit", "cursor", "q"}, list);
}

} // namespace hfasync::emulator
