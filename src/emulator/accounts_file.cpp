#include <hfasync/emulator/accounts.hpp>

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "emulator/users_file.hpp"

namespace hfasync::emulator {

namespace json = boost::json;

namespace {

class AccountsReader {
public:
    explicit AccountsReader(const std::filesystem::path& file) : file_(file) {}

    std::vector<Account> read()
    {
        const auto& value = file_.root();
        if (value.is_array()) {
            read_list(value, "", false);
        } else if (value.is_object()) {
            for (const auto& member : value.get_object()) {
                const std::string key(member.key());
                if (key == "papers") continue; // load_papers() reads them
                if (key != "users" && key != "organizations" && key != "accounts")
                    refuse(key, "is not known");
                read_list(member.value(), key, key == "organizations");
            }
        } else
            refuse("", "must be a list or an object");
        check_followed();
        add_named_organizations();
        // Users first: the first account is the one that signs in.
        std::vector<Account> sorted;
        for (const bool organization : {false, true})
            for (auto& account : accounts_)
                if (account.is_organization == organization) sorted.push_back(std::move(account));
        accounts_ = std::move(sorted);
        if (accounts_.empty() || accounts_.front().is_organization) refuse("", "names no user");
        return std::move(accounts_);
    }

private:
    [[noreturn]] void refuse(const std::string& where, const std::string& why) const
    {
        file_.refuse(where, why);
    }
    std::string text(const json::value& value, const std::string& where) const
    {
        return file_.text(value, where);
    }

    void read_list(const json::value& value, const std::string& where, bool organizations)
    {
        if (!value.is_array()) refuse(where, "must be a list");
        for (std::size_t i = 0; i < value.get_array().size(); ++i)
            accounts_.push_back(
                read_account(value.get_array()[i], where + "[" + std::to_string(i) + "]", organizations));
    }

    Account read_account(const json::value& value, const std::string& where, bool organization) const
    {
        if (!value.is_object()) refuse(where, "must be an object");
        Account account;
        account.is_organization = organization;
        for (const auto& member : value.get_object()) {
            const std::string key(member.key());
            const auto here = where + "." + key;
            const auto& item = member.value();
            if (key == "name")
                account.name = text(item, here);
            else if (key == "full_name" || key == "fullname")
                account.full_name = text(item, here);
            else if (key == "email")
                account.email = text(item, here);
            else if (key == "pro" || key == "is_pro")
                account.is_pro = file_.boolean(item, here);
            else if (key == "organization" || key == "is_organization")
                account.is_organization = file_.boolean(item, here);
            else if (key == "details")
                account.details = file_.prose(item, here);
            else if (key == "following")
                account.following = file_.texts(item, here);
            else if (key == "token")
                account.tokens.push_back({.token = text(item, here)});
            else if (key == "tokens")
                read_tokens(account, item, here);
            else if (key == "organizations" || key == "orgs" || key == "memberships")
                read_memberships(account, item, here);
            else
                refuse(here, "is not known");
        }
        if (account.name.empty()) refuse(where, "has no name");
        return account;
    }

    void read_tokens(Account& account, const json::value& value, const std::string& where) const
    {
        if (!value.is_array()) refuse(where, "must be a list");
        for (const auto& item : value.get_array()) {
            Account::AccessToken token;
            if (item.is_object()) {
                for (const auto& member : item.get_object()) {
                    const std::string key(member.key());
                    if (key == "token")
                        token.token = text(member.value(), where);
                    else if (key == "name")
                        token.name = text(member.value(), where);
                    else if (key == "role")
                        token.role = text(member.value(), where);
                    else
                        refuse(where + "." + key, "is not known");
                }
            } else
                token.token = text(item, where);
            if (token.token.empty()) refuse(where, "has an entry without a token");
            if (token.role != "read" && token.role != "write" && token.role != "fineGrained")
                refuse(where, "has a role that is none of read, write, fineGrained");
            account.tokens.push_back(std::move(token));
        }
    }

    void read_memberships(Account& account, const json::value& value, const std::string& where) const
    {
        if (!value.is_array()) refuse(where, "must be a list");
        for (const auto& item : value.get_array()) {
            Account::Membership membership;
            if (item.is_object()) {
                for (const auto& member : item.get_object()) {
                    const std::string key(member.key());
                    if (key == "name" || key == "organization")
                        membership.organization = text(member.value(), where);
                    else if (key == "role")
                        membership.role = text(member.value(), where);
                    else
                        refuse(where + "." + key, "is not known");
                }
            } else
                membership.organization = text(item, where);
            if (membership.organization.empty()) refuse(where, "has an entry without a name");
            account.memberships.push_back(std::move(membership));
        }
    }

    void check_followed() const
    {
        for (const auto& account : accounts_)
            for (const auto& name : account.following)
                if (std::none_of(accounts_.begin(), accounts_.end(), [&](const Account& other) {
                        return other.name == name && !other.is_organization;
                    }))
                    refuse(account.name + ".following", "names \"" + name + "\", who is no user");
    }

    void add_named_organizations()
    {
        const auto users = accounts_;
        for (const auto& user : users)
            for (const auto& membership : user.memberships)
                if (std::none_of(accounts_.begin(), accounts_.end(),
                                 [&](const Account& a) { return a.name == membership.organization; })) {
                    Account organization;
                    organization.name = membership.organization;
                    organization.is_organization = true;
                    accounts_.push_back(std::move(organization));
                }
    }

    UsersFile file_;
    std::vector<Account> accounts_;
};

} // namespace

std::vector<Account> load_accounts(const std::filesystem::path& file)
{
    return AccountsReader(file).read();
}

} // namespace hfasync::emulator
