// Who may have what. Nothing of this is ever written to the disk.
#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <hfasync/token.hpp>

#include "options.hpp"
#include "request_target.hpp"

namespace cache_server {

/// Things that are true for a while; the one that was not used longest goes when there are too many. Each
/// takes the same room, however long its name is: names are what strangers make up.
class Remembered {
public:
    explicit Remembered(std::size_t most) : most_(most) {}
    void set(const std::string& name, Clock::time_point until);
    void forget(const std::string& name);
    bool has(const std::string& name, Clock::time_point now);
    /// Also one that has passed; nothing when the name is not known.
    std::optional<Clock::time_point> end_of(const std::string& name);

private:
    using Digest = std::array<unsigned char, 32>;
    struct Hash {
        std::size_t operator()(const Digest& digest) const noexcept;
    };
    struct Entry {
        Digest name;
        Clock::time_point until;
    };
    static Digest digest_of(const std::string& name);

    std::size_t most_;
    std::list<Entry> order_; ///< last used first
    std::unordered_map<Digest, std::list<Entry>::iterator, Hash> entries_;
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
    bool may_read(const Caller& caller, const Repo& repo, const std::string& path);
    void grant(const Caller& caller, const Repo& repo, const std::string& path);
    void revoke(const Caller& caller, const Repo& repo, const std::string& path);

private:
    static std::string name(const Caller& caller, const Repo& repo, const std::string& path);

    const Options& options_;
    std::array<unsigned char, 32> key_{};
    Remembered granted_{200'000};
};

} // namespace cache_server
