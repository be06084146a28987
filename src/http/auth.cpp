#include "http/auth.hpp"

#include <algorithm>

#include <hfasync/version.hpp>

#include "base/path_rules.hpp"
#include "policy/header_values.hpp"

namespace hfasync::http {

namespace {

/// CR, LF and blanks at the ends go (an `echo token > file` leaves one); empty means none.
std::optional<std::string> cleaned(std::string token)
{
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const auto first = token.find_first_not_of(blanks);
    if (first == std::string::npos) return std::nullopt;
    token = token.substr(first, token.find_last_not_of(blanks) - first + 1);
    detail::check_header_value(token, "the token", true);
    return token;
}

/// Of the environment and the token file: the reference drops every CR and LF, inside too.
std::optional<std::string> ambient(const HubOptions& options)
{
    if (!options.ambient_token) return std::nullopt;
    auto text = *options.ambient_token;
    std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
    return cleaned(std::move(text));
}

std::string required_ambient(const HubOptions& options)
{
    if (auto token = ambient(options)) return *token;
    throw LocalTokenNotFoundError(
        errc::local_token_not_found,
        "a token is required, but none was found; pass one, set HF_TOKEN, or write it to the "
        "file that HF_TOKEN_PATH names (default: HF_HOME/token)");
}

} // namespace

std::optional<std::string> token_for(const Auth& auth, const HubOptions& options)
{
    if (auth.never) return std::nullopt;
    if (auth.always) { // whoami: `token or self.token or True`
        for (const auto* token : {&auth.token, &options.token})
            if (token->kind() == Token::Kind::text)
                if (auto text = cleaned(token->text())) return text;
        return required_ambient(options);
    }
    const Token& token = auth.token.kind() == Token::Kind::unset ? options.token : auth.token;
    switch (token.kind()) {
    case Token::Kind::text:
        return cleaned(token.text());
    case Token::Kind::none:
        return std::nullopt;
    case Token::Kind::required:
        return required_ambient(options);
    case Token::Kind::unset:
        break;
    }
    return options.disable_implicit_token ? std::nullopt : ambient(options);
}

std::string user_agent(const HubOptions& options)
{
    std::string out =
        options.library_name.value_or("unknown") + "/" + options.library_version.value_or("None");
    out += "; hfasync/" HFASYNC_VERSION;
    for (const auto& [key, value] : options.user_agent) {
        if (key.empty() && value.empty()) continue;
        out += "; " + key;
        if (!value.empty()) out += "/" + value;
    }
    detail::check_header_value(out, "the library name, its version or the user agent");
    return out;
}

} // namespace hfasync::http
