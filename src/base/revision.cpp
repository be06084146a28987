#include <hfasync/revision.hpp>

#include <algorithm>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "base/hash.hpp"

namespace hfasync {
namespace {

[[noreturn]] void refuse(std::string_view revision, std::string_view why)
{
    ErrorContext context;
    context.hint = "Use a branch, a tag, a commit hash or refs/pr/<number>";
    throw HFValidationError(errc::validation,
                            "Invalid revision '" + detail::printable(revision.substr(0, 300)) +
                                "': " + std::string(why),
                            std::move(context));
}

} // namespace

bool is_commit_hash(std::string_view text) noexcept
{
    return detail::is_lower_hex(text, 40);
}

void validate_revision(std::string_view revision)
{
    if (revision.empty()) refuse(revision, "it is empty");
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (std::any_of(revision.begin(), revision.end(), is_control)) refuse(revision, "it holds control bytes");
    if (revision.find('\\') != std::string_view::npos) refuse(revision, "it holds a backslash");
    if (!detail::is_valid_utf8(revision)) refuse(revision, "it is not UTF-8");
    for (auto rest = revision;;) {
        const auto end = rest.find('/');
        const auto part = rest.substr(0, end);
        if (part.empty()) refuse(revision, "it has an empty part");
        if (part == "." || part == "..") refuse(revision, "it has a '.' or '..' part");
        if (part.size() > 255) refuse(revision, "a part of it is longer than 255 bytes");
        if (end == std::string_view::npos) return;
        rest.remove_prefix(end + 1);
    }
}

} // namespace hfasync
