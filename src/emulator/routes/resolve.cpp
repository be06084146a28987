// Files of a repo: regular ones from here, LFS ones by redirect to the storage origin.
#include <algorithm>

#include "base/encoding.hpp"
#include "emulator/access.hpp"
#include "emulator/file_reply.hpp"
#include "emulator/routes/storage.hpp"

namespace hfasync::emulator {

namespace {

std::string_view last_part(std::string_view path)
{
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string disposition(std::string_view how, std::string_view path)
{
    const auto name = last_part(path);
    std::string plain;
    for (const char c : name)
        plain.push_back(c == '"' || c == '\\' || static_cast<unsigned char>(c) >= 0x80 ? '_' : c);
    return std::string(how) + "; filename*=UTF-8''" + detail::percent_encode_all(name) + "; filename=\"" +
           plain + "\";";
}

Reply missing_entry(const store::Oid& commit)
{
    auto reply = error_reply(404, "EntryNotFound", "Entry not found");
    reply.header("X-Repo-Commit", commit.hex());
    return reply;
}

Reply to_storage(Call& call, const store::Repo& repo, const store::TreeEntry& entry, const std::string& path)
{
    const auto location =
        call.site.storage_endpoint +
        call.site.signer.download(storage_path(repo, *entry.lfs), disposition("inline", path),
                                  call.site.now() + call.site.options.signed_url_lifetime);
    Reply reply = text_reply("Found. Redirecting to " + location, 302);
    reply.headers.append("Location: ").append(location).append("\r\nAccept-Ranges: bytes\r\n");
    reply.header("X-Linked-Size", std::to_string(entry.size));
    reply.headers.append("X-Linked-Etag: \"").append(entry.lfs->hex()).append("\"\r\n");
    return reply;
}

Reply blob_reply(Call& call, const store::TreeEntry& entry, const std::string& path)
{
    const auto object = call.site.store.objects().find_blob(entry.oid);
    if (!object) throw Refusal(500, "", "The embedded Hub has lost the blob of \"" + path + "\"");
    auto reply =
        object_reply(call.request, *object, "\"" + entry.oid.hex() + "\"", "text/plain; charset=utf-8");
    reply.header("Content-Disposition", disposition("inline", path));
    return reply;
}

/// What the Hub counts as a download: of a model one of its query files, of a dataset any file. It counts
/// HEAD too, and once what one client asks for within five minutes; here each GET from the first byte counts.
bool counts_as_download(const Request& request, RepoType type, std::string_view path)
{
    const auto range = request.header("range");
    if (request.method != "GET" || !(range.empty() || range.starts_with("bytes=0-"))) return false;
    if (type != RepoType::model) return type == RepoType::dataset;
    constexpr std::string_view query_files[] = {"config.json", "config.yaml", "hyperparams.yaml",
                                                "params.json", "meta.yaml"};
    return path.ends_with(".gguf") ||
           std::find(std::begin(query_files), std::end(query_files), path) != std::end(query_files);
}

Reply resolve(Call& call)
{
    const auto repo = content(call);
    const auto commit = repo->resolve(call.param("rev"));
    const auto& path = call.param("path");
    const auto entry = repo->find(commit, path);
    if (path.empty() || !entry || entry->is_folder) return missing_entry(commit);
    if (counts_as_download(call.request, repo->type(), path)) repo->count_download();
    Reply reply;
    if (entry->lfs)
        reply = to_storage(call, *repo, *entry, path);
    else
        reply = blob_reply(call, *entry, path);
    reply.headers.append("X-Repo-Commit: ").append(commit.hex()).append("\r\n");
    return reply;
}

/// As git has it: the pointer of an LFS file, under the id of its blob.
Reply raw(Call& call)
{
    const auto repo = content(call);
    const auto commit = repo->resolve(call.param("rev"));
    const auto entry = repo->find(commit, call.param("path"));
    if (!entry || entry->is_folder) return missing_entry(commit);
    if (!entry->lfs) return resolve(call);
    auto reply = blob_reply(call, *entry, call.param("path"));
    reply.header("X-Repo-Commit", commit.hex());
    return reply;
}

} // namespace

void add_resolve_routes(Router& router)
{
    for (const char* prefix : {"/datasets", "/spaces", ""}) {
        const std::string start = std::string(prefix) + "/{id}";
        router.add("GET", start + "/resolve/{rev}/{path...}", {"download"}, resolve);
        router.add("GET", start + "/raw/{rev}/{path...}", {}, raw);
    }
}

} // namespace hfasync::emulator
