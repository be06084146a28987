#include "emulator/webhook_payload.hpp"

#include <algorithm>
#include <charconv>

#include <boost/asio/ip/address.hpp>

#include "emulator/json_text.hpp"
#include "emulator/routes/account.hpp"

namespace hfasync::emulator {

namespace {

constexpr std::string_view plain_http = "http://";

void text_or_null(JsonText& out, std::string_view key, const std::string& text)
{
    out.key(key);
    text.empty() ? out.null() : out.string(text);
}

void write_repo(JsonText& out, std::string_view endpoint, const WebhookEvent& event)
{
    const auto& repo = event.repo;
    const std::string base(endpoint);
    out.key("repo").open('{').key("type").string(to_string(repo.type)).key("name").string(repo.id);
    out.key("id").string(repo.uid).key("private").boolean(repo.is_private).key("url").open('{');
    out.key("web").string(base + "/" + std::string(url_prefix(repo.type)) + repo.id);
    out.key("api").string(base + "/api/" + std::string(plural(repo.type)) + "/" + repo.id).close('}');
    if (!event.head_sha.empty()) out.key("headSha").string(event.head_sha);
    const auto owner = repo.id.substr(0, repo.id.find('/'));
    out.key("owner").open('{').key("id").string(object_id(owner)).close('}').close('}');
}

} // namespace

bool covers(const store::Webhook& webhook, const WebhookEvent& event)
{
    const auto& domains = webhook.domains;
    if (std::find(domains.begin(), domains.end(), event.domain()) == domains.end()) return false;
    const auto& repo = event.repo;
    const auto owner = std::string_view(repo.id).substr(0, repo.id.find('/'));
    return std::any_of(webhook.watched.begin(), webhook.watched.end(), [&](const auto& item) {
        if (item.type == "org" || item.type == "user") return item.name == owner;
        return item.type == to_string(repo.type) && item.name == repo.id;
    });
}

std::string webhook_payload(std::string_view endpoint, const store::Webhook& webhook,
                            const WebhookEvent& event)
{
    JsonText out;
    out.open('{').key("event").open('{').key("action").string(event.action);
    out.key("scope").string(event.scope).close('}');
    write_repo(out, endpoint, event);
    if (!event.discussion.empty()) out.key("discussion").raw(event.discussion);
    if (!event.comment.empty()) out.key("comment").raw(event.comment);
    if (!event.updated_refs.empty()) {
        out.key("updatedRefs").open('[');
        for (const auto& ref : event.updated_refs) {
            out.open('{').key("ref").string(ref.ref);
            text_or_null(out, "oldSha", ref.old_sha);
            text_or_null(out, "newSha", ref.new_sha);
            out.close('}');
        }
        out.close(']');
    }
    out.key("webhook").open('{').key("id").string(webhook.id).key("version").number(3).close('}');
    return out.close('}').take();
}

bool is_web_url(std::string_view url)
{
    if (url.starts_with("https://"))
        url.remove_prefix(8);
    else if (url.starts_with(plain_http))
        url.remove_prefix(plain_http.size());
    else
        return false;
    const bool clean = std::none_of(url.begin(), url.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte == 0x7f || c == '"' || c == '<' || c == '>' || c == '\\';
    });
    return clean && url.size() <= 2000 && url.find_first_of("/?#:") != 0 && !url.empty();
}

std::optional<LoopbackTarget> loopback_target(std::string_view url)
{
    if (!is_web_url(url) || !url.starts_with(plain_http)) return std::nullopt;
    url = url.substr(0, url.find('#'));
    url.remove_prefix(plain_http.size());
    const auto end = std::min(url.find_first_of("/?"), url.size());
    const auto authority = url.substr(0, end);
    LoopbackTarget out;
    out.host = authority;
    out.target = url.substr(end);
    if (!out.target.starts_with('/')) out.target.insert(0, 1, '/');
    auto host = authority;
    const auto bracket = authority.find(']');
    const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        const auto port = authority.substr(colon + 1);
        const auto read = std::from_chars(port.data(), port.data() + port.size(), out.port);
        if (read.ec != std::errc() || read.ptr != port.data() + port.size() || out.port == 0)
            return std::nullopt;
        host = authority.substr(0, colon);
    }
    if (host == "localhost") host = "127.0.0.1";
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    boost::system::error_code no_literal;
    const auto address = boost::asio::ip::make_address(std::string(host), no_literal);
    if (no_literal || !address.is_loopback()) return std::nullopt;
    out.address = address.to_string();
    return out;
}

} // namespace hfasync::emulator
