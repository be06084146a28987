#include "answers.hpp"

#include <boost/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <hfasync/result.hpp>
#include <hfasync/revision.hpp>

namespace cache_server {

namespace json = boost::json;
using hfasync::errc;

namespace {

std::string key_of(const ApiRequest& request)
{
    const auto text =
        request.method + ' ' + request.target + '\n' + request.content_type + '\n' + request.body;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
    std::string out = "answers/";
    for (unsigned i = 0; i < size; ++i)
        out.append({"0123456789abcdef"[digest[i] >> 4], "0123456789abcdef"[digest[i] & 15]});
    return out;
}

RawRequest raw(const ApiRequest& request, const hfasync::Token& token)
{
    return {request.method, request.target, token, request.content_type, request.body};
}

/// What a commit is made of never changes.
bool is_immutable(const ApiTarget& target)
{
    return hfasync::is_commit_hash(target.revision) && !target.expands;
}

/// The repo is not for everybody (any more).
bool refuses_repo(const RawAnswer& answer)
{
    return answer.status == 401 || answer.status == 403 ||
           (answer.status == 404 && answer.header("X-Error-Code") == "RepoNotFound");
}

std::string rewritten(std::string text, const std::string& from, const std::string& to)
{
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// What the Hub's API knows below a repo; nothing for a route that is not kept.
std::optional<std::span<const std::string_view>> known_keys(std::string_view what)
{
    static constexpr std::array<std::string_view, 3> info{"blobs", "expand", "securityStatus"};
    static constexpr std::array<std::string_view, 4> tree{"recursive", "expand", "limit", "cursor"};
    static constexpr std::array<std::string_view, 1> refs{"include_prs"};
    static constexpr std::array<std::string_view, 3> commits{"p", "limit", "expand"};
    if (what.empty() || what == "revision") return info;
    if (what == "tree") return tree;
    if (what == "refs") return refs;
    if (what == "commits") return commits;
    return std::nullopt;
}

/// Clients write expand, expand[] and expand%5B%5D.
std::string query_key(std::string_view parameter)
{
    auto key = percent_decode(parameter.substr(0, parameter.find('='))).value_or("");
    if (key.ends_with("[]")) key.resize(key.size() - 2);
    return key;
}

} // namespace

bool is_kept(std::string_view method, std::string_view target)
{
    const auto found = api_target(target);
    const auto question = target.find('?');
    auto query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    if (!found) return false;
    if (method == "POST") return found->what == "paths-info" && query.empty();
    const auto known = known_keys(found->what);
    if (method != "GET" || !known) return false;
    while (!query.empty()) {
        const auto one = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), one.size() + 1));
        if (std::find(known->begin(), known->end(), query_key(one)) == known->end()) return false;
    }
    return true;
}

bool is_reading_post(std::string_view target)
{
    const auto found = api_target(target);
    return found && found->what == "paths-info";
}

Reply Answers::reply_of(const RawAnswer& answer, const ApiRequest& request, Source source) const
{
    Reply reply;
    reply.status = answer.status;
    reply.text = answer.body;
    reply.source = source;
    for (const auto& [name, value] : answer.headers) {
        // Pages and renamed repos are found by way of this server too.
        const bool leads_on = name == "Link" || name == "Location";
        reply.headers.emplace_back(
            name, leads_on ? rewritten(value, upstream_.endpoint() + "/", request.base + "/") : value);
    }
    return reply;
}

asio::awaitable<Reply> Answers::pass(ApiRequest request)
{
    auto answer = co_await upstream_.ask(raw(request, request.caller.token));
    co_return reply_of(answer, request, Source::bypass);
}

asio::awaitable<Reply> Answers::answer(ApiRequest request)
{
    const auto target = api_target(request.target);
    if (target && is_kept(request.method, request.target) && co_await openness_.is_public(target->repo)) {
        auto reply = co_await answer_public(request, *target);
        if (reply) co_return std::move(*reply);
        openness_.closed(target->repo);
    }
    co_return co_await pass(std::move(request));
}

/// Nothing when the upstream gives the repo to nobody without a token.
asio::awaitable<std::optional<Reply>> Answers::answer_public(ApiRequest request, ApiTarget target)
{
    const auto key = key_of(request);
    const auto kept = co_await find(key);
    if (kept && (is_immutable(target) || options_.now() < kept->at + options_.branch_ttl))
        co_return reply_of(kept->answer, request, Source::hit);
    if (kept && upstream_.down()) co_return reply_of(kept->answer, request, Source::stale);
    auto asked = co_await hfasync::as_result(upstream_.ask_shared(raw(request, false), key));
    const auto trouble = asked && (asked->status >= 500 || asked->status == 429);
    if (kept && (trouble || unreachable(asked.error())))
        co_return reply_of(kept->answer, request, Source::stale);
    auto& answer = asked.value();
    if (refuses_repo(answer)) co_return std::nullopt;
    if (answer.status == 200) co_await keep(key, answer);
    co_return reply_of(answer, request, answer.status == 200 ? Source::miss : Source::bypass);
}

asio::awaitable<std::optional<Answers::Kept>> Answers::find(std::string key)
{
    const auto file = co_await store_.open(std::move(key));
    if (!file) co_return std::nullopt;
    std::string text;
    while (text.size() < file->size()) {
        auto more = co_await hfasync::as_result(run_on(store_.disk(), [file, at = text.size()] {
            return file->read(at, static_cast<std::size_t>(file->size() - at));
        }));
        if (!more) co_return std::nullopt; // it is asked for again
        text += *more;
    }
    const auto line = text.find('\n');
    boost::system::error_code broken;
    const auto head = json::parse(std::string_view(text).substr(0, line), broken);
    if (broken || line == std::string::npos || !head.is_object()) co_return std::nullopt;
    Kept kept{{.status = 200, .headers = {}, .body = text.substr(line + 1)}, {}};
    // A crash may have cut it; one without a length was written before there was one.
    const auto* size = head.get_object().if_contains("size");
    if (size == nullptr || *size != json::value(kept.answer.body.size())) co_return std::nullopt;
    for (const auto& [name, value] : head.get_object()) {
        if (name == "at" && value.is_int64())
            kept.at = Clock::time_point(std::chrono::seconds(value.get_int64()));
        else if (value.is_string())
            kept.answer.headers.emplace_back(std::string(name), std::string(value.get_string()));
    }
    co_return kept;
}

asio::awaitable<void> Answers::keep(std::string key, RawAnswer answer)
{
    const auto now = options_.now().time_since_epoch();
    json::object head{{"at", std::chrono::duration_cast<std::chrono::seconds>(now).count()},
                      {"size", answer.body.size()}};
    for (const auto& [name, value] : answer.headers)
        if (name == "Content-Type" || name == "Link" || name == "X-Repo-Commit") head[name] = value;
    // That the disk refuses is no reason not to answer.
    auto done =
        co_await hfasync::as_result(store_.put(std::move(key), json::serialize(head) + '\n' + answer.body));
    (void)done.has_value();
}

} // namespace cache_server
