#include "transfer/lfs_plan.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <charconv>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "base/hash.hpp"

namespace hfasync::detail {

namespace json = boost::json;

namespace {

// Object storage takes 10,000 parts at most; more would be an allocation of the server's choice.
constexpr std::uint64_t most_parts = 10'000;

[[noreturn]] void throw_malformed()
{
    throw ValueError(errc::bad_response,
                     "Malformed response from server: the LFS batch answer cannot be used");
}

[[noreturn]] void throw_unusable(const std::string& why)
{
    throw RuntimeError(errc::lfs_transfer, "The LFS batch answer cannot be used: " + why);
}

const json::object* object_member(const json::object& object, std::string_view key)
{
    const auto* value = object.if_contains(key);
    if (!value || value->is_null()) return nullptr;
    if (!value->is_object()) throw_malformed();
    return &value->get_object();
}

std::string text_member(const json::object& object, std::string_view key)
{
    const auto* value = object.if_contains(key);
    if (!value || !value->is_string()) throw_malformed();
    return std::string(value->get_string());
}

std::string error_text(const json::object& error)
{
    std::string text = "Error";
    if (const auto* code = error.if_contains("code"); code && code->is_int64())
        text += " " + std::to_string(code->get_int64());
    if (const auto* message = error.if_contains("message"); message && message->is_string())
        text += ": " + printable(std::string(message->get_string()));
    return text;
}

bool has_control_bytes(std::string_view text)
{
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// A member of "header"; numbers are as good as their text. nullopt for what has no meaning.
std::optional<std::string> header_text(std::string_view key, const json::value& value)
{
    std::optional<std::string> text;
    if (value.is_string()) text = std::string(value.get_string());
    if (value.is_int64()) text = std::to_string(value.get_int64());
    if (value.is_uint64()) text = std::to_string(value.get_uint64());
    if (has_control_bytes(key) || (text && has_control_bytes(*text))) throw_malformed();
    if (!text && key == "chunk_size") throw_malformed(); // or the file would go out in one piece
    return text;
}

void read_actions(const json::object& actions, LfsObject& object)
{
    if (const auto* upload = object_member(actions, "upload")) {
        object.upload_href = text_member(*upload, "href");
        if (const auto* seconds = upload->if_contains("expires_in"); seconds && seconds->is_int64())
            object.expires_in =
                std::chrono::seconds(std::clamp<std::int64_t>(seconds->get_int64(), 0, 1'000'000));
        if (const auto* header = object_member(*upload, "header"))
            for (const auto& [key, value] : *header)
                if (auto text = header_text(key, value)) object.upload_header.emplace(key, std::move(*text));
    }
    if (const auto* verify = object_member(actions, "verify"))
        object.verify_href = text_member(*verify, "href");
}

LfsObject read_object(const json::value& value)
{
    const auto* object = value.if_object();
    if (!object) throw_malformed();
    LfsObject result{.oid = text_member(*object, "oid")};
    if (!is_lower_hex(result.oid, 64)) throw_malformed();
    if (const auto* error = object_member(*object, "error"))
        result.error = error_text(*error);
    else if (const auto* actions = object_member(*object, "actions"))
        read_actions(*actions, result);
    return result;
}

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t n = 0;
    const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc() || stop != text.data() + text.size()) return std::nullopt;
    return n;
}

http::Url usable_url(std::string href, const std::string& endpoint)
{
    // Source: fix_hf_endpoint_in_url; a mirror hands on the Hub's answers as they are.
    constexpr std::string_view public_hub = "https://huggingface.co";
    if (href.starts_with(public_hub) && (href.size() == public_hub.size() || href[public_hub.size()] == '/'))
        href = endpoint + href.substr(public_hub.size());
    try {
        auto url = http::Url::parse(href);
        if (url.tls() || !http::Url::parse(endpoint).tls()) return url;
    } catch (const ValueError&) {
        throw_unusable("an address in it is none: " + redact_url(printable(href)));
    }
    throw_unusable("it names an address without TLS: " + redact_url(href));
}

void plan_parts(const LfsObject& object, std::uint64_t size, const std::string& endpoint, LfsPlan& plan)
{
    const auto chunk = number(object.upload_header.at("chunk_size"));
    if (!chunk || *chunk == 0) throw_unusable("chunk_size is no positive number");
    std::map<std::uint64_t, std::string> by_number; // as numbers: 10 comes after 9
    for (const auto& [key, href] : object.upload_header)
        if (const auto n = number(key); n && !by_number.emplace(*n, href).second)
            throw_unusable("a part is named twice");
    const auto wanted = size / *chunk + (size % *chunk != 0);
    if (wanted > most_parts || by_number.size() != wanted || by_number.empty() ||
        by_number.begin()->first != 1 || by_number.rbegin()->first != wanted)
        throw_unusable("it has " + std::to_string(by_number.size()) + " parts for " + std::to_string(wanted));
    plan.kind = LfsPlan::Kind::multipart;
    plan.chunk_size = *chunk;
    plan.parts.reserve(wanted);
    for (auto& [n, href] : by_number)
        plan.parts.push_back(usable_url(href, endpoint));
}

} // namespace

std::map<std::string, LfsObject> read_lfs_batch(const json::value& answer)
{
    const auto* object = answer.if_object();
    const auto* list = object ? object->if_contains("objects") : nullptr;
    const auto* objects = list ? list->if_array() : nullptr;
    if (!objects) throw_malformed();
    std::map<std::string, LfsObject> by_oid;
    for (const auto& value : *objects) {
        auto read = read_object(value);
        by_oid.insert_or_assign(read.oid, std::move(read));
    }
    return by_oid;
}

std::vector<std::size_t> lfs_groups(const std::vector<std::uint64_t>& sizes)
{
    std::vector<std::size_t> groups;
    std::uint64_t bytes = lfs_group_bytes; // full: the first file opens a group
    for (const auto size : sizes) {
        if (bytes >= lfs_group_bytes || groups.back() == lfs_batch_chunk) {
            groups.push_back(0);
            bytes = 0;
        }
        ++groups.back();
        bytes += std::min(size, lfs_group_bytes);
    }
    return groups;
}

LfsPlan plan_lfs_upload(const LfsObject& object, std::uint64_t size, const std::string& endpoint)
{
    LfsPlan plan;
    if (object.verify_href) plan.verify = usable_url(*object.verify_href, endpoint);
    if (!object.upload_href) {
        plan.verify.reset(); // stored already: nothing was sent that could be checked
        return plan;
    }
    plan.url = usable_url(*object.upload_href, endpoint);
    plan.kind = LfsPlan::Kind::basic;
    if (object.upload_header.contains("chunk_size")) plan_parts(object, size, endpoint, plan);
    return plan;
}

} // namespace hfasync::detail
