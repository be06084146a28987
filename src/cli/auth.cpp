// `hfasync auth login|logout|whoami|list|switch`
#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

#include <hfasync/hfasync.hpp>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/run.hpp"
#include "cli/secret_prompt.hpp"
#include "cli/token_files.hpp"

namespace hfasync::cli {

/// A line of `auth list`. The token itself is shown nowhere.
struct StoredToken {
    std::string name;
    bool active = false;
    std::string token; ///< its ends
};
HFASYNC_DESCRIBE(StoredToken, name, active, token)

namespace {

void warn_of_variable()
{
    if (const char* name = token_variable())
        fmt::print(stderr,
                   "hfasync: {} is set and takes precedence over the stored tokens; unset it to use them.\n",
                   name);
}

// ---- login ------------------------------------------------------------------------------------------------

struct LoginArguments {
    std::optional<std::string> name;
    std::optional<std::string> variable;
    bool quiet = false;
};

std::string stripped(const std::string& text)
{
    const auto is_blank = [](unsigned char c) { return std::isspace(c) != 0; };
    const auto begin = std::find_if_not(text.begin(), text.end(), is_blank);
    const auto end = std::find_if_not(text.rbegin(), std::make_reverse_iterator(begin), is_blank).base();
    return {begin, end};
}

/// What the Hub says of the token: it is asked before anything is kept. nullopt when interrupted.
std::optional<Json> checked(Hub& hub, const std::string& token)
{
    if (token.starts_with("api_org"))
        throw ValueError("This is the token of an organisation; log in with a token of your own account.");
    try {
        return run_interruptible(hub, HfApi(hub).whoami({.token = Token(token)}));
    } catch (const HubError& error) {
        if (error.context().status != 401) throw;
    }
    throw ValueError("The Hub does not know this token; nothing was kept. " + hub.options().endpoint +
                     "/settings/tokens lists yours.");
}

int login(const LoginArguments& a)
{
    Hub hub(HubOptions::from_env());
    const auto store = token_files(hub.options());
    std::optional<std::string> text;
    if (a.variable)
        text = secret_of_variable(*a.variable);
    else
        text = read_secret(hub.options().endpoint + "/settings/tokens has your tokens.\nToken (not shown): ");
    if (!text) return interrupted("Nothing was kept.");
    const auto token = stripped(*text);
    if (token.empty())
        throw ValueError(
            "No token was given; type it when asked, pipe it in, or name a variable with --env.");
    const auto me = checked(hub, token);
    if (!me) return interrupted("Nothing was kept.");
    const auto about = (*me)["auth"]["accessToken"];
    const auto name = a.name ? a.name : about["displayName"].as_string();
    if (!name)
        throw ValueError("The Hub gives this token no name; choose one with --name. Nothing was kept.");
    store.keep(*name, token);
    store.activate(*name);
    if (!a.quiet)
        fmt::print("Logged in as {}; the token '{}' ({}) is kept in {} and is the active one.\n",
                   printable_text((*me)["name"].as_string().value_or("(unnamed)")), printable_text(*name),
                   printable_text(about["role"].as_string().value_or("unknown rights")),
                   store.stored_file().string());
    warn_of_variable();
    return code(Exit::ok);
}

// ---- logout -----------------------------------------------------------------------------------------------

int logout(const std::optional<std::string>& name)
{
    const auto store = token_files(HubOptions::from_env());
    if (name) {
        store.forget(*name);
        fmt::print("Forgot the token '{}'.\n", printable_text(*name));
    } else {
        fmt::print("{}\n", store.forget_all() ? "Forgot all tokens." : "There was no token to forget.");
    }
    if (const char* variable = token_variable())
        fmt::print(stderr, "hfasync: {} is still set, so you are still logged in; unset it.\n", variable);
    return code(Exit::ok);
}

// ---- list and switch --------------------------------------------------------------------------------------

/// "hf_****wxyz": enough to tell tokens apart, of those that are long enough.
std::string masked(const std::string& token)
{
    constexpr std::size_t shown = 7, least_hidden = 12;
    if (token.size() < shown + least_hidden) return "****";
    return token.substr(0, 3) + "****" + token.substr(token.size() - 4);
}

std::vector<StoredToken> listed(const TokenStore& store)
{
    const auto active = store.active();
    std::vector<StoredToken> out;
    bool found = false;
    for (const auto& [name, token] : store.tokens()) {
        // Two names may have the same token; the first is the active one, as in active_name().
        const bool is_active = !found && active == token;
        found = found || is_active;
        out.push_back({.name = name, .active = is_active, .token = masked(token)});
    }
    return out;
}

int list(const OutputOptions& output)
{
    const auto store = token_files(HubOptions::from_env());
    const auto tokens = listed(store);
    print_described(tokens, {.columns = {"name", "active", "token"}, .id = "name"}, output);
    if (tokens.empty() && !output.json)
        fmt::print(stderr, "No token is stored; `hfasync auth login` stores one.\n");
    warn_of_variable();
    return code(Exit::ok);
}

std::optional<std::string> asked_name(const TokenStore& store)
{
    const auto tokens = listed(store);
    if (tokens.empty()) throw ValueError("No token is stored; run `hfasync auth login` first.");
    if (::isatty(STDIN_FILENO) == 0)
        throw ValueError("Name the token to switch to; `hfasync auth list` shows them.");
    for (std::size_t i = 0; i < tokens.size(); ++i)
        fmt::print(stderr, "{:>3}. {}{}\n", i + 1, printable_text(tokens[i].name),
                   tokens[i].active ? " (active)" : "");
    fmt::print(stderr, "Number: ");
    std::fflush(stderr);
    std::string line;
    std::getline(std::cin, line);
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (line == std::to_string(i + 1)) return tokens[i].name;
    return std::nullopt;
}

int switch_token(const std::optional<std::string>& given)
{
    const auto store = token_files(HubOptions::from_env());
    const auto name = given ? given : asked_name(store);
    if (!name) throw ValueError("That is not one of the numbers; nothing was changed.");
    store.activate(*name);
    fmt::print("The active token is '{}'.\n", printable_text(*name));
    warn_of_variable();
    return code(Exit::ok);
}

} // namespace

void add_auth(CLI::App& app, Command& chosen)
{
    auto* auth = app.add_subcommand("auth", "Log in and out; the tokens of this machine");
    auth->require_subcommand(1);
    {
        auto* command = auth->add_subcommand(
            "login",
            "Check a token with the Hub and store it; it is prompted for, or read from standard input");
        const auto a = std::make_shared<LoginArguments>();
        command->add_option("--name", a->name,
                            "Name to keep it under (default: the one that it has on the Hub)");
        command->add_option("--env", a->variable, "Take it from this environment variable")
            ->type_name("VARIABLE");
        command->add_flag("-q,--quiet", a->quiet, "Print nothing on success");
        command->callback([&chosen, a] { chosen = [a] { return login(*a); }; });
    }
    {
        auto* command = auth->add_subcommand("logout", "Forget a stored token, or all of them");
        const auto name = std::make_shared<std::optional<std::string>>();
        command->add_option("name", *name, "Name of the token (default: all)");
        command->callback([&chosen, name] { chosen = [name] { return logout(*name); }; });
    }
    {
        auto* command = auth->add_subcommand("list", "List the stored tokens by name");
        const auto output = std::make_shared<OutputOptions>();
        add_output_options(*command, output);
        command->callback([&chosen, output] { chosen = [output] { return list(*output); }; });
    }
    {
        auto* command = auth->add_subcommand("switch", "Make another stored token the active one");
        const auto name = std::make_shared<std::optional<std::string>>();
        command->add_option("name", *name, "Name of the token (default: ask)");
        command->callback([&chosen, name] { chosen = [name] { return switch_token(*name); }; });
    }
    add_whoami(*auth, chosen);
}

} // namespace hfasync::cli
