#include "transfer/lfs_upload.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <set>

#include "async/task_group.hpp"
#include "base/encoding.hpp"
#include "transfer/content_body.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view lfs_type = "application/vnd.git-lfs+json";

void set_lfs_body(http::Request& request, const json::value& body)
{
    request.headers.set("Accept", std::string(lfs_type));
    request.headers.set("Content-Type", std::string(lfs_type));
    request.body = http::text_body(json::serialize(body));
}

/// Uploaded bytes of the parts of one file together.
class SentBytes {
public:
    SentBytes(std::size_t parts, ByteCount sink) : by_part_(parts), sink_(std::move(sink)) {}
    void set(std::size_t part, std::uint64_t bytes)
    {
        if (!sink_) return;
        const std::scoped_lock lock(mutex_);
        sum_ += bytes - by_part_[part]; // an attempt that starts again counts down
        by_part_[part] = bytes;
        sink_(sum_);
    }

private:
    std::mutex mutex_;
    std::vector<std::uint64_t> by_part_;
    std::uint64_t sum_ = 0;
    ByteCount sink_;
};

http::Request put_request(http::Url url, std::shared_ptr<http::BodySource> body)
{
    http::Request request;
    request.method = http::Method::put;
    request.url = std::move(url);
    request.body = std::move(body);
    request.auth.never = true; // the address is signed; the token is not the storage's business
    request.replay = http::Replay::safe;
    return request;
}

/// The state of one file's transfer that outlives a second batch call: parts that are stored stay stored.
struct Transfer {
    UploadTarget target;
    AdditionPtr addition;
    std::size_t at_once;
    std::shared_ptr<SentBytes> sent{};
    std::vector<std::string> etags{};
    std::uint64_t chunk_size = 0;
    std::string upload_id{}; ///< parts of one upload mean nothing to another
};

/// What the storage calls the upload, if the addresses tell.
std::string upload_id_of(const LfsPlan& plan)
{
    const auto& from = plan.parts.empty() ? plan.url : plan.parts.front();
    for (auto& [key, value] : decode_query(from.query).value_or(QueryPairs{}))
        if (key == "uploadId") return value;
    return {};
}

asio::awaitable<void> put_whole(Transfer* transfer, http::Url url)
{
    if (!transfer->sent) transfer->sent = std::make_shared<SentBytes>(1, ByteCount{});
    auto request = put_request(
        std::move(url), content_body(transfer->target.hub, transfer->addition, 0, *transfer->addition->size));
    request.on_sent = [sent = transfer->sent](std::uint64_t n) { sent->set(0, n); };
    co_await fetch_nothing(transfer->target.hub, std::move(request),
                           {.what = transfer->addition->path_in_repo});
}

asio::awaitable<void> put_part(Transfer* transfer, http::Url url, std::size_t index,
                               std::shared_ptr<StreamCursor> cursor)
{
    const auto offset = index * transfer->chunk_size;
    const auto length = std::min(transfer->chunk_size, *transfer->addition->size - offset);
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto request =
            put_request(url, content_body(transfer->target.hub, transfer->addition, offset, length, cursor));
        request.on_sent = [sent = transfer->sent, index](std::uint64_t n) { sent->set(index, n); };
        auto response = co_await transfer->target.hub->client.send(
            std::move(request), {.what = transfer->addition->path_in_repo});
        std::string etag(response.headers.get("ETag"));
        co_await response.drain();
        if (!etag.empty()) {
            transfer->etags[index] = std::move(etag);
            co_return;
        }
    }
    throw RuntimeError(errc::lfs_transfer, "The storage gave no ETag for part " + std::to_string(index + 1) +
                                               " of '" + transfer->addition->path_in_repo + "'");
}

