// Which files of a repo a rule is about.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mirror {

/// A rule's `files` and `exclude`, by the rules of snapshot_download: shell patterns of the whole path, in
/// which
/// '*' matches '/' too; one that ends with '/' is for all that is below.
class FilePatterns {
public:
    /// No `files` at all let everything through.
    FilePatterns(const std::vector<std::string>& files, const std::vector<std::string>& exclude);
    bool operator()(std::string_view path) const;

private:
    std::vector<std::u32string> files_, exclude_;
};

/// A name as a pattern that matches nothing else.
std::string literal_pattern(std::string_view name);

} // namespace mirror
