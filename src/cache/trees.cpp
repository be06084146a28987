#include "cache/trees.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <exception>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/hash.hpp"
#include "base/path_rules.hpp"

namespace hfasync::detail {

namespace json = boost::json;

namespace {

constexpr std::int64_t format_version = 1;
constexpr std::uint64_t largest_listing = 256u << 20; // bytes; some two million files

std::string json_text(std::string_view text)
{
    return json::serialize(json::string_view(text.data(), text.size()));
}

const json::value* member(const json::object& object, std::string_view key)
{
    const auto* found = object.if_contains(key);
    return found && !found->is_null() ? found : nullptr; // null and absent mean the same
}

bool read_text(const json::object& object, std::string_view key, std::string& into)
{
    const auto* found = member(object, key);
    if (!found) return true;
    if (!found->is_string()) return false;
    into = found->get_string();
    return true;
}

bool read_size(const json::object& object, std::string_view key, std::optional<std::uint64_t>& into)
{
    const auto* found = member(object, key);
    if (!found) return true;
    if (!found->is_int64() || found->get_int64() < 0) return false;
    into = static_cast<std::uint64_t>(found->get_int64());
    return true;
}

std::optional<TreeFile> read_file(std::string_view path, const json::value& value)
{
    const auto* object = value.if_object();
    if (!object) return std::nullopt;
    TreeFile file{.path = std::string(path)};
    std::optional<std::uint64_t> size;
    std::optional<std::uint64_t> lfs_size;
    if (!read_size(*object, "size", size) || !size || !read_text(*object, "blob_id", file.blob_id) ||
        !read_text(*object, "lfs_sha256", file.lfs_sha256) || !read_size(*object, "lfs_size", lfs_size) ||
        !read_text(*object, "xet_hash", file.xet_hash))
        return std::nullopt;
    file.size = *size;
    if (!file.lfs_sha256.empty()) file.lfs_size = lfs_size.value_or(*size);
    if (!has_usable_hashes(file)) return std::nullopt;
    check_repo_path(file.path);
    return file;
}

} // namespace

bool has_usable_hashes(const TreeFile& file) noexcept
{
    return is_lower_hex(file.blob_id, 40) && (file.lfs_sha256.empty() || is_lower_hex(file.lfs_sha256, 64)) &&
           (file.xet_hash.empty() || is_lower_hex(file.xet_hash, 64));
}

std::string format_tree(std::span<const TreeFile> tree)
{
    std::string text = fmt::format("{{\n \"format_version\": {},\n \"files\": {{", format_version);
    const char* separator = "\n";
    for (const auto& file : tree) {
        fmt::format_to(std::back_inserter(text), "{}  {}: {{\n   \"size\": {},\n   \"blob_id\": \"{}\"",
                       std::exchange(separator, ",\n"), json_text(file.path), file.size, file.blob_id);
        if (!file.lfs_sha256.empty())
            fmt::format_to(std::back_inserter(text), ",\n   \"lfs_sha256\": \"{}\",\n   \"lfs_size\": {}",
                           file.lfs_sha256, file.lfs_size);
        if (!file.xet_hash.empty())
            fmt::format_to(std::back_inserter(text), ",\n   \"xet_hash\": \"{}\"", file.xet_hash);
        text += "\n  }";
    }
    text += tree.empty() ? "}\n}" : "\n }\n}";
    return text;
}

std::optional<Tree> parse_tree(std::string_view text)
{
    boost::system::error_code error;
    json::monotonic_resource memory(text.size() + 1);
    const auto document = json::parse({text.data(), text.size()}, error, &memory);
    const auto* object = error ? nullptr : document.if_object();
    const auto* version = object ? object->if_contains("format_version") : nullptr;
    const auto* files = object ? object->if_contains("files") : nullptr;
    if (!version || !version->is_int64() || version->get_int64() != format_version) return std::nullopt;
    if (!files || !files->is_object()) return std::nullopt;
    Tree tree;
    tree.reserve(files->get_object().size());
    try {
        for (const auto& [path, value] : files->get_object()) {
            auto file = read_file(std::string_view(path.data(), path.size()), value);
            if (!file) return std::nullopt;
            tree.push_back(std::move(*file));
        }
    } catch (const ValueError&) {
        return std::nullopt; // a name that leaves the folder
    }
    return tree;
}

std::shared_ptr<const Tree> read_tree(const Place& from)
{
    const Fd fd = open_place(from, O_RDONLY);
    if (!fd) return nullptr;
    try {
        const auto size = file_id(fd, from.shown).size;
        if (size > largest_listing) return nullptr;
        std::string text(size, '\0');
        text.resize(read_at(fd, std::as_writable_bytes(std::span(text)), 0, from.shown));
        if (auto tree = parse_tree(text)) return std::make_shared<const Tree>(std::move(*tree));
    } catch (const OSError&) { // a folder under that name, a bad disk
    }
    return nullptr;
}

void write_tree(const Place& to, const Place& temp, std::span<const TreeFile> tree) noexcept
{
    try {
        for (const auto& file : tree)
            if (!has_usable_hashes(file)) return; // nobody could use it
        replace_place(to, temp, format_tree(tree), false);
    } catch (const std::exception&) { // no space, no right: the next one asks again
    }
}

} // namespace hfasync::detail