asio::awaitable<void> put_parts(Transfer* transfer, const LfsPlan* plan, ByteCount on_sent)
{
    auto upload_id = upload_id_of(*plan);
    if (transfer->chunk_size != plan->chunk_size || transfer->etags.size() != plan->parts.size() ||
        transfer->upload_id != upload_id) {
        transfer->chunk_size = plan->chunk_size;
        transfer->upload_id = std::move(upload_id);
        transfer->etags.assign(plan->parts.size(), {});
        transfer->sent = std::make_shared<SentBytes>(plan->parts.size(), std::move(on_sent));
    }
    // A stream has one position: its parts go one after the other.
    std::shared_ptr<StreamCursor> cursor;
    if (const auto* stream = transfer->addition->source.stream())
        cursor = std::make_shared<StreamCursor>(*stream);
    co_await for_each_index(plan->parts.size(), cursor ? 1 : transfer->at_once,
                            [transfer, plan, cursor](std::size_t i) -> asio::awaitable<void> {
                                if (transfer->etags[i].empty())
                                    co_await put_part(transfer, plan->parts[i], i, cursor);
                            });
}

http::Request completion_request(const Transfer& transfer, const http::Url& url)
{
    json::array parts;
    for (std::size_t i = 0; i < transfer.etags.size(); ++i)
        parts.push_back(json::object{{"partNumber", i + 1}, {"etag", transfer.etags[i]}});
    http::Request request;
    request.method = http::Method::post;
    request.url = url;
    request.auth.never = true;
    request.replay = http::Replay::unsent;
    set_lfs_body(request, json::object{{"oid", transfer.addition->sha256}, {"parts", std::move(parts)}});
    return request;
}

asio::awaitable<bool> is_stored(UploadTarget target, AdditionPtr addition)
{
    const auto batch = co_await lfs_batch(target, {addition});
    const auto found = batch.objects.find(addition->sha256);
    co_return found != batch.objects.end() && !found->second.error && !found->second.upload_href;
}

/// S3 answers 200 before it has put the parts together; the body then says that it could not.
bool reports_failure(std::string_view body)
{
    if (body.find("<Error>") != std::string_view::npos) return true;
    boost::system::error_code ec;
    const auto value = json::parse(body, ec);
    const auto* object = ec ? nullptr : value.if_object();
    if (!object) return false;
    const auto* success = object->if_contains("success");
    return object->contains("error") || (success && success->is_bool() && !success->get_bool());
}

asio::awaitable<void> send_completion(Transfer* transfer, http::Url url)
{
    constexpr std::size_t most = 64u << 10;
    auto response = co_await transfer->target.hub->client.send(completion_request(*transfer, url),
                                                               {.what = transfer->addition->path_in_repo});
    const auto body = co_await response.read_all(most);
    if (reports_failure(body))
        throw HubError(errc::lfs_transfer, "The storage could not put the parts of '" +
                                               transfer->addition->path_in_repo +
                                               "' together: " + printable(redact_text(body.substr(0, 500))));
}

/// A completion whose reply is lost may have been done: then the batch call no longer wants the object. If it
/// does, the parts are still there, and to name them once more does no harm.
asio::awaitable<void> complete(Transfer* transfer, http::Url url)
{
    for (int attempt = 0;; ++attempt) {
        std::exception_ptr failure;
        try {
            co_await send_completion(transfer, url);
        } catch (const CancelledError&) {
            throw;
        } catch (const HubError& e) {
            const int status = e.context().status;
            const bool maybe_done = status < 400 || status == 409 || status >= 500;
            if (!maybe_done) throw;
            failure = std::current_exception();
        }
        if (!failure || co_await is_stored(transfer->target, transfer->addition)) co_return;
        if (attempt > 0) std::rethrow_exception(failure);
    }
}

asio::awaitable<void> verify(const Transfer* transfer, http::Url url)
{
    http::Request request;
    request.method = http::Method::post;
    request.url = std::move(url);
    request.auth.token = transfer->target.repo.token; // sent to the endpoint's origin only
    request.replay = http::Replay::safe;
    set_json_body(request,
                  json::object{{"oid", transfer->addition->sha256}, {"size", *transfer->addition->size}});
    co_await fetch_nothing(transfer->target.hub, std::move(request),
                           {.what = transfer->addition->path_in_repo});
}

