// The LFS batch API, verification, and the end of multipart uploads.
#include <charconv>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>

#include "base/encoding.hpp"
#include "emulator/access.hpp"
#include "emulator/json_text.hpp"
#include "emulator/routes/body.hpp"
#include "emulator/routes/storage.hpp"

namespace hfasync::emulator {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view completion_path = "/api/complete_multipart";
constexpr std::uint64_t most_parts = 10'000; // S3's
constexpr std::size_t completion_limit = 4u << 20;

struct Batch {
    std::shared_ptr<store::Repo> repo;
    bool upload = false;
    bool multipart = false; ///< the client knows how
};

Reply lfs_reply(std::string text)
{
    Reply reply;
    reply.headers = "Content-Type: application/vnd.git-lfs+json; charset=utf-8\r\n";
    reply.body = std::move(text);
    return reply;
}

void write_error(JsonText& out, int code, std::string_view message)
{
    out.key("error")
        .open('{')
        .key("code")
        .number(static_cast<std::uint64_t>(code))
        .key("message")
        .string(message)
        .close('}');
}

std::string completion_url(const Site& site, const std::string& upload_id)
{
    const auto end = unix_seconds(site.now() + site.options.signed_url_lifetime);
    return site.endpoint + std::string(completion_path) +
           "?uploadId=" + detail::percent_encode_all(upload_id) +
           "&bucket=hf-hub-lfs-us-east-1&expiration=" + std::to_string(end) +
           "&signature=" + site.signer.sign("POST", completion_path, end, upload_id);
}

void write_multipart(JsonText& out, Call& call, const Batch& batch, const store::Sha256& oid,
                     std::uint64_t size)
{
    Site& site = call.site;
    const auto part_size = std::max(site.options.part_size, (size + most_parts - 1) / most_parts);
    const auto upload = site.store.objects().start_multipart(oid, size, part_size);
    const auto path = storage_path(*batch.repo, oid);
    out.key("upload").open('{').key("href").string(completion_url(site, upload->id()));
    out.key("header").open('{').key("chunk_size").string(std::to_string(part_size));
    for (std::uint32_t part = 1; part <= upload->part_count(); ++part) {
        const auto number = std::to_string(part);
        out.key(number).string(site.storage_endpoint +
                               site.signer.upload(path + "/" + number,
                                                  "partNumber=" + number + "&uploadId=" + upload->id(),
                                                  site.now(), site.options.signed_url_lifetime));
    }
    out.close('}').close('}');
    out.key("verify")
        .open('{')
        .key("href")
        .string(repo_url(site, *batch.repo) + ".git/info/lfs/verify")
        .close('}');
}

void write_upload(JsonText& out, Call& call, const Batch& batch, const store::Sha256& oid, std::uint64_t size)
{
    Site& site = call.site;
    if (site.store.objects().find_lfs(oid)) return; // no actions: the Hub has it
    out.key("authenticated").boolean(true).key("actions").open('{');
    if (batch.multipart && size > site.options.multipart_threshold)
        write_multipart(out, call, batch, oid, size);
    else {
        const auto href =
            site.storage_endpoint + site.signer.upload(storage_path(*batch.repo, oid), "", site.now(),
                                                       site.options.signed_url_lifetime);
        out.key("upload").open('{').key("href").string(href).key("expires_in");
        out.number(static_cast<std::uint64_t>(site.options.signed_url_lifetime.count())).close('}');
    }
    out.close('}');
}

void write_download(JsonText& out, Call& call, const Batch& batch, const store::Sha256& oid)
{
    Site& site = call.site;
    if (!site.store.objects().find_lfs(oid)) {
        write_error(out, 404, "Object does not exist on the server");
        return;
    }
    const auto href =
        site.storage_endpoint + site.signer.download(storage_path(*batch.repo, oid), "attachment",
                                                     site.now() + site.options.signed_url_lifetime);
    out.key("authenticated")
        .boolean(true)
        .key("actions")
        .open('{')
        .key("download")
        .open('{')
        .key("href")
        .string(href);
    out.key("expires_in").number(static_cast<std::uint64_t>(site.options.signed_url_lifetime.count()));
    out.close('}').close('}');
}

void write_object(JsonText& out, Call& call, const Batch& batch, const json::value& item)
{
    if (!item.is_object()) throw Refusal(400, "", "Invalid input: \"objects\" must hold objects");
    const auto& object = item.get_object();
    const auto text = require_text(object, "oid");
    const auto size = whole_number(object, "size");
    out.open('{').key("oid").string(text).key("size").number(size.value_or(0));
    const auto oid = store::Sha256::parse(text);
    if (!oid || !size)
        write_error(out, 422, "\"oid\" must be a SHA-256 in lower-case hex, \"size\" a whole number");
    else if (batch.upload)
        write_upload(out, call, batch, *oid, *size);
    else
        write_download(out, call, batch, *oid);
    out.close('}');
}

Reply batch(Call& call)
{
    const auto body = read_object(call.body);
    Batch request;
    const auto operation = require_text(body, "operation");
    request.upload = operation == "upload";
    if (!request.upload && operation != "download")
        throw Refusal(400, "", "Invalid input: \"operation\" must be upload or download");
    request.repo = request.upload ? contributable(call) : content(call);
    // The JavaScript client spells it with an underscore.
    if (const auto hash = text_or(body, "hash_algo", "sha256"); hash != "sha256" && hash != "sha_256")
        throw Refusal(409, "", "Only sha256 is supported");
    if (const auto* transfers = body.if_contains("transfers"); transfers && transfers->is_array())
        for (const auto& name : transfers->get_array())
            request.multipart = request.multipart || (name.is_string() && name.get_string() == "multipart");
    const auto* objects = body.if_contains("objects");
    if (!objects || !objects->is_array())
        throw Refusal(400, "", "Invalid input: \"objects\" must be an array");
    JsonText out;
    // The Hub says "basic" even when it asks for parts: each object's header tells.
    out.open('{').key("transfer").string("basic").key("objects").open('[');
    for (const auto& item : objects->get_array())
        write_object(out, call, request, item);
    return lfs_reply(out.close(']').close('}').take());
}

Reply verify(Call& call)
{
    contributable(call);
    const auto body = read_object(call.body);
    const auto oid = store::Sha256::parse(require_text(body, "oid"));
    const auto object = oid ? call.site.store.objects().find_lfs(*oid) : std::nullopt;
    if (!object) throw Refusal(404, "", "Object not found");
    if (const auto size = whole_number(body, "size"); size && *size != object->size)
        throw Refusal(422, "", "Size mismatch");
    return json_reply(R"({"success":true})");
}

std::vector<std::pair<std::uint32_t, std::string>> read_parts(const json::object& body)
{
    const auto* list = body.if_contains("parts");
    if (!list || !list->is_array()) throw Refusal(400, "", "Invalid input: \"parts\" must be an array");
    std::vector<std::pair<std::uint32_t, std::string>> out;
    for (const auto& item : list->get_array()) {
        if (!item.is_object()) throw Refusal(400, "", "Invalid input: \"parts\" must hold objects");
        const auto number = whole_number(item.get_object(), "partNumber");
        if (!number || *number == 0 || *number > most_parts)
            throw Refusal(400, "", "Invalid input: \"partNumber\" must be 1 to 10000");
        out.emplace_back(static_cast<std::uint32_t>(*number), require_text(item.get_object(), "etag"));
    }
    return out;
}

/// The URL is its own permission: no token.
asio::awaitable<Reply> complete(Call& call)
{
    const Request& request = call.request;
    const std::string id(request.query_value("uploadId").value_or(""));
    const auto end_text = request.query_value("expiration").value_or("");
    std::uint64_t end = 0;
    std::from_chars(end_text.data(), end_text.data() + end_text.size(), end);
    if (!call.site.signer.verify(request.query_value("signature").value_or(""), "POST", completion_path, end,
                                 id))
        throw Refusal(403, "", "Invalid signature");
    if (unix_seconds(call.site.now()) >= end) throw Refusal(403, "", "Request has expired");
    const auto body = read_object(co_await call.exchange.read_whole_body(completion_limit));
    const auto upload = call.site.store.objects().find_multipart(id);
    if (!upload) throw Refusal(404, "", "The multipart upload does not exist");
    if (require_text(body, "oid") != upload->oid().hex())
        throw Refusal(400, "", "The multipart upload is of another object");
    auto parts = read_parts(body);
    if (call.site.foreign_storage()) {
        call.site.store.objects().trust_lfs(upload->oid(), upload->size());
        co_return json_reply(R"({"success":true})");
    }
    // The whole file is hashed: not on a thread that serves others.
    co_await asio::co_spawn(
        call.site.workers.get_executor(),
        [](std::shared_ptr<store::MultipartUpload> whole,
           std::vector<std::pair<std::uint32_t, std::string>> etags) -> asio::awaitable<void> {
            whole->complete(etags);
            co_return;
        }(upload, std::move(parts)),
        asio::use_awaitable);
    co_return json_reply(R"({"success":true})");
}

} // namespace

void add_lfs_routes(Router& router)
{
    for (const char* prefix : {"/datasets", "/spaces", ""}) {
        const std::string start = std::string(prefix) + "/{git}/info/lfs/";
        router.add("POST", start + "objects/batch", {}, batch);
        router.add("POST", start + "verify", {}, verify);
    }
    router.add_streaming("POST", completion_path, {"uploadId", "bucket", "expiration", "signature"},
                         complete);
}

} // namespace hfasync::emulator
