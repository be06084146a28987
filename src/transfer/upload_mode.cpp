#include "transfer/upload_mode.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <unordered_map>

#include "base/encoding.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

[[noreturn]] void throw_malformed(std::string_view what)
{
    throw ValueError(errc::bad_response, "preupload_info is improperly formatted: " + std::string(what));
}

const json::string* text_member(const json::object& object, std::string_view key)
{
    const auto* value = object.if_contains(key);
    return value ? value->if_string() : nullptr;
}

void apply(const json::object& file, Addition& addition)
{
    const auto* mode = text_member(file, "uploadMode");
    if (!mode || (*mode != "lfs" && *mode != "regular"))
        throw_malformed("uploadMode is neither lfs nor regular");
    addition.mode = *mode == "lfs" && *addition.size > 0 ? UploadMode::lfs : UploadMode::regular;
    const auto* ignore = file.if_contains("shouldIgnore");
    addition.should_ignore = ignore && ignore->is_bool() && ignore->get_bool();
    if (const auto* oid = text_member(file, "oid"))
        addition.remote_oid = std::string(*oid);
    else
        addition.remote_oid.reset();
}

http::Request preupload_request(const UploadTarget& target, const std::vector<AdditionPtr>& additions,
                                const std::optional<std::string>& gitignore)
{
    json::array files;
    files.reserve(additions.size());
    for (const auto& addition : additions)
        files.push_back(json::object{{"path", addition->path_in_repo},
                                     {"sample", base64_encode(addition->sample)},
                                     {"size", *addition->size}});
    json::object body{{"files", std::move(files)}};
    if (gitignore) body["gitIgnore"] = *gitignore;

    http::Request request;
    request.method = http::Method::post;
    request.url = api_url(target.hub,
                          revision_api_path(target.repo.type, target.repo.id, "preupload", target.revision));
    if (target.create_pr) request.url.add_query({{"create_pr", "1"}});
    request.auth.token = target.repo.token;
    request.replay = http::Replay::safe; // a question; it changes nothing
    set_json_body(request, body);
    return request;
}

} // namespace

std::optional<std::string> read_upload_modes(const json::value& answer,
                                             const std::vector<AdditionPtr>& additions)
{
    const auto* object = answer.if_object();
    const auto* list = object ? object->if_contains("files") : nullptr;
    const auto* files = list ? list->if_array() : nullptr;
    if (!files) throw_malformed("there is no list of files");
    std::unordered_map<std::string_view, const json::object*> by_path;
    for (const auto& file : *files) {
        const auto* entry = file.if_object();
        const auto* path = entry ? text_member(*entry, "path") : nullptr;
        if (!path) throw_malformed("a file has no path");
        by_path[std::string_view(*path)] = entry;
    }
    for (const auto& addition : additions) {
        const auto found = by_path.find(addition->path_in_repo);
        if (found == by_path.end()) throw_malformed("'" + addition->path_in_repo + "' is missing");
        apply(*found->second, *addition);
    }
    const auto* head = text_member(*object, "commitOid");
    if (!head || !is_lower_hex(*head, 40)) return std::nullopt;
    return std::string(*head);
}

asio::awaitable<std::optional<std::string>> fetch_upload_modes(UploadTarget target,
                                                               std::vector<AdditionPtr> additions,
                                                               std::optional<std::string> gitignore,
                                                               std::size_t chunk)
{
    std::optional<std::string> head;
    for (std::size_t begin = 0; begin < additions.size(); begin += chunk) {
        const std::vector<AdditionPtr> part(
            additions.begin() + static_cast<std::ptrdiff_t>(begin),
            additions.begin() + static_cast<std::ptrdiff_t>(std::min(additions.size(), begin + chunk)));
        const auto answer = co_await fetch_json(target.hub, preupload_request(target, part, gitignore),
                                                scope_of(target.repo));
        head = read_upload_modes(answer, part);
    }
    co_return head;
}

asio::awaitable<bool> is_unchanged(HubPtr hub, AdditionPtr addition)
{
    if (!addition->remote_oid) co_return false;
    // sha256 of the content for LFS files, git's blob id for the others.
    if (addition->mode == UploadMode::lfs) co_return addition->sha256 == *addition->remote_oid;
    co_return *addition->remote_oid == co_await git_blob_id(hub, addition);
}

asio::awaitable<std::optional<std::string>> gitignore_of(HubPtr hub, std::vector<AdditionPtr> additions)
{
    constexpr std::size_t most = 1u << 20;
    for (const auto& addition : additions)
        if (addition->path_in_repo == ".gitignore") {
            auto text = co_await read_text(hub, addition, most);
            if (!is_valid_utf8(text)) throw ValueError("'.gitignore' is not UTF-8 text");
            co_return text;
        }
    co_return std::nullopt;
}

} // namespace hfasync::detail
