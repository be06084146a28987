#include "access.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <stdexcept>

#include <hfasync/error.hpp>

namespace cache_server {

std::size_t Remembered::Hash::operator()(const Digest& digest) const noexcept
{
    std::size_t out = 0;
    std::memcpy(&out, digest.data(), sizeof out);
    return out;
}

Remembered::Digest Remembered::digest_of(const std::string& name)
{
    Digest out{};
    if (EVP_Digest(name.data(), name.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 cannot be computed"); // names must not become one another
    return out;
}

void Remembered::set(const std::string& name, Clock::time_point until)
{
    const auto digest = digest_of(name);
    if (const auto at = entries_.find(digest); at != entries_.end()) {
        at->second->until = until;
        order_.splice(order_.begin(), order_, at->second);
        return;
    }
    order_.push_front({digest, until});
    entries_.emplace(digest, order_.begin());
    if (order_.size() <= most_) return;
    entries_.erase(order_.back().name);
    order_.pop_back();
}

void Remembered::forget(const std::string& name)
{
    const auto at = entries_.find(digest_of(name));
    if (at == entries_.end()) return;
    order_.erase(at->second);
    entries_.erase(at);
}

std::optional<Clock::time_point> Remembered::end_of(const std::string& name)
{
    const auto at = entries_.find(digest_of(name));
    if (at == entries_.end()) return std::nullopt;
    order_.splice(order_.begin(), order_, at->second);
    return at->second->until;
}

bool Remembered::has(const std::string& name, Clock::time_point now)
{
    const auto until = end_of(name);
    return until && now < *until;
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

bool Access::may_read(const Caller& caller, const Repo& repo, const std::string& path)
{
    return granted_.has(name(caller, repo, path), options_.now());
}

void Access::grant(const Caller& caller, const Repo& repo, const std::string& path)
{
    granted_.set(name(caller, repo, path), options_.now() + options_.access_ttl);
}

void Access::revoke(const Caller& caller, const Repo& repo, const std::string& path)
{
    granted_.forget(name(caller, repo, path));
}

} // namespace cache_server
