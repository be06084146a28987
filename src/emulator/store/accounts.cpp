#include "emulator/store/accounts.hpp"

#include <algorithm>

namespace hfasync::emulator::store {

namespace {

std::vector<Account> default_accounts()
{
    Account user{.name = "hfasync", .full_name = "The embedded Hub's user", .email = "hfasync@localhost"};
    user.tokens.push_back({.token = "hf_embeddedhubwritetoken", .name = "default", .role = "write"});
    user.memberships.push_back({.organization = "acme", .role = "admin"});
    Account acme{.name = "acme", .full_name = "Acme", .email = {}, .is_organization = true};
    return {std::move(user), std::move(acme)};
}

Permission of_role(std::string_view role)
{
    if (role == "admin") return Permission::admin;
    // A contributor writes to what is his own; repos have no single owner here, so he may write.
    if (role == "write" || role == "contributor") return Permission::write;
    return Permission::read;
}

void sort_by_name(std::vector<const Account*>& accounts)
{
    std::sort(accounts.begin(), accounts.end(),
              [](const Account* a, const Account* b) { return a->name < b->name; });
    accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
}

} // namespace

Accounts::Accounts(std::vector<Account> accounts)
    : accounts_(accounts.empty() ? default_accounts() : std::move(accounts))
{
    const auto known = [this](std::string_view name) {
        return std::any_of(accounts_.begin(), accounts_.end(),
                           [&](const Account& a) { return a.name == name; });
    };
    // An organisation that is only spoken of exists.
    std::vector<Account> organizations;
    for (const Account& account : accounts_)
        for (const Account::Membership& member : account.memberships)
            if (!known(member.organization) &&
                std::none_of(organizations.begin(), organizations.end(),
                             [&](const Account& a) { return a.name == member.organization; }))
                organizations.push_back({.name = member.organization,
                                         .full_name = member.organization,
                                         .email = {},
                                         .is_organization = true});
    for (Account& organization : organizations)
        accounts_.push_back(std::move(organization));
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
        by_name_.emplace(accounts_[i].name, i);
        for (std::size_t k = 0; k < accounts_[i].tokens.size(); ++k)
            by_token_.emplace(accounts_[i].tokens[k].token, std::pair(i, k));
    }
}

const Account& Accounts::first() const
{
    const auto user =
        std::find_if(accounts_.begin(), accounts_.end(), [](const Account& a) { return !a.is_organization; });
    return user == accounts_.end() ? accounts_.front() : *user;
}

const Account* Accounts::find(std::string_view name) const
{
    const auto found = by_name_.find(std::string(name));
    return found == by_name_.end() ? nullptr : &accounts_[found->second];
}

std::optional<Identity> Accounts::by_token(std::string_view token) const
{
    const auto found = by_token_.find(std::string(token));
    if (found == by_token_.end()) return std::nullopt;
    const Account& account = accounts_[found->second.first];
    return Identity{.account = &account, .token = &account.tokens[found->second.second]};
}

std::vector<std::pair<const Account*, std::string>> Accounts::members(std::string_view organization) const
{
    std::vector<std::pair<const Account*, std::string>> out;
    for (const Account& account : accounts_)
        for (const Account::Membership& member : account.memberships)
            if (member.organization == organization) out.emplace_back(&account, member.role);
    return out;
}

std::vector<const Account*> Accounts::following(const Account& account) const
{
    std::vector<const Account*> out;
    for (const std::string& name : account.following)
        if (const Account* followed = find(name); followed && !followed->is_organization)
            out.push_back(followed);
    sort_by_name(out);
    return out;
}

std::vector<const Account*> Accounts::followers(std::string_view name) const
{
    std::vector<const Account*> out;
    for (const Account& account : accounts_)
        if (std::find(account.following.begin(), account.following.end(), name) != account.following.end())
            out.push_back(&account);
    sort_by_name(out);
    return out;
}

Permission Accounts::in_namespace(const Identity* who, std::string_view name) const
{
    if (!who || !who->account) return Permission::none;
    Permission permission = Permission::none;
    if (who->account->name == name) permission = Permission::admin;
    for (const Account::Membership& member : who->account->memberships)
        if (member.organization == name) permission = std::max(permission, of_role(member.role));
    // Fine-grained tokens have no scopes here: they may what their owner may.
    if (who->token && who->token->role == "read") permission = std::min(permission, Permission::read);
    return permission;
}

Permission Accounts::permission(const Identity* who, const RepoSettings& repo) const
{
    const Permission own = in_namespace(who, std::string_view(repo.id).substr(0, repo.id.find('/')));
    return repo.is_private ? own : std::max(own, Permission::read);
}

bool Accounts::may_read_content(const Identity* who, const RepoSettings& repo) const
{
    if (permission(who, repo) == Permission::none) return false;
    if (repo.gated == "false") return true;
    const std::string_view owner = std::string_view(repo.id).substr(0, repo.id.find('/'));
    return in_namespace(who, owner) != Permission::none ||
           (who && who->account && repo.access.contains(who->account->name));
}

std::string Accounts::email(const Account& account)
{
    return account.email.empty() ? account.name + "@users.noreply.huggingface.co" : account.email;
}

} // namespace hfasync::emulator::store
