#include "api/common/tree.hpp"

#include "api/common/pages.hpp"
#include "base/path_rules.hpp"
#include "describe/query.hpp"

namespace hfasync::detail {

namespace {

http::Request first_page(const HubPtr& hub, const TreeQuery& query)
{
    auto path = revision_api_path(query.repo.type, query.repo.id, "tree", query.revision);
    if (!query.path.empty()) {
        std::string_view checked = query.path;
        while (checked.ends_with('/'))
            checked.remove_suffix(1);
        check_repo_path(checked);
        path += "/" + percent_encode_all(query.path); // the Hub takes the slashes of this one encoded
    }
    http::Request request;
    request.url = api_url(hub, path);
    request.url.add_query({{"recursive", query_text(query.recursive)}, {"expand", query_text(query.expand)}});
    request.auth.token = query.repo.token;
    return request;
}

} // namespace

AsyncGenerator<TreeEntry> tree_entries(HubPtr hub, TreeQuery query)
{
    auto scope = scope_of(query.repo);
    auto first = [hub, query = std::move(query)] { return first_page(hub, query); };
    return listing<TreeEntry>(PageWalk(std::move(hub), std::move(first), std::move(scope)), read_tree_entry);
}

TreeEntry read_tree_entry(boost::json::value&& value, const DecodeContext& context)
{
    const auto* object = value.if_object();
    const auto* type = object ? object->if_contains("type") : nullptr;
    if (type && type->is_string() && type->get_string() == "directory")
        return decode<RepoFolder>(value, context);
    if (!type || !type->is_string() || type->get_string() != "file")
        throw BadResponseError(errc::bad_response, context.source +
                                                       ": expected \"file\" or \"directory\" at " +
                                                       context.root + ".type");
    auto file = decode<RepoFile>(value, context);
    if (file.security) file.security->safe = file.security->status == "safe";
    return file;
}

} // namespace hfasync::detail