asio::awaitable<void> run_plan(Transfer* transfer, const LfsPlan* plan, ByteCount on_sent)
{
    if (plan->kind == LfsPlan::Kind::basic) {
        transfer->sent = std::make_shared<SentBytes>(1, std::move(on_sent));
        co_await put_whole(transfer, plan->url);
    } else if (plan->kind == LfsPlan::Kind::multipart) {
        co_await put_parts(transfer, plan, std::move(on_sent));
        co_await complete(transfer, plan->url);
    }
    if (plan->verify) co_await verify(transfer, *plan->verify);
}

/// Signed addresses live for minutes; a long queue outlives them. The storage says so in its 403. An address
/// that is refused while it should still live would be refused again.
bool is_expired(const HubError& error, const LfsOrder& order, Clock::Steady::time_point now)
{
    if (error.context().status != 403 && error.context().status != 400) return false;
    const std::string& body = error.context().body;
    if (body.find("RequestTimeTooSkewed") != std::string::npos) return true;
    if (order.object.expires_in && now - order.answered < *order.object.expires_in) return false;
    for (const std::string_view sign : {"expired", "Expired"})
        if (body.find(sign) != std::string::npos) return true;
    return false;
}

} // namespace

asio::awaitable<LfsBatch> lfs_batch(UploadTarget target, std::vector<AdditionPtr> additions)
{
    std::set<std::string_view> seen;
    json::array objects;
    for (const auto& addition : additions)
        if (seen.insert(addition->sha256).second)
            objects.push_back(json::object{{"oid", addition->sha256}, {"size", *addition->size}});
    json::object body{{"operation", "upload"},
                      {"transfers", json::array{"basic", "multipart"}},
                      {"objects", std::move(objects)},
                      {"hash_algo", "sha256"}};
    // A branch that a Pull Request will make does not exist yet.
    if (!target.create_pr) body["ref"] = json::object{{"name", target.revision}};

    validate_repo_id(target.repo.id);
    http::Request request;
    request.method = http::Method::post;
    request.url = api_url(target.hub, "/" + std::string(url_prefix(target.repo.type)) + target.repo.id +
                                          ".git/info/lfs/objects/batch");
    request.auth.token = target.repo.token;
    request.replay = http::Replay::safe; // asking twice makes no object
    set_lfs_body(request, body);
    const auto answer = co_await fetch_json(target.hub, std::move(request), scope_of(target.repo));
    co_return LfsBatch{.objects = read_lfs_batch(answer), .answered = target.hub->clock->now()};
}

asio::awaitable<void> send_lfs(UploadTarget target, AdditionPtr addition, LfsOrder order, std::size_t at_once,
                               ByteCount on_sent)
{
    const std::string& endpoint = target.hub->options.endpoint;
    Transfer transfer{.target = target, .addition = addition, .at_once = at_once};
    auto plan = plan_lfs_upload(order.object, *addition->size, endpoint);
    bool again = false;
    try {
        co_await run_plan(&transfer, &plan, on_sent);
    } catch (const HubError& e) {
        again = is_expired(e, order, target.hub->clock->now());
        if (!again) throw;
    }
    if (!again) co_return;
    const auto batch = co_await lfs_batch(target, {addition});
    const auto found = batch.objects.find(addition->sha256);
    if (found == batch.objects.end() || found->second.error)
        throw RuntimeError(errc::lfs_transfer,
                           "The Hub gave no new address for '" + addition->path_in_repo + "'");
    plan = plan_lfs_upload(found->second, *addition->size, endpoint);
    co_await run_plan(&transfer, &plan, on_sent);
}

void throw_lfs_failure(const std::exception_ptr& failure, const std::string& path_in_repo)
{
    try {
        std::rethrow_exception(failure);
    } catch (const CancelledError&) {
        throw;
    } catch (const OfflineModeIsEnabled&) {
        throw;
    } catch (const HubError& e) {
        ErrorContext context = e.context();
        context.path = path_in_repo;
        throw RuntimeError(errc::lfs_transfer,
                           "Error while uploading '" + path_in_repo + "' to the Hub. " +
                               std::string(e.message()),
                           std::move(context));
    }
}

} // namespace hfasync::detail
