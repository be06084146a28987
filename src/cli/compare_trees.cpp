#include "cli/compare_trees.hpp"

#include <hfasync/error.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <set>

namespace hfasync::cli {
namespace {

namespace fs = std::filesystem;

std::set<std::string> names_below(const fs::path& root)
{
    std::set<std::string> names;
    for (fs::recursive_directory_iterator at(root); at != fs::recursive_directory_iterator{}; ++at) {
        const auto name = at->path().filename();
        if (at->is_directory() && (name == ".cache" || name == ".git")) {
            at.disable_recursion_pending();
            continue;
        }
        if (at->is_regular_file()) names.insert(at->path().lexically_relative(root).generic_string());
    }
    return names;
}

bool same_content(const fs::path& a, const fs::path& b, std::uint64_t& bytes)
{
    std::ifstream left(a, std::ios::binary);
    std::ifstream right(b, std::ios::binary);
    std::vector<char> x(1u << 20);
    std::vector<char> y(1u << 20);
    while (left && right) {
        left.read(x.data(), static_cast<std::streamsize>(x.size()));
        right.read(y.data(), static_cast<std::streamsize>(y.size()));
        const auto n = left.gcount();
        if (n != right.gcount() || std::memcmp(x.data(), y.data(), static_cast<std::size_t>(n)) != 0)
            return false;
        bytes += static_cast<std::uint64_t>(n);
    }
    return left.eof() && right.eof();
}

} // namespace

TreeComparison compare_trees(const fs::path& expected, const fs::path& actual,
                             const std::vector<std::string>& ignored)
{
    TreeComparison result;
    const auto wanted = names_below(expected);
    auto present = fs::exists(actual) ? names_below(actual) : std::set<std::string>{};
    for (const auto& name : wanted) {
        if (present.erase(name) == 0) {
            result.differences.push_back("missing: " + name);
        } else if (!same_content(expected / name, actual / name, result.bytes)) {
            result.differences.push_back("differs: " + name);
        } else {
            ++result.files;
        }
    }
    for (const auto& name : present)
        if (std::find(ignored.begin(), ignored.end(), name) == ignored.end())
            result.differences.push_back("surplus: " + name);
    return result;
}

} // namespace hfasync::cli
