#include "transfer/snapshot_listing.hpp"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "api/common/pages.hpp"
#include "api/common/repo_head.hpp"
#include "base/hash.hpp"
#include "base/path_rules.hpp"
#include "cache/file_lock.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

RepoRef repo_of(const DownloadCall& call)
{
    return {.type = call.type, .id = call.repo_id, .token = call.token};
}

void check_name(const DownloadCall& call, std::string_view path)
{
    if (call.local)
        check_local_dir_path(path);
    else
        check_repo_path(path);
}

RevisionFiles read_revision(const DownloadCall& call, const json::value& answer, const std::string& source,
                            const PathFilter& filter)
{
    const auto bad = [&](const char* what) {
        throw BadResponseError(errc::bad_response, fmt::format("{}: expected {}", source, what));
    };
    const auto* object = answer.if_object();
    const auto* sha = object ? object->if_contains("sha") : nullptr;
    if (!sha || !sha->is_string()) bad("a commit hash at $.sha");
    RevisionFiles listing{.commit = std::string(sha->get_string())};
    check_commit_hash(listing.commit);
    const auto* siblings = object->if_contains("siblings");
    if (!siblings || !siblings->is_array()) bad("an array at $.siblings");
    listing.in_repo = siblings->get_array().size();
    for (const auto& sibling : siblings->get_array()) {
        const auto* entry = sibling.if_object();
        const auto* name = entry ? entry->if_contains("rfilename") : nullptr;
        if (!name || !name->is_string()) bad("a file name at $.siblings[].rfilename");
        const std::string_view path = name->get_string();
        if (!filter(path)) continue;
        check_name(call, path);
        listing.paths.emplace_back(path);
    }
    return listing;
}

http::Request tree_request(const DownloadCall& call, const std::string& commit)
{
    http::Request request;
    request.url = api_url(call.hub, revision_api_path(call.type, call.repo_id, "tree", commit));
    request.url.add_query({{"recursive", "true"}, {"expand", "false"}});
    request.auth.token = call.token;
    request.proxy = call.proxy;
    return request;
}

std::string text_at(const json::object& object, std::string_view key)
{
    const auto* found = object.if_contains(key);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::uint64_t size_at(const json::object& object, const DecodeContext& context)
{
    const auto* found = object.if_contains("size");
    if (!found || !found->is_int64() || found->get_int64() < 0)
        throw BadResponseError(errc::bad_response,
                               fmt::format("{}: expected a size at $[].size", context.source));
    return static_cast<std::uint64_t>(found->get_int64());
}

/// nullopt for a folder.
std::optional<TreeFile> read_entry(const json::value& value, const DecodeContext& context)
{
    const auto* object = value.if_object();
    const auto type = object ? text_at(*object, "type") : std::string();
    if (type == "directory") return std::nullopt;
    TreeFile file{.path = object ? text_at(*object, "path") : std::string()};
    if (type != "file" || file.path.empty())
        throw BadResponseError(errc::bad_response,
                               fmt::format("{}: expected files and directories at $[]", context.source));
    file.size = size_at(*object, context);
    file.blob_id = text_at(*object, "oid");
    if (const auto* lfs = object->if_contains("lfs"); lfs && lfs->is_object()) {
        file.lfs_sha256 = text_at(lfs->get_object(), "oid");
        file.lfs_size = size_at(lfs->get_object(), context);
    }
    file.xet_hash = text_at(*object, "xetHash");
    if (!is_lower_hex(file.xet_hash, 64)) file.xet_hash.clear();
    return file;
}

asio::awaitable<Tree> walk_tree(CallPtr call, std::string commit)
{
    Tree tree;
    PageWalk walk(call->hub, [call, commit] { return tree_request(*call, commit); }, call->scope());
    while (auto page = co_await walk.next()) {
        walk.go_ahead(co_await asio::this_coro::executor);
        for (const auto& item : page->items)
            if (auto file = read_entry(item, page->context)) tree.push_back(std::move(*file));
    }
    co_return tree;
}

bool has_no_tree(errc code)
{
    return code == errc::not_found || code == errc::entry_not_found || code == errc::http_status ||
           code == errc::server_error || code == errc::bad_response;
}

void keep_tree(const DownloadCall& call, const std::string& commit, const Tree& tree)
{
    try {
        if (call.local) {
            const auto [to, temp] = call.local->new_tree(commit);
            return write_tree(to, temp, tree);
        }
        const auto to = call.layout.tree(commit);
        const auto temp = call.layout.new_tree_temp(commit);
        make_parents(to);
        make_parents(temp);
        write_tree(Place::at(to), Place::at(temp), tree);
    } catch (const OSError&) { // it only saves a request
    }
}

} // namespace

asio::awaitable<RevisionFiles> ask_revision(CallPtr call, std::string revision, PathFilter filter)
{
    auto request = repo_request(call->hub, repo_of(*call), revision);
    request.proxy = call->proxy;
    const auto source = "GET " + request.url.redacted();
    const auto answer = co_await fetch_json(call->hub, std::move(request), call->scope());
    co_return read_revision(*call, answer, source, filter);
}

asio::awaitable<TreePtr> ask_tree(CallPtr call, std::string commit)
{
    std::shared_ptr<const Tree> tree;
    try {
        tree = std::make_shared<const Tree>(co_await walk_tree(call, commit));
    } catch (const HubError& error) {
        if (!has_no_tree(error.code())) throw;
    }
    if (tree) co_await call->hub->workers.run([&] { keep_tree(*call, commit, *tree); });
    co_return tree;
}

TreePtr tree_on_disk(const DownloadCall& call, const std::string& commit)
{
    if (!call.local) return read_tree(Place::at(call.layout.tree(commit)));
    try {
        const auto place = call.local->tree(commit);
        return place ? read_tree(*place) : nullptr;
    } catch (const OSError&) { // a link in its way, which is not followed
        return nullptr;
    }
}

void forget_tree(const DownloadCall& call, const std::string& commit)
{
    try {
        if (!call.local)
            remove_place(Place::at(call.layout.tree(commit)));
        else if (const auto place = call.local->tree(commit))
            remove_place(*place);
    } catch (const OSError&) {
    }
}

RevisionFiles listing_of(const DownloadCall& call, std::string commit, TreePtr tree, const PathFilter& filter)
{
    RevisionFiles listing{.commit = std::move(commit), .in_repo = tree->size(), .tree = tree};
    for (const auto& file : *tree)
        if (filter(file.path)) {
            check_name(call, file.path);
            listing.paths.push_back(file.path);
        }
    return listing;
}

Known by_path(const TreePtr& tree)
{
    Known known;
    if (!tree) return known;
    known.reserve(tree->size());
    for (const auto& file : *tree)
        known.emplace(file.path, &file);
    return known;
}

} // namespace hfasync::detail
