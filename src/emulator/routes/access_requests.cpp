// Access to gated repos: who asks, and who decides.
#include "base/encoding.hpp"
#include "emulator/access.hpp"
#include "emulator/json_text.hpp"
#include "emulator/routes/account.hpp"
#include "emulator/routes/body.hpp"
#include "emulator/store/access_request.hpp"

#include <boost/json/serialize.hpp>

namespace hfasync::emulator {

namespace json = boost::json;
using store::AccessRequest;

namespace {

/// A gated repo, for those who may write to it. \throws Refusal 400, 401, 403, 404
std::shared_ptr<store::Repo> administered(const Call& call)
{
    auto repo = writable(call);
    if (repo->settings().gated == "false") throw Refusal(400, "", "Repository is not gated");
    return repo;
}

/// The person that a body names. \throws Refusal 400, 404
const Account& named_user(const Call& call, const json::object& body)
{
    const auto name = require_text(body, "user");
    const Account* const account = call.site.store.accounts().find(name);
    if (!account || account->is_organization) throw Refusal(404, "", "User not found");
    return *account;
}

// ---- the lists

void write_request(JsonText& out, const Call& call, const store::RepoSettings& repo,
                   const AccessRequest& request)
{
    const auto& accounts = call.site.store.accounts();
    const Account* const user = accounts.find(request.user);
    if (!user) return; // the accounts are another run's
    out.open('{').key("user").open('{');
    write_user(out, *user, nullptr);
    // Who was let in unasked has not agreed to show his address.
    if (request.granted_by.empty()) out.key("email").string(store::Accounts::email(*user));
    out.key("reason").null().close('}').key("grantedBy");
    if (const Account* const by = accounts.find(request.granted_by)) {
        out.open('{');
        write_user(out, *by, nullptr);
        out.close('}');
    } else {
        out.null();
    }
    out.key("requestId").string(store::access_request_id(repo, request));
    out.key("status").string(request.status).key("timestamp").string(format_timestamp(request.timestamp));
    if (request.fields) out.key("fields").raw(json::serialize(*request.fields));
    if (!request.reason.empty()) out.key("rejectionReason").string(request.reason);
    out.close('}');
}

Reply list(Call& call)
{
    const auto& status = call.param("status");
    if (!store::is_access_status(status)) throw Refusal(404, "", "Not found");
    const auto repo = administered(call);
    JsonText out;
    out.open('[');
    const auto settings = repo->settings();
    for (const auto& request : store::access_requests(settings))
        if (request.status == status) write_request(out, call, settings, request);
    return json_reply(out.close(']').take());
}

// ---- decisions

enum class Found { nothing, same, other };

/// Whose request a body means: it names him, or the request. \throws Refusal 400, 404
std::string asking_user(const Call& call, const store::RepoSettings& repo, const json::object& body)
{
    const auto id = text_or(body, "requestId", "");
    if (id.empty()) return named_user(call, body).name;
    if (body.contains("user")) throw Refusal(400, "", "\"user\" and \"requestId\" exclude each other");
    for (const auto& request : store::access_requests(repo))
        if (store::access_request_id(repo, request) == id) return request.user;
    throw Refusal(404, "", "User access request not found");
}

Reply handle(Call& call)
{
    const auto repo = administered(call);
    const auto body = read_object(call.body);
    const auto status = require_text(body, "status");
    if (!store::is_access_status(status))
        throw Refusal(400, "", "\"status\" must be one of [accepted, rejected, pending]");
    const auto user = asking_user(call, repo->settings(), body);
    const auto reason = text_or(body, "rejectionReason", "");
    Found found = Found::nothing;
    repo->update([&](store::RepoSettings& settings) {
        auto request = store::find_access_request(settings, user);
        if (!request) return;
        found = request->status == status ? Found::same : Found::other;
        request->status = status;
        request->reason = status == "rejected" ? reason : "";
        store::put_access_request(settings, *request);
    });
    if (found == Found::nothing) throw Refusal(404, "", "User access request not found");
    if (found == Found::same)
        throw Refusal(404, "", "User access request is already in the " + status + " list");
    return json_reply("{}");
}

Reply grant(Call& call)
{
    const auto repo = administered(call);
    const auto& user = named_user(call, read_object(call.body));
    const store::Identity identity{.account = &user, .token = nullptr};
    bool has_access = false;
    repo->update([&](store::RepoSettings& settings) {
        has_access = call.site.store.accounts().may_read_content(&identity, settings);
        if (has_access) return;
        AccessRequest request;
        request.user = user.name;
        request.timestamp = call.site.store.now();
        request.granted_by = signed_in(call).account->name;
        if (auto asked = store::find_access_request(settings, user.name)) request = std::move(*asked);
        request.status = "accepted";
        request.reason.clear();
        store::put_access_request(settings, request);
    });
    if (has_access) throw Refusal(400, "", "User already has access to the repo");
    return json_reply("{}");
}

// ---- asking

/// What was filled into the form: a JSON object or form fields. nullopt for nothing. \throws Refusal 400
std::optional<json::object> read_form(const Call& call)
{
    if (call.body.empty()) return std::nullopt;
    if (!call.request.header("content-type").starts_with("application/x-www-form-urlencoded"))
        return read_object(call.body);
    const auto pairs = detail::decode_query(call.body);
    if (!pairs) throw Refusal(400, "", "Invalid form in the body of the request");
    json::object out;
    for (const auto& [name, value] : *pairs)
        out[name] = value;
    return out;
}

Reply ask(Call& call)
{
    const auto& who = *signed_in(call).account;
    const auto repo = readable(call);
    auto fields = read_form(call);
    if (repo->settings().gated == "false") throw Refusal(400, "", "Repository is not gated");
    bool rejected = false;
    repo->update([&](store::RepoSettings& settings) {
        const auto asked = store::find_access_request(settings, who.name);
        rejected = asked && asked->status == "rejected";
        if (asked || call.site.store.accounts().may_read_content(call.identity(), settings)) return;
        AccessRequest request;
        request.user = who.name;
        request.status = settings.gated == "auto" ? "accepted" : "pending";
        request.timestamp = call.site.store.now();
        request.fields = std::move(fields);
        store::put_access_request(settings, request);
    });
    if (rejected)
        throw Refusal(403, "GatedRepo",
                      "Your request to access this repo has been rejected by the repo's authors.");
    const auto url = repo_url(call.site, *repo);
    auto reply = text_reply("See Other. Redirecting to " + url, 303);
    reply.header("Location", url);
    return reply;
}

} // namespace

void add_access_routes(Router& router)
{
    const std::string requests = "/api/{kind}/{id}/user-access-request/";
    router.add("GET", requests + "{status}", {}, list);
    router.add("POST", requests + "handle", {}, handle);
    router.add("POST", requests + "grant", {}, grant);
    router.add("POST", "/{id}/ask-access", {}, ask);
    router.add("POST", "/datasets/{id}/ask-access", {}, ask);
    router.add("POST", "/spaces/{id}/ask-access", {}, ask);
}

} // namespace hfasync::emulator
