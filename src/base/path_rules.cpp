#include "base/path_rules.hpp"

#include <algorithm>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "base/hash.hpp"

namespace hfasync::detail {
namespace {

constexpr std::size_t longest_part = 255; // NAME_MAX of every file system in use

std::string quoted(std::string_view text)
{
    constexpr std::size_t shown = 200;
    std::string out = "'" + printable(text.substr(0, shown));
    out += text.size() > shown ? "...'" : "'";
    return out;
}

bool is_control(char c) noexcept
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
bool is_letter(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case)
{
    return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

/// Calls f(part, index) for each part between slashes.
template <class F>
void for_each_part(std::string_view path, F f)
{
    for (std::size_t index = 0;; ++index) {
        const auto end = path.find('/');
        f(path.substr(0, end), index);
        if (end == std::string_view::npos) return;
        path.remove_prefix(end + 1);
    }
}

[[noreturn]] void refuse_path(std::string_view path, std::string_view why)
{
    ErrorContext context;
    context.path = printable(path);
    throw ValueError("Invalid path in repo " + quoted(path) + ": " + std::string(why), std::move(context));
}

[[noreturn]] void refuse_metadata(std::string_view what, std::string_view value, std::string_view rule)
{
    ErrorContext context;
    context.hint = "The server, or something between it and this machine, is not a Hub";
    throw FileMetadataError(errc::file_metadata,
                            "Unusable " + std::string(what) + " " + quoted(value) + ": " + std::string(rule),
                            std::move(context));
}

} // namespace

void check_repo_path(std::string_view path)
{
    if (path.empty()) refuse_path(path, "it is empty");
    if (path.front() == '/') refuse_path(path, "it is absolute; paths are relative to the root of the repo");
    if (path.size() >= 2 && path[1] == ':' && is_letter(path[0]))
        refuse_path(path, "it starts with a drive letter");
    if (std::any_of(path.begin(), path.end(), is_control)) refuse_path(path, "it holds control bytes");
    if (path.find('\\') != std::string_view::npos)
        refuse_path(path, "it holds a backslash; separate folders by '/'");
    if (!is_valid_utf8(path)) refuse_path(path, "it is not UTF-8");
    for_each_part(path, [&](std::string_view part, std::size_t) {
        if (part.empty()) refuse_path(path, "it has an empty part");
        if (part == "." || part == "..") refuse_path(path, "it has a '.' or '..' part");
        if (part.size() > longest_part) refuse_path(path, "a part of it is longer than 255 bytes");
    });
}

void check_local_dir_path(std::string_view path)
{
    check_repo_path(path);
    bool in_cache = false;
    for_each_part(path, [&](std::string_view part, std::size_t index) {
        // Case-folded: on a file system that folds case, ".GIT/config" is git's own configuration.
        if (equals_ignoring_case(part, ".git")) refuse_path(path, "it would write into a '.git' folder");
        if (index == 0) in_cache = equals_ignoring_case(part, ".cache");
        if (index == 1 && in_cache && equals_ignoring_case(part, "huggingface"))
            refuse_path(path, "'.cache/huggingface' is where downloads into a folder keep their state");
    });
}

void check_etag(std::string_view etag)
{
    constexpr std::string_view rule = "an ETag must be 1 to 128 of [0-9A-Za-z._-], and not '.' or '..'";
    const bool clean = std::all_of(etag.begin(), etag.end(), [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
    if (etag.empty() || etag.size() > 128 || !clean || etag == "." || etag == "..")
        refuse_metadata("ETag", etag, rule);
}

void check_commit_hash(std::string_view commit)
{
    if (!is_lower_hex(commit, 40))
        refuse_metadata("commit hash", commit, "it must be 40 lower-case hex digits");
}

void check_header_value(std::string_view value, std::string_view what, bool secret)
{
    if (std::none_of(value.begin(), value.end(), is_control)) return;
    std::string message = "Invalid " + std::string(what);
    if (!secret) message += " " + quoted(value);
    ErrorContext context;
    context.hint = "Remove line breaks and other control characters";
    throw ValueError(message + ": it holds control bytes, which would end the header", std::move(context));
}

} // namespace hfasync::detail
