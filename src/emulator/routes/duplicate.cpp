// A repo becomes another one, with its files; a Space with its state too.
#include "emulator/access.hpp"
#include "emulator/json_text.hpp"
#include "emulator/routes/body.hpp"
#include "emulator/routes/spaces.hpp"
#include "emulator/store/errors.hpp"

namespace hfasync::emulator {

namespace json = boost::json;

namespace {

/// All files of a commit. The objects are there already: repos share them.
std::vector<store::Operation> files_of(const store::Repo& repo, const store::Oid& commit)
{
    std::vector<store::Operation> out;
    repo.for_each_file(commit, [&](const std::string& path, const store::TreeEntry& entry) {
        if (entry.lfs)
            out.emplace_back(store::AddLfs{path, *entry.lfs, entry.size});
        else
            out.emplace_back(store::AddBlob{path, entry.oid, entry.size});
        return true;
    });
    return out;
}

void copy_files(const Call& call, const store::Repo& from, store::Repo& to)
{
    const auto head = from.try_resolve("main");
    if (!head) return;
    const auto& account = *signed_in(call).account;
    to.commit({.author = account.name,
               .email = store::Accounts::email(account),
               .title = "Duplicate from " + from.id(),
               .operations = files_of(from, *head)});
}

/// What the copy is created with: as asked for, on free hardware unless something else is.
json::object created_with(const json::object& body)
{
    json::object out;
    for (const char* key : {"hardware", "storageTier", "sleepTimeSeconds", "secrets", "variables"})
        if (const auto* value = body.if_contains(key); value && !value->is_null()) out[key] = *value;
    return out;
}

void check_machine(const json::object& body)
{
    const auto hardware = text_or(body, "hardware", store::free_hardware);
    if (!store::is_space_hardware(hardware))
        throw Refusal(400, "", "Invalid value for hardware: \"" + hardware + "\"");
    const auto tier = text_or(body, "storageTier", "");
    if (!store::storage_rank(tier))
        throw Refusal(400, "", "\"storageTier\" must be one of [small, medium, large]");
}

void copy_state(const store::Repo& from, store::Repo& to, const json::object& body)
{
    const auto original = store::read_space(from.settings());
    to.update([&](store::RepoSettings& kept) {
        kept.extra["created_with"] = created_with(body);
        auto space = store::read_space(kept);
        if (!body.contains("variables")) space.variables = original.variables; // public; secrets are not
        space.is_paused = original.is_paused;
        store::keep_space(kept, space);
    });
}

Reply duplicate(Call& call)
{
    content(call); // who can read its files may have a copy
    const auto from = contributable(call);
    const bool is_space = from->type() == RepoType::space;
    const std::string kind(to_string(from->type()));
    const auto body = read_object(call.body);
    const auto id = require_text(body, "repository");
    if (is_space) check_machine(body);
    require_namespace(call, id.substr(0, id.find('/')),
                      "You don't have the rights to create a " + kind + " under this namespace");
    const auto settings = from->settings();
    std::shared_ptr<store::Repo> made;
    try {
        made = call.site.store.create_repo({.type = from->type(),
                                            .id = id,
                                            .author = signed_in(call).account->name,
                                            .is_private = read_private(body).value_or(settings.is_private),
                                            .sdk = settings.sdk,
                                            .initial_commit = false});
    } catch (const store::StoreError& error) {
        if (error.status() != 409) throw;
        std::string extra = ",\"url\":";
        append_json_string(extra, call.site.endpoint + "/" + std::string(url_prefix(from->type())) + id);
        throw Refusal(409, "", "You already created this " + kind + " repo", extra);
    }
    copy_files(call, *from, *made);
    if (is_space) copy_state(*from, *made, body);
    JsonText out;
    return json_reply(out.open('{').key("url").string(repo_url(call.site, *made)).close('}').take());
}

} // namespace

void add_duplicate_routes(Router& router)
{
    router.add("POST", "/api/{kind}/{id}/duplicate", {}, duplicate);
}

} // namespace hfasync::emulator
