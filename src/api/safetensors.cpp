#include <hfasync/api/safetensors.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <fstream>
#include <set>

#include <hfasync/revision.hpp>

#include "api/common/file_metadata.hpp"
#include "api/common/safetensors_file.hpp"
#include "async/task_group.hpp"
#include "base/path_rules.hpp"
#include "cache/pointers.hpp"
#include "describe/json.hpp"

namespace hfasync {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using namespace detail;

constexpr auto single_file = "model.safetensors";
constexpr auto index_file = "model.safetensors.index.json";
constexpr std::size_t most_files_at_once = 8;
// The largest known index has some 10 MB.
constexpr std::size_t most_index_bytes = 100'000'000;

/// What model.safetensors.index.json says.
struct Index {
    std::optional<Json> metadata;
    std::map<std::string, std::string> weight_map;
};
HFASYNC_DESCRIBE(Index, metadata, weight_map)
} // namespace

template <>
inline constexpr std::array field_rules<Index>{
    FieldRule{.field = "weight_map", .wire = "weight_map"},
};

namespace {

SafetensorsFile file_of(RepoRef repo, std::string filename, std::optional<std::string> revision)
{
    SafetensorsFile file{.repo = std::move(repo),
                         .filename = std::move(filename),
                         .revision = std::move(revision).value_or(std::string(default_revision))};
    validate_repo_id(file.repo.id);
    validate_revision(file.revision);
    check_repo_path(file.filename);
    return file;
}

RepoRef repo_of(std::string repo_id, SafetensorsOptions& options)
{
    return {repo_type_or_model(options.repo_type), std::move(repo_id), std::move(options.token)};
}

asio::awaitable<SafetensorsFileMetadata> parse_file(HubPtr hub, std::string repo_id, std::string filename,
                                                    SafetensorsOptions options)
{
    auto repo = repo_of(std::move(repo_id), options);
    auto file = file_of(std::move(repo), std::move(filename), std::move(options.revision));
    co_return co_await read_safetensors_file(std::move(hub), std::move(file));
}

/// The shards' names come from whoever wrote the index, and become URLs.
void check_shards(const Index& index, const SafetensorsFile& file)
{
    for (const auto& [tensor, shard] : index.weight_map) {
        try {
            check_repo_path(shard);
        } catch (const ValueError& error) {
            throw_safetensors_fault(file, fmt::format("weight_map: {}", error.message()));
        }
    }
}

Index read_index(const std::string& text, const SafetensorsFile& file)
{
    const auto refuse = [&](std::string_view why) {
        throw_safetensors_fault(
            file, fmt::format("{}. Please make sure this is the index of a safetensors repo.", why));
    };
    boost::system::error_code code;
    const auto value = json::parse(text, code);
    if (code) refuse("index is not json-encoded string (" + code.message() + ")");
    Index index;
    try {
        index = decode<Index>(value, {.source = index_file});
    } catch (const BadResponseError& error) {
        refuse(error.message());
    }
    check_shards(index, file);
    return index;
}

void add_file(SafetensorsRepoMetadata& out, const SafetensorsFile& file, SafetensorsFileMetadata&& metadata)
{
    for (const auto& [dtype, count] : metadata.parameter_count)
        add_parameter_count(out.parameter_count, dtype, count, file);
    out.files_metadata.insert_or_assign(file.filename, std::move(metadata));
}

asio::awaitable<SafetensorsRepoMetadata> read_single(HubPtr hub, SafetensorsFile file)
{
    auto metadata = co_await read_safetensors_file(std::move(hub), file);
    SafetensorsRepoMetadata out;
    for (const auto& [name, tensor] : metadata.tensors)
        out.weight_map.emplace_hint(out.weight_map.end(), name, file.filename);
    add_file(out, file, std::move(metadata));
    co_return out;
}

asio::awaitable<SafetensorsRepoMetadata> read_shards(HubPtr hub, SafetensorsFile of, Index index)
{
    std::set<std::string> names;
    for (const auto& [tensor, shard] : index.weight_map)
        names.insert(shard);
    std::vector<SafetensorsFile> files;
    for (const auto& name : names)
        files.push_back({.repo = of.repo, .filename = name, .revision = of.revision});
    std::vector<SafetensorsFileMetadata> read(files.size());
    const auto read_one = [](HubPtr hub, const SafetensorsFile* file,
                             SafetensorsFileMetadata* into) -> asio::awaitable<void> {
        *into = co_await read_safetensors_file(std::move(hub), *file);
    };
    co_await for_each_index(files.size(), most_files_at_once,
                            [&](std::size_t i) { return read_one(hub, &files[i], &read[i]); });
    SafetensorsRepoMetadata out;
    out.metadata = std::move(index.metadata);
    out.sharded = true;
    out.weight_map = std::move(index.weight_map);
    for (std::size_t i = 0; i < files.size(); ++i)
        add_file(out, files[i], std::move(read[i]));
    co_return out;
}

/// The index that an earlier download has left; nullopt when there is none that can be read.
std::optional<std::string> cached_index(const Hub::State& hub, const SafetensorsFile& file,
                                        const std::string& commit)
{
    const RepoLayout layout(hub.options.cache.hub_cache, file.repo.type, file.repo.id);
    if (!has_pointer(layout, commit, file.filename)) return std::nullopt;
    const auto path = layout.pointer(commit, file.filename);
    std::error_code failed;
    const auto size = std::filesystem::file_size(path, failed);
    if (failed || size > most_index_bytes) return std::nullopt;
    std::string text(size, '\0');
    std::ifstream in(path, std::ios::binary);
    if (!in.read(text.data(), static_cast<std::streamsize>(size))) return std::nullopt;
    return text;
}

http::Url url_of(const HubPtr& hub, const SafetensorsFile& file)
{
    return resolve_url(hub, file.repo.type, file.repo.id, file.filename, file.revision);
}

FileMetadataQuery head_of(const HubPtr& hub, const SafetensorsFile& file)
{
    return {.url = url_of(hub, file), .token = file.repo.token, .scope = scope_of(file.repo)};
}

/// From the cache when it has this commit's, else from the Hub. It is not put there: the reference downloads
/// it, but here nothing is kept that has not been checked, and what is wanted is in the result.
asio::awaitable<Index> fetch_index(HubPtr hub, const SafetensorsFile* file)
{
    const auto head = co_await get_file_metadata(hub, head_of(hub, *file));
    std::optional<std::string> text;
    if (head.commit_hash)
        text = co_await hub->workers.run([&] { return cached_index(*hub, *file, *head.commit_hash); });
    if (!text) {
        http::Request request;
        request.url = url_of(hub, *file);
        request.auth.token = file->repo.token;
        auto answer = co_await hub->client.fetch(std::move(request), scope_of(file->repo), most_index_bytes);
        text = std::move(answer.body);
    }
    co_return co_await hub->workers.run([&] { return read_index(*text, *file); });
}

asio::awaitable<SafetensorsRepoMetadata> repo_metadata(HubPtr hub, std::string repo_id,
                                                       SafetensorsOptions options)
{
    auto repo = repo_of(std::move(repo_id), options);
    auto file = file_of(std::move(repo), single_file, std::move(options.revision));
    if (co_await has_file(hub, head_of(hub, file))) co_return co_await read_single(hub, std::move(file));
    file.filename = index_file;
    if (!co_await has_file(hub, head_of(hub, file)))
        throw NotASafetensorsRepoError(
            errc::not_a_safetensors_repo,
            fmt::format("'{}' is not a safetensors repo. Couldn't find '{}' or '{}' files.", file.repo.id,
                        index_file, single_file));
    auto index = co_await fetch_index(hub, &file);
    co_return co_await read_shards(hub, std::move(file), std::move(index));
}

} // namespace

asio::awaitable<SafetensorsRepoMetadata>
SafetensorsApi::get_safetensors_metadata(std::string repo_id, GetSafetensorsMetadataOptions options) const
{
    return repo_metadata(hub_.state(), std::move(repo_id), std::move(options));
}

asio::awaitable<SafetensorsFileMetadata>
SafetensorsApi::parse_safetensors_file_metadata(std::string repo_id, std::string filename,
                                                ParseSafetensorsFileMetadataOptions options) const
{
    return parse_file(hub_.state(), std::move(repo_id), std::move(filename), std::move(options));
}

} // namespace hfasync
