#include <boost/json/array.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "cli/method.hpp"

namespace hfasync::cli {

namespace json = boost::json;

namespace {

[[noreturn]] void refuse(std::string_view name, std::string_view wanted)
{
    throw ValueError("`" + std::string(name) + "` must be " + std::string(wanted));
}

std::string text_member(const json::object& object, std::string_view key, std::string_view name)
{
    const auto* value = object.if_contains(key);
    if (!value || !value->is_string())
        refuse(name, "an object with a text under \"" + std::string(key) + "\"");
    return std::string(value->get_string());
}

/// The program sees public headers only, and none of them decodes base64. Padded; nullopt for other text.
std::optional<std::string> decode_base64(std::string_view text)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (text.size() % 4 != 0) return std::nullopt;
    const auto padding = text.ends_with("==") ? 2u : text.ends_with('=') ? 1u : 0u;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::uint32_t group = 0;
        for (std::size_t k = i; k < i + 4; ++k) {
            const auto digit = k + padding >= text.size() ? 0 : digits.find(text[k]);
            if (digit == std::string_view::npos) return std::nullopt;
            group = group << 6 | static_cast<std::uint32_t>(digit);
        }
        for (const int shift : {16, 8, 0})
            bytes.push_back(static_cast<char>(group >> shift & 0xFF));
    }
    bytes.resize(bytes.size() - padding);
    return bytes;
}

const json::value& member(const json::object& object, std::string_view key, std::string_view name)
{
    if (const auto* value = object.if_contains(key)) return *value;
    refuse(name, "an object with \"" + std::string(key) + "\"");
}

} // namespace

/// A path, or {"$text": ...} / {"$base64": ...} for bytes.
template <>
struct Argument<UploadSource> {
    static UploadSource read(const json::value& value, std::string_view name)
    {
        if (value.is_string()) return UploadSource(std::string(value.get_string()));
        const auto* object = value.if_object();
        if (object && object->contains("$text"))
            return UploadSource::bytes(text_member(*object, "$text", name));
        if (!object || !object->contains("$base64"))
            refuse(name, R"(a path, or bytes as {"$text": ...} or {"$base64": ...})");
        auto bytes = decode_base64(text_member(*object, "$base64", name));
        if (!bytes) refuse(name, "valid base64");
        return UploadSource::bytes(std::move(*bytes));
    }
};

/// {"$add": path_in_repo, "from": path or bytes}
template <>
struct Argument<CommitOperationAdd> {
    static CommitOperationAdd read(const json::value& value, std::string_view name)
    {
        const auto* object = value.if_object();
        if (!object) refuse(name, R"(an object like {"$add": path_in_repo, "from": path or bytes})");
        return CommitOperationAdd(text_member(*object, "$add", name),
                                  Argument<UploadSource>::read(member(*object, "from", name), name));
    }
};

/// Also {"$delete": path, "is_folder"?} and {"$copy": src, "to": path, "src_revision"?}.
template <>
struct Argument<CommitOperation> {
    static CommitOperation read(const json::value& value, std::string_view name)
    {
        const auto* object = value.if_object();
        if (object && object->contains("$delete")) return read_delete(*object, name);
        if (object && object->contains("$copy")) return read_copy(*object, name);
        return Argument<CommitOperationAdd>::read(value, name);
    }

private:
    static CommitOperationDelete read_delete(const json::object& object, std::string_view name)
    {
        CommitOperationDelete operation{.path_in_repo = text_member(object, "$delete", name)};
        if (const auto* folder = object.if_contains("is_folder"); folder && folder->is_bool())
            operation.is_folder = folder->get_bool();
        return operation;
    }
    static CommitOperationCopy read_copy(const json::object& object, std::string_view name)
    {
        CommitOperationCopy operation{.src_path_in_repo = text_member(object, "$copy", name),
                                      .path_in_repo = text_member(object, "to", name)};
        if (const auto* revision = object.if_contains("src_revision"); revision && revision->is_string())
            operation.src_revision = std::string(revision->get_string());
        return operation;
    }
};

template <class Operation>
    requires(std::same_as<Operation, CommitOperation> || std::same_as<Operation, CommitOperationAdd>)
struct Argument<std::vector<Operation>> {
    static std::vector<Operation> read(const json::value& value, std::string_view name)
    {
        const auto* list = value.if_array();
        if (!list) refuse(name, "a list of operations");
        std::vector<Operation> operations;
        operations.reserve(list->size());
        for (const auto& element : *list)
            operations.push_back(Argument<Operation>::read(element, name));
        return operations;
    }
};

namespace {

// Each also has an overload that returns a std::future; JSON asks for that with `run_as_future`.
template <class... A>
using Committing = boost::asio::awaitable<CommitInfo> (CommitsApi::*)(A...) const;

constexpr Committing<std::string, std::vector<CommitOperation>, std::string, CreateCommitOptions,
                     ProgressSink>
    create_commit = &HfApi::create_commit;
constexpr Committing<UploadSource, std::string, std::string, UploadFileOptions, ProgressSink> upload_file =
    &HfApi::upload_file;
constexpr Committing<std::string, std::filesystem::path, UploadFolderOptions, ProgressSink> upload_folder =
    &HfApi::upload_folder;

} // namespace

void add_commits_methods(MethodList& list)
{
    list.push_back(method<create_commit>("create_commit", {"repo_id", "operations", "commit_message"}));
    list.push_back(method<&HfApi::preupload_lfs_files>("preupload_lfs_files", {"repo_id", "additions"}));
    list.push_back(method<upload_file>("upload_file", {"path_or_fileobj", "path_in_repo", "repo_id"}));
    list.push_back(method<upload_folder>("upload_folder", {"repo_id", "folder_path"}));
    list.push_back(
        method<&HfApi::upload_large_folder>("upload_large_folder", {"repo_id", "folder_path", "repo_type"}));
    list.push_back(method<&HfApi::delete_file>("delete_file", {"path_in_repo", "repo_id"}));
    list.push_back(method<&HfApi::delete_files>("delete_files", {"repo_id", "delete_patterns"}));
    list.push_back(method<&HfApi::delete_folder>("delete_folder", {"path_in_repo", "repo_id"}));
}

} // namespace hfasync::cli
