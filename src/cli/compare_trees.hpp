// Whether two folders hold the same bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hfasync::cli {

struct TreeComparison {
    std::uint64_t files = 0; ///< files that are equal
    std::uint64_t bytes = 0;
    std::vector<std::string> differences; ///< "missing: a/b", "differs: c", "surplus: d"
};

/// Every regular file below `expected` (but .cache and .git) against the same path below `actual`, whose
/// links are followed; then every file of `actual` that `expected` has not. Files named in `ignored` do not
/// count as surplus.
TreeComparison compare_trees(const std::filesystem::path& expected, const std::filesystem::path& actual,
                             const std::vector<std::string>& ignored = {});

} // namespace hfasync::cli
