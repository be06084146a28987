#include <hfasync/api/papers.hpp>

#include <initializer_list>
#include <string_view>

#include "api/common/pages.hpp"
#include "api/common/url_part.hpp"

namespace hfasync {

namespace {

using namespace detail;
namespace json = boost::json;

bool is_missing(const json::value* value)
{
    if (!value || value->is_null()) return true;
    if (const auto* text = value->if_string()) return text->empty();
    if (const auto* list = value->if_array()) return list->empty();
    if (const auto* object = value->if_object()) return object->empty();
    return value->is_number() && value->to_number<double>() == 0;
}

// The search nests a paper below what it says of its submission; paper_info gives it flat. Each field is
// taken from the paper first, then from what stands around it, and then gone: two fields share the name
// `publishedAt`.
class PaperFields {
public:
    PaperFields(json::object& paper, json::object& around) : paper_(paper), around_(around) {}

    // What counts as missing in the paper is looked for around it; there it counts as it is.
    json::value either(std::string_view key)
    {
        auto inner = pop(paper_, key);
        return is_missing(&inner) ? pop(around_, key) : inner;
    }
    json::value outer(std::initializer_list<std::string_view> keys)
    {
        json::value found;
        for (const auto key : keys)
            if (is_missing(&found)) found = pop(around_, key);
        return found;
    }

private:
    static json::value pop(json::object& from, std::string_view key)
    {
        const auto found = from.find(key);
        if (found == from.end()) return nullptr;
        auto value = std::move(found->value());
        from.erase(found);
        return value;
    }
    json::object& paper_;
    json::object& around_;
};

json::value author_names(json::value&& authors)
{
    auto* list = authors.if_array();
    if (!list || list->empty()) return nullptr;
    json::array names;
    for (auto& author : *list) {
        const auto* object = author.if_object();
        if (!object) return std::move(authors); // decoding says what is wrong
        if (const auto* name = object->if_contains("name"); name && !name->is_null())
            names.push_back(*name); // one without a name is nobody
    }
    return names;
}

PaperInfo read_paper(json::value&& value, const DecodeContext& context)
{
    auto* around = value.if_object();
    if (!around) return decode<PaperInfo>(value, context); // says what is wrong
    json::object paper;
    if (auto* nested = around->if_contains("paper"); nested && nested->is_object())
        paper = std::move(nested->get_object());
    PaperFields fields(paper, *around);
    json::object flat;
    auto id = fields.outer({"id"});
    flat["id"] = id.is_null() ? fields.either("id") : std::move(id);
    flat["authors"] = author_names(fields.either("authors"));
    for (const auto key : {"publishedAt", "summary", "upvotes", "discussionId"})
        flat[key] = fields.either(key);
    for (const auto key : {"title", "source"})
        flat[key] = fields.outer({key});
    flat["submittedAt"] = fields.outer({"publishedAt", "submittedOnDailyAt"});
    flat["submittedBy"] = fields.outer({"submittedBy", "submittedOnDailyBy"});
    auto comments = fields.outer({"comments", "numComments"});
    flat["comments"] = comments.is_null() ? json::value(0) : std::move(comments);
    return decode<PaperInfo>(json::value(std::move(flat)), context);
}

boost::asio::awaitable<PaperInfo> paper_info(HubPtr hub, std::string id)
{
    http::Request request;
    request.url = api_url(hub, "/api/papers/" + url_part(id, "paper id"));
    request.auth.never = true;
    const DecodeContext context{.source = "GET " + request.url.redacted()};
    co_return read_paper(co_await fetch_json(hub, std::move(request), {.what = "paper " + id}), context);
}

} // namespace

AsyncGenerator<PaperInfo> PapersApi::list_papers(ListPapersOptions options) const
{
    auto first = [hub = hub_.state(), options = std::move(options)] {
        http::Request request;
        request.url = api_url(hub, "/api/papers/search");
        if (options.query && !options.query->empty()) request.url.add_query({{"q", *options.query}});
        request.auth.token = options.token;
        return request;
    };
    return listing<PaperInfo>(
        PageWalk::single(hub_.state(), std::move(first), {.what = "the search for papers"}), read_paper);
}

boost::asio::awaitable<PaperInfo> PapersApi::paper_info(std::string id) const
{
    return hfasync::paper_info(hub_.state(), std::move(id));
}

} // namespace hfasync
