#include "emulator/wire/message.hpp"

#include <boost/beast/http/status.hpp>

#include "emulator/json_text.hpp"

namespace hfasync::emulator {

std::string_view to_string(Origin origin) noexcept
{
    return origin == Origin::hub ? "hub" : "storage";
}

std::string_view Request::header(std::string_view name) const
{
    const auto it = fields.find(boost::beast::string_view(name.data(), name.size()));
    return it == fields.end() ? std::string_view{} : std::string_view(it->value().data(), it->value().size());
}

std::optional<std::string_view> Request::query_value(std::string_view key) const
{
    for (auto it = query.rbegin(); it != query.rend(); ++it)
        if (it->first == key) return it->second;
    return std::nullopt;
}

std::vector<std::string> Request::query_values(std::string_view key) const
{
    std::vector<std::string> out;
    for (const auto& [name, value] : query) {
        std::string_view bare = name;
        if (bare.ends_with("[]")) bare.remove_suffix(2);
        if (bare == key) out.push_back(value);
    }
    return out;
}

bool Request::query_flag(std::string_view key) const
{
    const auto value = query_value(key);
    return value && *value != "false" && *value != "False" && *value != "0";
}

void Reply::header(std::string_view name, std::string_view value)
{
    headers.append(name).append(": ");
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        headers.push_back(byte < 0x20 || byte == 0x7f ? ' ' : c);
    }
    headers.append("\r\n");
}

std::uint64_t Reply::body_size() const
{
    if (const auto* text = std::get_if<std::string>(&body)) return text->size();
    if (const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&body))
        return slice_size.value_or(*shared ? (*shared)->size() : 0);
    return std::get<FileSlice>(body).size;
}

namespace {

Reply typed_reply(std::string text, int status, std::string_view type)
{
    Reply reply;
    reply.status = status;
    reply.headers.append("Content-Type: ").append(type).append("\r\n");
    reply.body = std::move(text);
    return reply;
}

} // namespace

Reply json_reply(std::string text, int status)
{
    return typed_reply(std::move(text), status, "application/json; charset=utf-8");
}

Reply text_reply(std::string text, int status)
{
    return typed_reply(std::move(text), status, "text/plain; charset=utf-8");
}

Reply xml_reply(std::string text, int status)
{
    return typed_reply(std::move(text), status, "application/xml");
}

Reply error_reply(int status, std::string_view code, std::string_view message, std::string_view extra)
{
    std::string body = "{\"error\":";
    append_json_string(body, message);
    body.append(extra).push_back('}');
    Reply reply = json_reply(std::move(body), status);
    if (!code.empty()) reply.header("X-Error-Code", code);
    reply.header("X-Error-Message", message);
    return reply;
}

std::string_view reason_phrase(int status) noexcept
{
    const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    return {text.data(), text.size()};
}

} // namespace hfasync::emulator
