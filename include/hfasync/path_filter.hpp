// Which paths a list of patterns means: in downloads, uploads, deletions, and in your own code.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hfasync/strings.hpp>

namespace hfasync {

/// Tells which paths of a repo `allow_patterns` and `ignore_patterns` let through, as every call that takes
/// them does: `api.list_repo_files(id).filter(PathFilter("*.json"))`.
///
/// A pattern is that of a shell for the whole path (`*`, `?`, `[a-z]`, `[!a-z]`): `*` matches `/` too, case
/// counts, and one that ends with `/` means everything below that folder. A path that both lists match is
/// ignored. Source: `filter_repo_objects`.
class PathFilter {
public:
    /// Lets everything through.
    PathFilter() = default;
    /// Without `allow_patterns` everything is allowed, with an empty list nothing.
    explicit PathFilter(std::optional<Strings> allow_patterns,
                        std::optional<Strings> ignore_patterns = std::nullopt);
    bool operator()(std::string_view path) const;

private:
    std::optional<std::vector<std::string>> allow_;
    std::vector<std::string> ignore_;
};

/// The pattern that matches this path and no other.
std::string literal_pattern(std::string_view path);

} // namespace hfasync
