#include "api/common/paths_info.hpp"

#include "api/common/tree.hpp"
#include "describe/query.hpp"

namespace hfasync::detail {

boost::asio::awaitable<std::vector<TreeEntry>> paths_info(HubPtr hub, PathsInfoQuery query)
{
    http::Request request;
    request.method = http::Method::post;
    request.url =
        api_url(hub, revision_api_path(query.repo.type, query.repo.id, "paths-info", query.revision));
    request.auth.token = query.repo.token;
    request.replay = http::Replay::safe; // a POST that only reads
    QueryPairs form;
    for (auto& path : query.paths)
        form.emplace_back("paths", std::move(path));
    form.emplace_back("expand", query_text(query.expand));
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.body = http::text_body(encode_query(form));

    DecodeContext context{.source = "POST " + request.url.redacted()};
    auto answer = co_await fetch_json(hub, std::move(request), scope_of(query.repo));
    auto* list = answer.if_array();
    if (!list) throw BadResponseError(errc::bad_response, context.source + ": expected a list at $");
    std::vector<TreeEntry> entries;
    entries.reserve(list->size());
    for (std::size_t i = 0; i < list->size(); ++i) {
        context.root = "$[" + std::to_string(i) + "]";
        entries.push_back(read_tree_entry(std::move((*list)[i]), context));
    }
    co_return entries;
}

} // namespace hfasync::detail
