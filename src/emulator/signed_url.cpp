#include "emulator/signed_url.hpp"

#include <charconv>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/encoding.hpp"
#include "base/hash.hpp"

namespace hfasync::emulator {

namespace {

std::uint64_t read_number(std::optional<std::string_view> text)
{
    std::uint64_t value = 0;
    if (!text ||
        std::from_chars(text->data(), text->data() + text->size(), value).ptr != text->data() + text->size())
        return 0;
    return value;
}

Reply denied(std::string_view code, std::string_view message)
{
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>";
    text.append(code).append("</Code><Message>").append(message).append("</Message></Error>");
    return xml_reply(std::move(text), 403);
}

/// What of an upload's query is signed beside its end.
std::string upload_extra(const Request& request)
{
    std::string extra;
    for (const char* key : {"partNumber", "uploadId"})
        if (const auto value = request.query_value(key)) {
            extra.append(extra.empty() ? "" : "&").append(key).append("=").append(*value);
        }
    return extra;
}

} // namespace

std::uint64_t unix_seconds(std::chrono::system_clock::time_point time)
{
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

UrlSigner::UrlSigner()
{
    if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1)
        throw std::runtime_error("OpenSSL gives no random numbers");
}

std::string UrlSigner::sign(std::string_view method, std::string_view path, std::uint64_t expires,
                            std::string_view extra) const
{
    std::string text(method);
    text.append("\n").append(path).append("\n").append(std::to_string(expires)).append("\n").append(extra);
    std::array<unsigned char, 32> mac{};
    unsigned length = mac.size();
    HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &length);
    return detail::to_hex({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

bool UrlSigner::verify(std::string_view signature, std::string_view method, std::string_view path,
                       std::uint64_t expires, std::string_view extra) const
{
    const auto good = sign(method, path, expires, extra);
    return good.size() == signature.size() && CRYPTO_memcmp(good.data(), signature.data(), good.size()) == 0;
}

std::string UrlSigner::download(std::string_view path, std::string_view disposition, Time expires) const
{
    const auto end = unix_seconds(expires);
    std::string out(path);
    out.append("?response-content-disposition=").append(detail::percent_encode_all(disposition));
    out.append("&Expires=")
        .append(std::to_string(end))
        .append("&Signature=")
        .append(sign("GET", path, end, disposition));
    return out.append("&Key-Pair-Id=K24J24Z295AEI9");
}

std::string UrlSigner::upload(std::string_view path, std::string_view extra, Time now,
                              std::chrono::seconds lifetime) const
{
    const auto begin = unix_seconds(now);
    const auto end = begin + static_cast<std::uint64_t>(lifetime.count());
    std::string out(path);
    out.append("?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=").append(std::to_string(begin));
    out.append("&X-Amz-Expires=").append(std::to_string(lifetime.count()));
    out.append("&X-Amz-Signature=").append(sign("PUT", path, end, extra));
    if (!extra.empty()) return out.append("&").append(extra).append("&x-id=UploadPart");
    return out.append("&x-id=PutObject");
}

std::optional<Reply> UrlSigner::refuse(const Request& request, Time now) const
{
    const bool upload = request.query_value("X-Amz-Signature").has_value();
    const auto signature = request.query_value(upload ? "X-Amz-Signature" : "Signature").value_or("");
    const auto expires = upload ? read_number(request.query_value("X-Amz-Date")) +
                                      read_number(request.query_value("X-Amz-Expires"))
                                : read_number(request.query_value("Expires"));
    if (signature.empty()) return denied("AccessDenied", "Access Denied");
    const std::string_view method = upload ? "PUT" : "GET"; // a download URL serves HEAD too
    const auto extra = upload ? upload_extra(request)
                              : std::string(request.query_value("response-content-disposition").value_or(""));
    if (upload != (request.method == "PUT") || !verify(signature, method, request.path, expires, extra))
        return denied("SignatureDoesNotMatch",
                      "The request signature we calculated does not match the signature you provided.");
    if (unix_seconds(now) >= expires) return denied("AccessDenied", "Request has expired");
    return std::nullopt;
}

} // namespace hfasync::emulator
