#include "access.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include <hfasync/error.hpp>

namespace cache_server {

void Remembered::set(const std::string& key, Clock::time_point until, Clock::time_point now)
{
    if (until_.size() >= most_) {
        std::erase_if(until_, [now](const auto& entry) { return entry.second <= now; });
        if (until_.size() >= most_) until_.clear();
    }
    until_[key] = until;
}

bool Remembered::has(const std::string& key, Clock::time_point now) const
{
    const auto at = until_.find(key);
    return at != until_.end() && now < at->second;
}

Access::Access(const Options& options) : options_(options)
{
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
        throw std::runtime_error("the system gives no random bytes");
}

Caller Access::caller(std::string_view authorization) const
{
    if (authorization.empty()) return {};
    constexpr std::string_view scheme = "bearer ";
    const auto same = [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); };
    const bool bearer = authorization.size() > scheme.size() &&
                        std::equal(scheme.begin(), scheme.end(), authorization.begin(), same);
    const auto token = bearer ? authorization.substr(scheme.size()) : std::string_view{};
    const bool plain = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (token.empty() || !plain)
        throw hfasync::ValueError("The Authorization header is not 'Bearer TOKEN'; send that, or none.");
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data(), &size);
    return {hfasync::Token(token), std::string(reinterpret_cast<const char*>(digest.data()), size)};
}

std::string Access::name(const Caller& caller, const Repo& repo, const std::string& path)
{
    return caller.name + '\n' + repo.key() + '\n' + path;
}

bool Access::may_read(const Caller& caller, const Repo& repo, const std::string& path) const
{
    return granted_.has(name(caller, repo, path), options_.now());
}

void Access::grant(const Caller& caller, const Repo& repo, const std::string& path)
{
    const auto now = options_.now();
    granted_.set(name(caller, repo, path), now + options_.access_ttl, now);
}

void Access::revoke(const Caller& caller, const Repo& repo, const std::string& path)
{
    granted_.forget(name(caller, repo, path));
}

} // namespace cache_server
