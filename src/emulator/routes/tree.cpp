// Folder listings and paths-info.
#include <charconv>

#include "base/encoding.hpp"
#include "emulator/access.hpp"
#include "emulator/json_text.hpp"
#include "emulator/routes/body.hpp"

#include <boost/json/array.hpp>

namespace hfasync::emulator {

namespace {

/// Last commits of many files are costly: the Hub makes such pages short.
constexpr std::size_t expanded_page = 100;

void write_entry(JsonText& out, const store::ListedEntry& listed, bool expand)
{
    const auto& entry = listed.entry;
    out.open('{').key("type").raw(entry.is_folder ? "\"directory\"" : "\"file\"");
    out.key("oid").string(entry.oid.hex()).key("size").number(entry.size);
    if (entry.lfs) {
        out.key("lfs").open('{').key("oid").string(entry.lfs->hex()).key("size").number(entry.size);
        out.key("pointerSize").number(listed.pointer_size).close('}');
    }
    out.key("path").string(listed.path);
    if (expand) {
        out.key("lastCommit");
        if (listed.last_commit) {
            out.open('{')
                .key("id")
                .string(listed.last_commit->oid.hex())
                .key("title")
                .string(listed.last_commit->title);
            out.key("date").string(format_timestamp(listed.last_commit->date)).close('}');
        } else
            out.null();
        if (!entry.is_folder)
            out.key("securityFileStatus")
                .raw(R"({"status":"safe","avScan":{"status":"safe"},"pickleImportScan":null})");
    }
    out.close('}');
}

std::size_t page_limit(const Call& call, bool expand)
{
    const auto most =
        expand ? std::min(call.site.options.page_size, expanded_page) : call.site.options.page_size;
    const auto text = call.request.query_value("limit");
    if (!text) return most;
    std::size_t limit = 0;
    if (std::from_chars(text->data(), text->data() + text->size(), limit).ec != std::errc() || limit == 0)
        throw Refusal(400, "", "Invalid value for limit: " + std::string(*text));
    return std::min(limit, most);
}

void add_next_link(Reply& reply, const Call& call, const std::string& after)
{
    Pairs query = call.request.query;
    std::erase_if(query, [](const auto& pair) { return pair.first == "cursor"; });
    query.emplace_back("cursor", detail::base64_encode(after));
    reply.header("Link", "<" + call.site.endpoint + call.request.path + "?" + detail::encode_query(query) +
                             ">; rel=\"next\"");
}

Reply tree(Call& call)
{
    const auto repo = readable(call);
    store::ListRequest request;
    request.revision = call.param("rev");
    request.path = call.param("path");
    while (request.path.ends_with('/'))
        request.path.pop_back();
    request.recursive = call.request.query_flag("recursive");
    request.expand = call.request.query_flag("expand");
    request.limit = page_limit(call, request.expand);
    if (const auto cursor = call.request.query_value("cursor")) {
        const auto after = detail::base64_decode(*cursor);
        if (!after) throw Refusal(400, "", "Invalid cursor");
        request.after = *after;
    }
    const auto page = repo->list(request);
    JsonText out;
    out.reserve(page.entries.size() * 160);
    out.open('[');
    for (const auto& entry : page.entries)
        write_entry(out, entry, request.expand);
    auto reply = json_reply(out.close(']').take());
    reply.header("X-Repo-Commit", page.commit.hex());
    if (!page.next.empty()) add_next_link(reply, call, page.next);
    return reply;
}

struct PathsQuestion {
    std::vector<std::string> paths;
    bool expand = false;
};

PathsQuestion read_question(const Call& call)
{
    PathsQuestion out;
    if (call.request.header("content-type").starts_with("application/json")) {
        const auto body = read_object(call.body);
        out.expand = flag(body, "expand");
        const auto* paths = body.if_contains("paths");
        if (paths && paths->is_string()) out.paths.emplace_back(paths->get_string());
        if (paths && paths->is_array())
            for (const auto& path : paths->get_array())
                if (path.is_string()) out.paths.emplace_back(path.get_string());
        return out;
    }
    const auto form = detail::decode_query(call.body);
    if (!form) throw Refusal(400, "", "Invalid form in the body of the request");
    for (const auto& [key, value] : *form) {
        if (key == "paths" || key == "paths[]")
            out.paths.push_back(value);
        else if (key == "expand")
            out.expand = value == "True" || value == "true" || value == "1";
        else
            throw Refusal(400, "", "Unrecognized key in form: \"" + key + "\"");
    }
    return out;
}

Reply paths_info(Call& call)
{
    const auto repo = readable(call);
    const auto question = read_question(call);
    const auto& revision = call.param("rev");
    const auto commit = repo->resolve(revision);
    const auto entries = repo->paths_info(revision, question.paths, question.expand);
    JsonText out;
    out.open('[');
    for (const auto& entry : entries)
        write_entry(out, entry, question.expand);
    auto reply = json_reply(out.close(']').take());
    reply.header("X-Repo-Commit", commit.hex());
    return reply;
}

} // namespace

void add_tree_routes(Router& router)
{
    router.add("GET", "/api/{kind}/{id}/tree/{rev}/{path...}", {"recursive", "expand", "limit", "cursor"},
               tree);
    router.add("POST", "/api/{kind}/{id}/paths-info/{rev}", {}, paths_info);
}

} // namespace hfasync::emulator
