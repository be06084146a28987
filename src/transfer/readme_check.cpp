// The metadata of a README.md is judged by the Hub before anything is sent.
#include "transfer/commit.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "base/encoding.hpp"
#include "http/error_map.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t most_readme = 16u << 20;

/// "- message" a line, of `errors` or `warnings`.
std::string messages(const json::value& answer, std::string_view key)
{
    std::string text;
    const auto* object = answer.if_object();
    const auto* list = object ? object->if_contains(key) : nullptr;
    if (!list || !list->is_array()) return text;
    for (const auto& entry : list->get_array())
        if (const auto* one = entry.if_object())
            if (const auto* message = one->if_contains("message"); message && message->is_string())
                text += (text.empty() ? "- " : "\n- ") + printable(std::string(message->get_string()));
    return text;
}

} // namespace

asio::awaitable<void> validate_readme(UploadTarget target, AdditionPtr readme)
{
    const auto content = co_await read_text(target.hub, readme, most_readme);
    if (!is_valid_utf8(content)) throw ValueError("README.md is not UTF-8 text; the Hub cannot show it");
    http::Request request;
    request.method = http::Method::post;
    request.url = api_url(target.hub, "/api/validate-yaml");
    request.auth.token = target.repo.token;
    request.replay = http::Replay::safe;
    set_json_body(request, json::object{{"content", content}, {"repoType", to_string(target.repo.type)}});

    // A 400 is an answer here: it lists what is wrong.
    const DecodeContext context{.source = "POST " + request.url.redacted()};
    auto response = co_await target.hub->client.send(request, {.what = "README.md"}, http::Statuses::any);
    const auto text = co_await response.read_all(1u << 20);
    if (response.status != 200 && response.status != 400)
        http::throw_for_answer({.status = response.status,
                                .method = request.method,
                                .url = response.url,
                                .headers = response.headers,
                                .body = text.substr(0, 4096)},
                               {.what = "README.md"});
    const auto answer = parse_json(text, context);
    if (auto warnings = messages(answer, "warnings"); !warnings.empty())
        warn(target.hub, "Warnings while validating metadata in README.md:\n" + warnings);
    if (response.status == 400)
        throw ValueError("Invalid metadata in README.md.\n" + messages(answer, "errors"),
                         {.path = "README.md"});
}

} // namespace hfasync::detail
