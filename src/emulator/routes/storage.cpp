// The storage origin: signed GET and PUT of LFS objects, as S3 answers them.
#include "emulator/routes/storage.hpp"

#include <charconv>

#include "emulator/file_reply.hpp"
#include "emulator/router.hpp"

namespace hfasync::emulator {

namespace asio = boost::asio;

namespace {

constexpr std::size_t upload_chunk = 256u << 10;

[[noreturn]] void refuse(int status, std::string_view code, const std::string& message)
{
    throw Refusal(xml_reply("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + std::string(code) +
                                "</Code><Message>" + message + "</Message></Error>",
                            status));
}

store::Sha256 checked_object(const Call& call)
{
    if (auto refusal = call.site.signer.refuse(call.request, call.site.now()))
        throw Refusal(std::move(*refusal));
    const auto oid = store::Sha256::parse(call.param("oid"));
    if (!oid) refuse(404, "NoSuchKey", "The specified key does not exist.");
    return *oid;
}

/// S3 gives the MD5; any text that stands for the content does.
std::string object_etag(const store::Sha256& oid)
{
    return "\"" + oid.hex().substr(0, 32) + "\"";
}

Reply get(Call& call)
{
    const auto oid = checked_object(call);
    const auto object = call.site.store.objects().find_lfs(oid);
    if (!object || (object->path.empty() && !object->memory))
        refuse(404, "NoSuchKey", "The specified key does not exist.");
    auto reply = object_reply(call.request, *object, object_etag(oid), "binary/octet-stream");
    reply.headers.append("Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT\r\n");
    if (const auto disposition = call.request.query_value("response-content-disposition"))
        reply.header("Content-Disposition", *disposition);
    return reply;
}

template <class Writer>
asio::awaitable<void> receive(Call& call, Writer& writer)
{
    const auto buffer = std::make_unique_for_overwrite<char[]>(upload_chunk);
    while (true) {
        // A full buffer is hashed and written at once: the socket's pieces may be small.
        std::size_t have = 0;
        while (have < upload_chunk) {
            const auto got = co_await call.exchange.read_body({buffer.get() + have, upload_chunk - have});
            if (got == 0) break;
            have += got;
        }
        writer.write(std::as_bytes(std::span(buffer.get(), have)));
        if (have < upload_chunk) co_return;
    }
}

std::uint64_t announced_length(const Call& call)
{
    if (!call.request.content_length)
        refuse(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
    return *call.request.content_length;
}

asio::awaitable<Reply> put(Call& call)
{
    const auto oid = checked_object(call);
    auto writer = call.site.store.objects().write_lfs(oid, announced_length(call));
    co_await receive(call, writer);
    writer.finish();
    Reply reply;
    reply.header("ETag", object_etag(oid));
    co_return reply;
}

asio::awaitable<Reply> put_part(Call& call)
{
    checked_object(call);
    announced_length(call);
    const auto number_text = call.request.query_value("partNumber").value_or("");
    std::uint32_t number = 0;
    std::from_chars(number_text.data(), number_text.data() + number_text.size(), number);
    const auto upload =
        call.site.store.objects().find_multipart(call.request.query_value("uploadId").value_or(""));
    if (!upload) refuse(404, "NoSuchUpload", "The specified multipart upload does not exist.");
    auto writer = store::MultipartUpload::write_part(upload, number);
    co_await receive(call, writer);
    Reply reply;
    reply.header("ETag", "\"" + writer.finish() + "\"");
    co_return reply;
}

} // namespace

std::string storage_path(const store::Repo& repo, const store::Sha256& oid)
{
    const auto uid = repo.settings().uid;
    std::string path = "/repos/";
    return path.append(uid, 0, 2).append("/").append(uid, 2, 2).append("/").append(uid).append("/").append(
        oid.hex());
}

void add_storage_routes(Router& router)
{
    const std::string object = "/repos/{a}/{b}/{repo}/{oid}";
    // One set of keys: a URL of the wrong kind is a matter of its signature, not of spelling.
    const QueryKeys keys{"response-content-disposition",
                         "Expires",
                         "Signature",
                         "Key-Pair-Id",
                         "X-Amz-Algorithm",
                         "X-Amz-Date",
                         "X-Amz-Expires",
                         "X-Amz-Signature",
                         "x-id",
                         "partNumber",
                         "uploadId"};
    router.add("GET", object, keys, get);
    router.add_streaming("PUT", object, keys, put);
    router.add_streaming("PUT", object + "/{part}", keys, put_part);
}

} // namespace hfasync::emulator
