#include "http/error_map.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"

namespace hfasync::http {

namespace {

constexpr std::string_view disabled_text = "Access to this resource is disabled.";
constexpr std::size_t most_body = 4096;
constexpr std::size_t most_read = 64u << 10; // of an answer that has failed
constexpr std::size_t most_messages = 32;

std::string_view strip(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The reference's REPO_API_REGEX: ^https://[^/]+(/api/(models|datasets|spaces)/(.+)|/(.+)/resolve/(.+))
bool is_repo_url(const Url& url)
{
    if (!url.tls()) return false;
    const std::string_view path = url.path;
    for (const std::string_view prefix : {"/api/models/", "/api/datasets/", "/api/spaces/"})
        if (path.size() > prefix.size() && path.starts_with(prefix)) return true;
    const auto at = path.find("/resolve/", 2);
    return at != std::string_view::npos && path.size() > at + 9;
}

class Messages {
public:
    void add(std::string_view text)
    {
        text = strip(text);
        if (text.empty() || found_.size() >= most_messages) return;
        // Redacted first: a URL or a token must not be hidden from the redaction by an escape.
        auto clean = detail::printable(detail::redact_text(text.substr(0, most_body)));
        if (std::find(found_.begin(), found_.end(), clean) == found_.end())
            found_.push_back(std::move(clean));
    }
    void add(const boost::json::value& value)
    {
        if (const auto* text = value.if_string()) add(std::string_view(*text));
    }
    std::string joined() const
    {
        std::string out;
        for (const auto& one : found_) {
            if (!out.empty()) out += '\n';
            out += one;
        }
        return out;
    }

private:
    std::vector<std::string> found_;
};

void collect(const boost::json::object& body, Messages& messages)
{
    if (const auto* error = body.if_contains("error")) {
        messages.add(*error);
        if (const auto* list = error->if_array())
            for (const auto& one : *list)
                messages.add(one);
    }
    const auto* errors = body.if_contains("errors");
    const auto* list = errors ? errors->if_array() : nullptr;
    if (!list) return;
    for (const auto& one : *list)
        if (const auto* object = one.if_object())
            if (const auto* message = object->if_contains("message")) messages.add(*message);
}

errc code_for_status(int status) noexcept
{
    switch (status) {
    case 400:
        return errc::bad_request;
    case 401:
        return errc::unauthorized;
    case 403:
        return errc::forbidden;
    case 404:
        return errc::not_found;
    case 409:
    case 412:
        return errc::conflict;
    case 416:
        return errc::range_not_satisfiable;
    case 429:
        return errc::rate_limited;
    default:
        return status >= 500 && status < 600 ? errc::server_error : errc::http_status;
    }
}

errc code_for(const FailedAnswer& answer, std::string_view error_code)
{
    if (error_code == "RevisionNotFound") return errc::revision_not_found;
    if (error_code == "EntryNotFound") return errc::entry_not_found;
    if (error_code == "GatedRepo") return errc::gated_repo;
    if (answer.headers.get("x-error-message") == disabled_text) return errc::disabled_repo;
    if (error_code == "RepoNotFound") return errc::repository_not_found;
    // The Hub answers 401 for private repos that the caller must not know of.
    if (error_code.empty() && answer.status == 401 && is_repo_url(answer.url))
        return errc::repository_not_found;
    return code_for_status(answer.status);
}

std::string_view hint_for(errc code, bool whoami) noexcept
{
    if (whoami && code == errc::unauthorized)
        return "Invalid user token. Check the token that was passed, HF_TOKEN and the token file";
    switch (code) {
    case errc::revision_not_found:
        return "Check the revision (branch, tag or commit hash)";
    case errc::entry_not_found:
        return "Check the path and the revision";
    case errc::gated_repo:
        return "Ask for access on the page of the repo, and pass a token of the account that has it";
    case errc::disabled_repo:
        return "The repo was disabled; write to its owner or to the Hub";
    case errc::repository_not_found:
        return "Check repo_id and repo_type; for a private or gated repo pass a token that may read it";
    case errc::bad_request:
        return "The request was refused as malformed; see the message";
    case errc::unauthorized:
        return "Pass a valid token";
    case errc::forbidden:
        return "The token has no right to do this";
    case errc::conflict:
        return "The head of the branch moved or the thing exists already; read it again and retry";
    case errc::rate_limited:
        return "Too many requests; wait, and pass a token for a higher limit";
    case errc::server_error:
        return "The Hub failed; try again later";
    default:
        return "";
    }
}

/// A sentence that goes on into the next one.
std::string sentence(std::string text)
{
    while (!text.empty() && (text.back() == '.' || text.back() == ' '))
        text.pop_back();
    return text;
}

/// What a reader needs first stands first: what failed, why, what to do; then what a report of a fault needs.
std::string describe_failure(const FailedAnswer& answer, const ErrorScope& scope, const ErrorContext& context)
{
    auto status = std::to_string(answer.status);
    if (const auto reason = reason_of(answer.status); !reason.empty()) status.append(" ").append(reason);
    auto why = context.server_message;
    std::replace(why.begin(), why.end(), '\n', ';');
    auto out = scope.what.empty() ? std::string() : detail::printable(scope.what) + ": ";
    out += why.empty() ? status : sentence(std::move(why));
    if (!context.hint.empty()) out += ". " + context.hint;
    out += " (" + (context.server_message.empty() ? std::string() : status + " for ") + context.method + " " +
           context.url;
    if (!context.error_code.empty()) out += ", " + context.error_code;
    if (!context.request_id.empty()) out += ", request id " + context.request_id;
    return out + ")";
}

} // namespace

std::string request_id_of(const Headers& headers)
{
    for (const std::string_view name : {"x-request-id", "x-amzn-trace-id", "x-amz-cf-id"})
        if (const auto value = headers.find(name)) return detail::printable(value->substr(0, 256));
    return {};
}

std::string_view reason_of(int status) noexcept
{
    constexpr std::pair<int, std::string_view> reasons[] = {{301, "Moved Permanently"},
                                                            {302, "Found"},
                                                            {304, "Not Modified"},
                                                            {307, "Temporary Redirect"},
                                                            {308, "Permanent Redirect"},
                                                            {400, "Bad Request"},
                                                            {401, "Unauthorized"},
                                                            {402, "Payment Required"},
                                                            {403, "Forbidden"},
                                                            {404, "Not Found"},
                                                            {405, "Method Not Allowed"},
                                                            {408, "Request Timeout"},
                                                            {409, "Conflict"},
                                                            {410, "Gone"},
                                                            {412, "Precondition Failed"},
                                                            {413, "Payload Too Large"},
                                                            {416, "Range Not Satisfiable"},
                                                            {422, "Unprocessable Entity"},
                                                            {429, "Too Many Requests"},
                                                            {500, "Internal Server Error"},
                                                            {501, "Not Implemented"},
                                                            {502, "Bad Gateway"},
                                                            {503, "Service Unavailable"},
                                                            {504, "Gateway Timeout"}};
    for (const auto& [code, text] : reasons)
        if (code == status) return text;
    return {};
}

std::string server_message(const Headers& headers, std::string_view body)
{
    Messages messages;
    messages.add(headers.get("x-error-message"));
    if (!strip(body).starts_with('{'))
        return messages.joined(); // HTML, XML, lists: nothing that the Hub documents
    boost::system::error_code error;
    const auto value = boost::json::parse(body, error);
    if (!error)
        if (const auto* object = value.if_object()) collect(*object, messages);
    return messages.joined();
}

namespace {

boost::asio::awaitable<std::string> start_of_body(Response& response)
{
    std::string out(most_read, '\0');
    std::size_t used = 0;
    try {
        while (used < out.size()) {
            const auto room = boost::asio::buffer(out.data() + used, out.size() - used);
            const auto some = co_await response.read_some(room);
            if (some == 0) break;
            used += some;
        }
    } catch (const HubError& error) {
        if (error.code() == errc::cancelled) throw;
    }
    out.resize(used);
    co_return out;
}

} // namespace

boost::asio::awaitable<void> throw_for_response(Response& response, const ErrorScope& scope)
{
    auto body = co_await start_of_body(response);
    throw_for_answer({.status = response.status,
                      .method = response.method,
                      .url = response.url,
                      .headers = response.headers,
                      .body = std::move(body)},
                     scope);
}

void throw_for_answer(const FailedAnswer& answer, const ErrorScope& scope)
{
    ErrorContext context;
    context.status = answer.status;
    context.method = to_string(answer.method);
    context.url = answer.url.redacted();
    context.request_id = request_id_of(answer.headers);
    context.error_code = detail::printable(answer.headers.get("x-error-code").substr(0, 128));
    context.server_message = server_message(answer.headers, answer.body);
    context.body = detail::printable(detail::redact_text(std::string_view(answer.body).substr(0, most_body)));
    const auto code = code_for(answer, context.error_code);
    context.hint = hint_for(code, scope.plain_http_error);
    auto text = describe_failure(answer, scope, context);

    if (scope.plain_http_error) throw HTTPError(code, std::move(text), std::move(context));
    switch (code) {
    case errc::revision_not_found:
        throw RevisionNotFoundError(code, std::move(text), std::move(context));
    case errc::entry_not_found:
        throw EntryNotFoundError(code, std::move(text), std::move(context));
    case errc::gated_repo:
        throw GatedRepoError(code, std::move(text), std::move(context));
    case errc::disabled_repo:
        throw DisabledRepoError(code, std::move(text), std::move(context));
    case errc::repository_not_found:
        throw RepositoryNotFoundError(code, std::move(text), std::move(context));
    case errc::bad_request:
        throw BadRequestError(code, std::move(text), std::move(context));
    case errc::conflict:
        throw ConflictError(code, std::move(text), std::move(context));
    default:
        throw HfHubHTTPError(code, std::move(text), std::move(context));
    }
}

} // namespace hfasync::http
