// Who may do what.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <hfasync/emulator/emulator.hpp>

#include "emulator/store/repo.hpp"

namespace hfasync::emulator::store {

enum class Permission { none, read, write, admin };

/// Whose token a request carries.
struct Identity {
    const Account* account = nullptr;
    const Account::AccessToken* token = nullptr;
};

/// Fixed for the life of the Hub; thread-safe because nothing changes.
class Accounts {
public:
    /// Empty: user "hfasync" (one write token, admin of "acme") and the organisation "acme".
    explicit Accounts(std::vector<Account> accounts);

    const std::vector<Account>& all() const noexcept { return accounts_; }
    /// The first user: Emulator::user() and token().
    const Account& first() const;
    /// Null when nobody has this name (case counts).
    const Account* find(std::string_view name) const;
    /// nullopt when the token is nobody's.
    std::optional<Identity> by_token(std::string_view token) const;
    /// Users of an organisation with their roles.
    std::vector<std::pair<const Account*, std::string>> members(std::string_view organization) const;

    /// The users whom this one follows, by name.
    std::vector<const Account*> following(const Account& account) const;
    /// The users who follow this one, by name.
    std::vector<const Account*> followers(std::string_view name) const;

    /// What the owner of `who` (nullptr: nobody signed in) may do in that namespace: own name admin, else by
    /// membership (contributor: write); a read token never gives more than read. none: no relation.
    Permission in_namespace(const Identity* who, std::string_view name) const;
    /// none: the repo must look as if it did not exist. A public repo gives read to all. Gated repos give
    /// read too: whether *content* may be read is may_read_content().
    Permission permission(const Identity* who, const RepoSettings& repo) const;
    /// False for a gated repo without granted access.
    bool may_read_content(const Identity* who, const RepoSettings& repo) const;

    static std::string email(const Account& account);

private:
    std::vector<Account> accounts_;
    std::unordered_map<std::string, std::size_t> by_name_;
    std::unordered_map<std::string, std::pair<std::size_t, std::size_t>> by_token_;
};

} // namespace hfasync::emulator::store
