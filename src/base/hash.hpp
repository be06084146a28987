// SHA-256, SHA-1 and git's blob hash over streams.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hfasync::detail {

enum class HashKind { sha256, sha1 };

/// Incremental hash over OpenSSL's EVP. Not thread-safe; movable between threads.
class Hasher {
public:
    explicit Hasher(HashKind kind);
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;
    ~Hasher();
    void update(std::span<const std::byte> data);
    void update(std::string_view data);
    /// Lower-case hex; the hasher is then at its start again.
    std::string finish_hex();
    /// Raw digest bytes (20 or 32); the hasher is then at its start again.
    std::string finish_raw();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view data);
std::string sha1_hex(std::string_view data);
/// SHA-1 hasher that has already read git's header "blob <size>\0".
Hasher git_blob_hasher(std::uint64_t size);
std::string git_blob_sha1(std::string_view data);

std::string to_hex(std::string_view raw);
/// nullopt-like: empty when the text is not hex.
std::string from_hex(std::string_view hex);
bool is_lower_hex(std::string_view text, std::size_t length) noexcept;

} // namespace hfasync::detail
