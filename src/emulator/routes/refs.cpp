// Branches, tags and history.
#include <charconv>

#include "emulator/access.hpp"
#include "emulator/html_text.hpp"
#include "emulator/json_text.hpp"
#include "emulator/routes/body.hpp"

namespace hfasync::emulator {

namespace {

constexpr std::size_t commits_per_page = 50; // the Hub's

void write_refs(JsonText& out, std::string_view key, const std::vector<store::Ref>& refs)
{
    out.key(key).open('[');
    for (const auto& ref : refs) {
        out.open('{').key("name").string(ref.name).key("ref").string(ref.ref);
        out.key("targetCommit").string(ref.commit.hex()).close('}');
    }
    out.close(']');
}

Reply refs(Call& call)
{
    const auto all = readable(call)->refs();
    JsonText out;
    out.open('{');
    write_refs(out, "tags", all.tags);
    write_refs(out, "branches", all.branches);
    write_refs(out, "converts", all.converts);
    if (call.request.query_flag("include_prs")) write_refs(out, "pullRequests", all.pull_requests);
    return json_reply(out.close('}').take());
}

std::size_t number_of(const Request& request, std::string_view key, std::size_t fallback)
{
    const auto text = request.query_value(key);
    if (!text) return fallback;
    std::size_t value = 0;
    const auto end = std::from_chars(text->data(), text->data() + text->size(), value);
    if (end.ec != std::errc() || end.ptr != text->data() + text->size())
        throw Refusal(400, "", "Invalid value for " + std::string(key) + ": " + std::string(*text));
    return value;
}

Reply commits(Call& call)
{
    const auto repo = readable(call);
    const auto page = number_of(call.request, "p", 0);
    const auto limit = std::clamp<std::size_t>(number_of(call.request, "limit", commits_per_page), 1, 1000);
    const auto expand = call.request.query_values("expand");
    const bool formatted = std::find(expand.begin(), expand.end(), "formatted") != expand.end();
    std::size_t total = 0;
    const auto history = repo->history(call.param("rev"), page * limit, limit, &total);
    JsonText out;
    out.open('[');
    for (const auto& commit : history) {
        out.open('{').key("id").string(commit.oid.hex()).key("title").string(commit.title);
        out.key("message")
            .string(commit.description)
            .key("authors")
            .open('[')
            .open('{')
            .key("user")
            .string(commit.author);
        out.key("avatar").null().close('}').close(']').key("date").string(format_timestamp(commit.date));
        if (formatted) {
            out.key("formatted").open('{').key("title").string(escape_html(commit.title));
            out.key("message")
                .string(commit.description.empty() ? "" : "<p>" + escape_html(commit.description) + "</p>")
                .close('}');
        }
        out.close('}');
    }
    auto reply = json_reply(out.close(']').take());
    reply.header("X-Total-Count", std::to_string(total));
    if ((page + 1) * limit < total) {
        std::string next = call.site.endpoint + call.request.path + "?p=" + std::to_string(page + 1);
        if (call.request.query_value("limit")) next += "&limit=" + std::to_string(limit);
        if (formatted) next += "&expand%5B%5D=formatted";
        reply.header("Link", "<" + next + ">; rel=\"next\"");
    }
    return reply;
}

Reply create_branch(Call& call)
{
    const auto repo = writable(call);
    const auto body = read_object(call.body);
    const auto& name = call.param("name");
    if (name.starts_with("refs/")) throw Refusal(400, "", "Invalid reference for a branch: " + name);
    repo->create_branch(name, text_or(body, "startingPoint", "main"));
    return text_reply("OK");
}

Reply delete_branch(Call& call)
{
    writable(call)->delete_branch(call.param("name"));
    return text_reply("OK");
}

Reply create_tag(Call& call)
{
    const auto repo = writable(call);
    const auto body = read_object(call.body);
    repo->create_tag(require_text(body, "tag"), call.param("name"), text_or(body, "message", ""));
    return text_reply("OK");
}

Reply delete_tag(Call& call)
{
    writable(call)->delete_tag(call.param("name"));
    return text_reply("OK");
}

Reply squash(Call& call)
{
    const auto repo = writable(call);
    const auto body = read_object(call.body);
    const auto& account = *signed_in(call).account;
    const auto& branch = call.param("branch");
    auto message = text_or(body, "message", "");
    if (message.empty()) message = "Super-squash branch '" + branch + "' using huggingface_hub";
    const auto commit = repo->squash(branch, account.name, store::Accounts::email(account), message);
    JsonText out;
    return json_reply(out.open('{').key("commitId").string(commit.hex()).close('}').take());
}

} // namespace

void add_ref_routes(Router& router)
{
    router.add("GET", "/api/{kind}/{id}/refs", {"include_prs"}, refs);
    router.add("GET", "/api/{kind}/{id}/commits/{rev}", {"p", "limit", "expand"}, commits);
    router.add("POST", "/api/{kind}/{id}/branch/{name}", {}, create_branch);
    router.add("DELETE", "/api/{kind}/{id}/branch/{name}", {}, delete_branch);
    router.add("POST", "/api/{kind}/{id}/tag/{name}", {}, create_tag);
    router.add("DELETE", "/api/{kind}/{id}/tag/{name}", {}, delete_tag);
    // Clients leave the slashes of a branch's name as they are here.
    router.add("POST", "/api/{kind}/{id}/super-squash/{branch...}", {}, squash);
}

} // namespace hfasync::emulator
