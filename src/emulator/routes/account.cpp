// whoami-v2 and what is known about a user.
#include "emulator/routes/account.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "emulator/access.hpp"

namespace hfasync::emulator {

namespace {

void write_organizations(JsonText& out, const Call& call, const Account& account)
{
    out.key("orgs").open('[');
    for (const auto& membership : account.memberships) {
        const Account* const organization = call.site.store.accounts().find(membership.organization);
        out.open('{').key("type").string("org").key("id").string(object_id(membership.organization));
        out.key("name").string(membership.organization);
        out.key("fullname").string(organization ? full_name(*organization) : membership.organization);
        out.key("email").null().key("canPay").boolean(false).key("periodEnd").null();
        out.key("avatarUrl").string(avatar(membership.organization)).key("roleInOrg").string(membership.role);
        out.key("isEnterprise").boolean(false).close('}');
    }
    out.close(']');
}

Reply whoami(Call& call)
{
    if (!call.who) throw Refusal(401, "", "Invalid username or password.");
    const Account& account = *call.who->account;
    const auto& token = *call.who->token;
    JsonText out;
    out.open('{')
        .key("type")
        .string(account.is_organization ? "org" : "user")
        .key("id")
        .string(object_id(account.name));
    out.key("name").string(account.name).key("fullname").string(full_name(account));
    out.key("email").string(store::Accounts::email(account)).key("emailVerified").boolean(true);
    out.key("canPay").boolean(false).key("periodEnd").null().key("isPro").boolean(account.is_pro);
    out.key("avatarUrl").string(avatar(account.name));
    write_organizations(out, call, account);
    out.key("auth").open('{').key("type").string("access_token").key("accessToken").open('{');
    out.key("displayName").string(token.name).key("role").string(token.role);
    out.key("createdAt").string("2024-01-02T03:04:05.000Z");
    if (token.role == "fineGrained")
        out.key("fineGrained").raw(R"({"canReadGatedRepos":true,"global":[],"scoped":[]})");
    out.close('}').close('}').close('}');
    return json_reply(out.take());
}

} // namespace

std::string object_id(std::string_view name)
{
    return detail::sha1_hex(name).substr(0, 24);
}

std::string avatar(std::string_view name)
{
    return "/avatars/" + object_id(name) + ".svg";
}

const std::string& full_name(const Account& account)
{
    return account.full_name.empty() ? account.name : account.full_name;
}

void write_user(JsonText& out, const Account& account, const Account* reader)
{
    out.key("_id").string(object_id(account.name)).key("avatarUrl").string(avatar(account.name));
    out.key("fullname").string(full_name(account)).key("isPro").boolean(account.is_pro);
    out.key("user").string(account.name).key("type").string(account.is_organization ? "org" : "user");
    if (reader)
        out.key("isFollowing")
            .boolean(std::find(reader->following.begin(), reader->following.end(), account.name) !=
                     reader->following.end());
}

void add_account_routes(Router& router)
{
    router.add("GET", "/api/whoami-v2", {}, whoami);
}

} // namespace hfasync::emulator
