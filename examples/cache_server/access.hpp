// Who may have what. Nothing of this is ever written to the disk.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include <hfasync/token.hpp>

#include "options.hpp"
#include "request_target.hpp"

namespace cache_server {

/// Things that are true for a while; the oldest knowledge goes when there is too much.
class Remembered {
public:
    explicit Remembered(std::size_t most) : most_(most) {}
    void set(const std::string& key, Clock::time_point until, Clock::time_point now);
    void forget(const std::string& key) { until_.erase(key); }
    bool has(const std::string& key, Clock::time_point now) const;

private:
    std::size_t most_;
    std::unordered_map<std::string, Clock::time_point> until_;
};

/// Who asks: the token of this request, and a name for it that does not tell the token.
struct Caller {
    hfasync::Token token = false;
    std::string name; ///< empty without a token
};

/// The upstream's own judgement of each token, for each file of a repo that is not public. A token is known
/// by its HMAC under a key of this process only.
class Access {
public:
    explicit Access(const Options& options);

    /// \throws hfasync::ValueError for an Authorization header that is no bearer token
    Caller caller(std::string_view authorization) const;
    /// The upstream has given this file to the caller a short while ago.
    bool may_read(const Caller& caller, const Repo& repo, const std::string& path) const;
    void grant(const Caller& caller, const Repo& repo, const std::string& path);
    void revoke(const Caller& caller, const Repo& repo, const std::string& path);

private:
    static std::string name(const Caller& caller, const Repo& repo, const std::string& path);

    const Options& options_;
    std::array<unsigned char, 32> key_{};
    Remembered granted_{200'000};
};

} // namespace cache_server
