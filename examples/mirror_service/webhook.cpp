#include "webhook.hpp"

#include <boost/json.hpp>

#include <array>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <hfasync/error.hpp>

namespace mirror {

namespace json = boost::json;

namespace {

using Digest = std::array<unsigned char, 32>;

Digest sha256(std::string_view text)
{
    Digest digest{};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return digest;
}

Webhook read_payload(std::string_view body)
{
    boost::system::error_code no_json;
    const auto payload = json::parse(body, no_json);
    if (no_json || !payload.is_object()) return {.result = WebhookResult::malformed, .changed = {}};
    const auto* event = payload.as_object().if_contains("event");
    const auto* repo = payload.as_object().if_contains("repo");
    if (event == nullptr || !event->is_object() || repo == nullptr || !repo->is_object())
        return {.result = WebhookResult::malformed, .changed = {}};
    const auto text = [](const json::value* of, const char* key) {
        const auto* value = of->as_object().if_contains(key);
        return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
    };
    Webhook webhook{.result = WebhookResult::accepted, .changed = Changed{.repo_id = text(repo, "name")}};
    try {
        webhook.changed->type = hfasync::parse_repo_type(text(repo, "type"));
        hfasync::validate_repo_id(webhook.changed->repo_id);
    } catch (const hfasync::ValueError&) {
        return {.result = WebhookResult::malformed, .changed = {}};
    }
    // "repo" and "repo.content"; "repo.config" and "discussion" change no file, a deletion leaves nothing.
    const auto scope = text(event, "scope");
    if ((scope != "repo" && scope != "repo.content") || text(event, "action") == "delete")
        return {.result = WebhookResult::ignored, .changed = {}};
    return webhook;
}

} // namespace

bool equal_in_constant_time(std::string_view a, std::string_view b)
{
    // Of the digests, which have one length: the time says nothing about that of the secret either.
    const auto of_a = sha256(a), of_b = sha256(b);
    return CRYPTO_memcmp(of_a.data(), of_b.data(), of_a.size()) == 0;
}

Webhook read_webhook(const std::optional<std::string>& secret, std::string_view given, std::string_view body)
{
    if (!secret || !equal_in_constant_time(*secret, given))
        return {.result = WebhookResult::forbidden, .changed = {}};
    return read_payload(body);
}

} // namespace mirror
