#include "wire/scripted_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

#include "base/encoding.hpp"
#include "base/hash.hpp"

namespace wire {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

namespace {

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

// %c3 and %C3 are the same.
std::string upper_escapes(std::string path)
{
    for (std::size_t i = 0; i + 2 < path.size(); ++i)
        if (path[i] == '%' && std::isxdigit(static_cast<unsigned char>(path[i + 1])) &&
            std::isxdigit(static_cast<unsigned char>(path[i + 2])))
            for (auto at : {i + 1, i + 2})
                path[at] = static_cast<char>(std::toupper(static_cast<unsigned char>(path[at])));
    return path;
}

json::array pairs(std::string_view query)
{
    json::array out;
    for (auto& [name, value] : hfasync::detail::decode_query(query).value_or(hfasync::detail::QueryPairs()))
        out.push_back(json::array{name, value});
    return out;
}

void describe_body(json::object& record, const std::string& type, const std::string& body)
{
    if (body.empty()) return;
    const auto kind = type.substr(0, type.find(';'));
    boost::system::error_code failed;
    if (kind == "application/json" || kind == "application/vnd.git-lfs+json") {
        if (auto value = json::parse(body, failed); !failed) {
            record["json"] = std::move(value);
            return;
        }
    } else if (kind == "application/x-www-form-urlencoded") {
        record["form"] = pairs(body);
        return;
    } else if (kind == "application/x-ndjson") {
        json::array lines;
        for (std::size_t at = 0; at < body.size() && !failed;) {
            const auto end = std::min(body.find('\n', at), body.size());
            if (end > at) lines.push_back(json::parse(body.substr(at, end - at), failed));
            at = end + 1;
        }
        if (!failed) {
            record["ndjson"] = std::move(lines);
            return;
        }
    }
    record["body_sha256"] = hfasync::detail::sha256_hex(body);
    record["body_size"] = body.size();
}

std::string text_of(const json::object& object, std::string_view key, std::string fallback = {})
{
    const auto* found = object.if_contains(key);
    return found && found->is_string() ? std::string(found->get_string()) : fallback;
}

bool is_set(const json::object& object, std::string_view key)
{
    const auto* found = object.if_contains(key);
    return found && found->is_bool() && found->get_bool();
}

} // namespace

struct ScriptedServer::Answer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool length = true; ///< a route may leave it out: "Content-Length": []

    bool has(std::string_view name) const
    {
        return std::any_of(headers.begin(), headers.end(), [&](auto& h) { return lower(h.first) == name; });
    }
    // Answers a Range header with the part that was asked for.
    void cut(std::string_view range)
    {
        if (!range.starts_with("bytes=")) return;
        range.remove_prefix(6);
        std::size_t from = 0, to = std::numeric_limits<std::size_t>::max();
        const auto dash = range.find('-');
        if (dash == range.npos || dash == 0) return;
        std::from_chars(range.data(), range.data() + dash, from);
        std::from_chars(range.data() + dash + 1, range.data() + range.size(), to);
        const auto size = body.size();
        if (from >= size) {
            status = 416;
            body.clear();
            return;
        }
        to = std::min(to, size - 1);
        headers.emplace_back("Content-Range", "bytes " + std::to_string(from) + "-" + std::to_string(to) +
                                                  "/" + std::to_string(size));
        body = body.substr(from, to - from + 1);
        status = 206;
    }
    std::string text(bool head) const
    {
        const bool no_body = status == 204 || status == 304;
        auto out = "HTTP/1.1 " + std::to_string(status) + " " +
                   std::string(beast::http::obsolete_reason(
                       beast::http::int_to_status(static_cast<unsigned>(status)))) +
                   "\r\n";
        for (const auto& [name, value] : headers)
            out += name + ": " + value + "\r\n";
        if (length && !has("content-length") && !no_body)
            out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        out += "\r\n";
        return head || no_body ? out : out + body;
    }
};

