#include "base/hash.hpp"

#include <openssl/evp.h>

#include <hfasync/error.hpp>

namespace hfasync::detail {

struct Hasher::Context {
    EVP_MD_CTX* md = EVP_MD_CTX_new();
    Context() = default;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { EVP_MD_CTX_free(md); }
};

namespace {

void require(bool ok)
{
    // Only out of memory, or a provider that was configured away (FIPS without SHA-1), can end here.
    if (!ok) throw RuntimeError(errc::runtime, "Hashing failed: OpenSSL refused the digest");
}

/// Fetched once: for a small file the search for the implementation costs more than its hash.
const EVP_MD* digest(HashKind kind)
{
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    return kind == HashKind::sha256 ? sha256 : sha1;
}

} // namespace

Hasher::Hasher(HashKind kind) : context_(std::make_unique<Context>())
{
    const EVP_MD* md = digest(kind);
    require(context_->md != nullptr && md != nullptr && EVP_DigestInit_ex(context_->md, md, nullptr) == 1);
}

Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::span<const std::byte> data)
{
    require(EVP_DigestUpdate(context_->md, data.data(), data.size()) == 1);
}

void Hasher::update(std::string_view data)
{
    update(std::as_bytes(std::span(data.data(), data.size())));
}

std::string Hasher::finish_raw()
{
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    require(EVP_DigestFinal_ex(context_->md, reinterpret_cast<unsigned char*>(out.data()), &size) == 1);
    out.resize(size);
    require(EVP_DigestInit_ex(context_->md, nullptr, nullptr) == 1);
    return out;
}

std::string Hasher::finish_hex()
{
    return to_hex(finish_raw());
}

std::string sha256_hex(std::string_view data)
{
    Hasher hasher(HashKind::sha256);
    hasher.update(data);
    return hasher.finish_hex();
}

std::string sha1_hex(std::string_view data)
{
    Hasher hasher(HashKind::sha1);
    hasher.update(data);
    return hasher.finish_hex();
}

Hasher git_blob_hasher(std::uint64_t size)
{
    Hasher hasher(HashKind::sha1);
    std::string header = "blob " + std::to_string(size);
    header.push_back('\0');
    hasher.update(header);
    return hasher;
}

std::string git_blob_sha1(std::string_view data)
{
    Hasher hasher = git_blob_hasher(data.size());
    hasher.update(data);
    return hasher.finish_hex();
}

std::string to_hex(std::string_view raw)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out(raw.size() * 2, '\0');
    char* to = out.data();
    for (unsigned char c : raw) {
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    return out;
}

std::string from_hex(std::string_view hex)
{
    auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    if (hex.size() % 2 != 0) return {};
    std::string out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = digit(hex[i]), low = digit(hex[i + 1]);
        if (high < 0 || low < 0) return {};
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

bool is_lower_hex(std::string_view text, std::size_t length) noexcept
{
    if (text.size() != length) return false;
    for (char c : text)
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    return true;
}

} // namespace hfasync::detail
