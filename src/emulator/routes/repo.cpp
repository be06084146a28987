// Repos come, go, move and change their settings.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.hpp"
#include "emulator/access.hpp"
#include "emulator/json_text.hpp"
#include "emulator/routes/body.hpp"
#include "emulator/store/card.hpp"
#include "emulator/store/errors.hpp"

namespace hfasync::emulator {

namespace json = boost::json;
using store::Permission;

namespace {

constexpr std::array<std::string_view, 4> space_sdks{"gradio", "streamlit", "docker", "static"};

struct NamedRepo {
    RepoType type = RepoType::model;
    std::string owner, id;
};

/// {"name", "organization", "type"} of create and delete.
NamedRepo read_name(const Call& call, const json::object& body)
{
    NamedRepo out;
    out.type = read_repo_type(body);
    out.owner = text_or(body, "organization", signed_in(call).account->name);
    auto name = require_text(body, "name");
    if (const auto slash = name.find('/'); slash != std::string::npos) {
        out.owner = name.substr(0, slash);
        name.erase(0, slash + 1);
    }
    out.id = out.owner + "/" + name;
    return out;
}

std::string kind(RepoType type)
{
    return std::string(to_string(type));
}

std::string read_sdk(const json::object& body, RepoType type)
{
    if (type != RepoType::space) return {};
    const auto sdk = text_or(body, "sdk", "");
    if (std::find(space_sdks.begin(), space_sdks.end(), sdk) == space_sdks.end())
        throw Refusal(400, "", "Invalid input: \"sdk\" must be one of [gradio, streamlit, docker, static]");
    return sdk;
}

/// The few small files that a repo may be made with; the JavaScript client sends them.
std::vector<store::Operation> read_first_files(const Call& call, const json::object& body)
{
    std::vector<store::Operation> out;
    const auto* files = body.if_contains("files");
    if (!files) return out;
    if (!files->is_array()) throw Refusal(400, "", "Invalid input: \"files\" must be an array");
    for (const auto& item : files->get_array()) {
        if (!item.is_object()) throw Refusal(400, "", "Invalid input: \"files\" must hold objects");
        const auto& file = item.get_object();
        std::optional<std::string> content = require_text(file, "content");
        if (text_or(file, "encoding", "utf-8") == "base64") content = detail::base64_decode(*content);
        if (!content) throw Refusal(400, "", "Invalid input: \"content\" must be base64");
        out.emplace_back(store::AddBlob{.path = require_text(file, "path"),
                                        .blob = call.site.store.objects().put_blob(*content),
                                        .size = content->size()});
    }
    return out;
}

Reply create(Call& call)
{
    const auto& who = signed_in(call);
    const auto body = read_object(call.body);
    const auto name = read_name(call, body);
    if (who.token->role == "read")
        throw Refusal(403, "",
                      "You don't have the rights to create a " + kind(name.type) + " under the namespace \"" +
                          name.owner + "\"");
    require_namespace(call, name.owner,
                      "You don't have the rights to create a " + kind(name.type) + " under the namespace \"" +
                          name.owner + "\"");
    auto files = read_first_files(call, body);
    std::shared_ptr<store::Repo> repo;
    try {
        repo = call.site.store.create_repo({.type = name.type,
                                            .id = name.id,
                                            .author = who.account->name,
                                            .is_private = read_private(body).value_or(false),
                                            .sdk = read_sdk(body, name.type)});
    } catch (const store::StoreError& error) {
        if (error.status() != 409) throw;
        std::string extra = ",\"url\":";
        append_json_string(extra, call.site.endpoint + "/" + std::string(url_prefix(name.type)) + name.id);
        throw Refusal(409, "", "You already created this " + kind(name.type) + " repo", extra);
    }
    if (!files.empty())
        repo->commit({.author = who.account->name,
                      .email = store::Accounts::email(*who.account),
                      .title = "initial commit",
                      .operations = std::move(files)});
    json::object kept;
    for (const char* key :
         {"hardware", "storageTier", "sleepTimeSeconds", "secrets", "variables", "resourceGroupId"})
        if (const auto* value = body.if_contains(key)) kept[key] = *value;
    if (!kept.empty())
        repo->update([&](store::RepoSettings& settings) { settings.extra["created_with"] = kept; });
    JsonText out;
    out.open('{').key("url").string(repo_url(call.site, *repo)).key("name").string(repo->id());
    return json_reply(out.key("id").string(repo->settings().uid).close('}').take());
}

/// A repo named in a body, with the rights to do away with it.
std::shared_ptr<store::Repo> administered(const Call& call, RepoType type, const std::string& id)
{
    auto repo = call.site.store.find(type, id);
    const auto& accounts = call.site.store.accounts();
    if (!repo || accounts.permission(call.identity(), repo->settings()) == Permission::none)
        throw Refusal(404, "RepoNotFound", "Repository not found");
    if (signed_in(call).token->role == "read" ||
        accounts.permission(call.identity(), repo->settings()) < Permission::write)
        throw Refusal(403, "", "You don't have the required permissions to perform this action");
    return repo;
}

Reply remove(Call& call)
{
    signed_in(call);
    const auto name = read_name(call, read_object(call.body));
    const auto repo = administered(call, name.type, name.id);
    call.site.store.delete_repo(name.type, repo->id());
    return text_reply("OK");
}

Reply move(Call& call)
{
    signed_in(call);
    const auto body = read_object(call.body);
    const auto type = read_repo_type(body);
    const auto from = require_text(body, "fromRepo");
    const auto to = require_text(body, "toRepo");
    administered(call, type, from);
    const auto owner = to.substr(0, to.find('/'));
    require_namespace(call, owner,
                      "You don't have the rights to create a " + kind(type) + " under the namespace \"" +
                          owner + "\"");
    try {
        call.site.store.move_repo(type, from, to);
    } catch (const store::StoreError& error) {
        if (error.status() != 409) throw;
        throw Refusal(409, "", "A repository with the same name already exists");
    }
    return text_reply("OK");
}

std::optional<std::string> read_gated(const json::object& body)
{
    const auto* value = body.if_contains("gated");
    if (!value) return std::nullopt;
    if (value->is_bool() && !value->get_bool()) return "false";
    if (const auto* text = value->if_string())
        if (std::string_view(*text) == "auto" || std::string_view(*text) == "manual")
            return std::string(*text);
    throw Refusal(400, "", "Invalid value for gated: must be false, auto or manual");
}

Reply change_settings(Call& call)
{
    const auto repo = writable(call, Permission::write);
    const auto body = read_object(call.body);
    const auto gated = read_gated(body);
    if (const auto* value = body.if_contains("private"); value && !value->is_bool())
        throw Refusal(400, "", "Invalid value for private: must be true or false");
    const auto is_private = read_private(body);
    if (!gated && !is_private) throw Refusal(400, "", "There is no setting to change");
    repo->update([&](store::RepoSettings& settings) {
        if (gated) settings.gated = *gated;
        if (is_private) settings.is_private = *is_private;
    });
    JsonText out;
    const auto settings = repo->settings();
    out.open('{').key("private").boolean(settings.is_private).key("gated");
    settings.gated == "false" ? out.boolean(false) : out.string(settings.gated);
    return json_reply(out.close('}').take());
}

Reply auth_check(Call& call)
{
    content(call);
    return text_reply("OK");
}

Reply auth_check_write(Call& call)
{
    writable(call, Permission::write);
    return text_reply("OK");
}

/// Only whether the metadata can be read: the embedded Hub has no schema of it.
Reply validate_yaml(Call& call)
{
    const auto body = read_object(call.body);
    const auto card = store::read_card(require_text(body, "content"));
    if (card.error.empty()) return json_reply(R"({"errors":[],"warnings":[]})");
    std::string extra = ",\"errors\":[{\"message\":";
    append_json_string(extra, card.error);
    throw Refusal(400, "", "Invalid YAML metadata", extra + "}],\"warnings\":[]");
}

} // namespace

void add_repo_routes(Router& router)
{
    router.add("POST", "/api/repos/create", {}, create);
    router.add("DELETE", "/api/repos/delete", {}, remove);
    router.add("POST", "/api/repos/move", {}, move);
    router.add("PUT", "/api/{kind}/{id}/settings", {}, change_settings);
    router.add("GET", "/api/{kind}/{id}/auth-check", {}, auth_check);
    router.add("GET", "/api/{kind}/{id}/auth-check/write", {}, auth_check_write);
    router.add("POST", "/api/validate-yaml", {}, validate_yaml);
}

} // namespace hfasync::emulator