ScriptedServer::ScriptedServer(const json::array& routes)
    : hub_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      storage_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), used_(routes.size())
{
    placeholders_["{{endpoint}}"] = "http://127.0.0.1:" + std::to_string(hub_.local_endpoint().port());
    placeholders_["{{storage}}"] = "http://localhost:" + std::to_string(storage_.local_endpoint().port());
    for (const auto& route : routes)
        routes_.push_back(route.as_object());
    asio::co_spawn(context_, accept(hub_, "endpoint"), asio::detached);
    asio::co_spawn(context_, accept(storage_, "storage"), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
}

ScriptedServer::~ScriptedServer()
{
    context_.stop();
    thread_.join();
}

std::vector<json::object> ScriptedServer::seen() const
{
    const std::lock_guard lock(mutex_);
    return seen_;
}

const json::object* ScriptedServer::take(std::string_view origin, std::string_view method,
                                         std::string_view path)
{
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        const auto& route = routes_[i];
        if (used_[i] || text_of(route, "origin", "endpoint") != origin ||
            text_of(route, "method") != method || upper_escapes(text_of(route, "path")) != path)
            continue;
        used_[i] = !is_set(route, "repeat");
        return &route;
    }
    return nullptr;
}

ScriptedServer::Answer ScriptedServer::answer(const std::string& origin, const std::string& method,
                                              const std::string& target, const json::object& headers,
                                              const std::string& body)
{
    const auto mark = std::min(target.find('?'), target.size());
    json::object record{
        {"origin", origin}, {"method", method}, {"path", upper_escapes(target.substr(0, mark))}};
    record["query"] = pairs(std::string_view(target).substr(std::min(mark + 1, target.size())));
    record["headers"] = headers;
    describe_body(record, text_of(headers, "content-type"), body);

    const std::lock_guard lock(mutex_);
    const auto* route = take(origin, method, text_of(record, "path"));
    if (!route) record["unexpected"] = true;
    seen_.push_back(std::move(record));
    if (!route)
        return {.status = 501,
                .headers = {{"Content-Type", "application/json"}},
                .body = R"({"error":"no route in this cassette"})"};

    Answer out;
    if (const auto* status = route->if_contains("status")) out.status = status->to_number<int>();
    if (const auto* fields = route->if_contains("headers"))
        for (const auto& [name, value] : fields->as_object()) {
            out.length = out.length && !(value.is_array() && value.get_array().empty());
            for (const auto& one : value.is_array() ? value.get_array() : json::array{value})
                out.headers.emplace_back(name, fill(std::string(one.as_string()), placeholders_));
        }
    if (const auto* value = route->if_contains("json")) {
        out.body = json::serialize(fill(*value, placeholders_));
        if (!out.has("content-type"))
            out.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    } else if (route->contains("base64")) {
        out.body = hfasync::detail::base64_decode(text_of(*route, "base64")).value();
    } else {
        out.body = fill(text_of(*route, "text"), placeholders_);
    }
    if (is_set(*route, "ranges")) out.cut(text_of(headers, "range"));
    return out;
}

asio::awaitable<void> ScriptedServer::accept(tcp::acceptor& acceptor, std::string origin)
{
    while (true) {
        auto [failed, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (failed) co_return;
        asio::co_spawn(context_, serve(std::move(socket), origin), asio::detached);
    }
}

asio::awaitable<void> ScriptedServer::serve(tcp::socket socket, std::string origin)
{
    beast::flat_buffer buffer;
    while (true) {
        beast::http::request_parser<beast::http::string_body> parser;
        parser.body_limit(boost::none);
        parser.header_limit(1u << 20);
        auto [failed, size] =
            co_await beast::http::async_read(socket, buffer, parser, asio::as_tuple(asio::use_awaitable));
        if (failed) co_return;
        const auto& request = parser.get();
        json::object headers;
        for (const auto& field : request)
            headers[lower(std::string(field.name_string()))] = std::string(field.value());
        const auto reply = answer(origin, std::string(request.method_string()), std::string(request.target()),
                                  headers, request.body());
        const auto text = reply.text(request.method() == beast::http::verb::head);
        auto [broken, written] =
            co_await asio::async_write(socket, asio::buffer(text), asio::as_tuple(asio::use_awaitable));
        if (broken || !request.keep_alive()) co_return;
    }
}

} // namespace wire
