#include "cli/demo_tree.hpp"

#include <hfasync/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace hfasync::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_bytes = 500'000'000;
constexpr std::uint64_t most_library_bytes = 380'000'000;
constexpr std::uint64_t most_files = 10'000;
constexpr std::uint64_t least_files = 2'000;
constexpr std::uint64_t large_file = 10'000'000;

struct Source {
    fs::path file;
    fs::path relative;
    std::uint64_t size = 0;
};

/// Regular files below `root`, links to files resolved by what is copied; links to folders are left out,
/// since they may lead in circles. Unreadable ones are passed over.
std::vector<Source> files_below(const fs::path& root, const fs::path& prefix)
{
    std::vector<Source> found;
    std::error_code error;
    fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, error);
    for (; !error && at != fs::recursive_directory_iterator{}; at.increment(error)) {
        std::error_code status_error;
        if (!fs::is_regular_file(at->path(), status_error) || status_error) continue;
        const auto size = fs::file_size(at->path(), status_error);
        if (status_error) continue;
        found.push_back({at->path(), prefix / at->path().lexically_relative(root), size});
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.relative < b.relative; });
    return found;
}

/// The largest first, each content once (libX.so and libX.so.1 are one file).
std::vector<Source> large_libraries()
{
    std::vector<Source> all;
    std::error_code error;
    for (const auto* root : {"/usr/lib/llvm-19/lib", "/usr/lib/gcc"}) {
        auto some = files_below(root, fs::path("lib") / fs::path(root).filename());
        all.insert(all.end(), some.begin(), some.end());
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return std::tie(b.size, a.relative) < std::tie(a.size, b.relative);
    });
    std::set<fs::path> seen;
    std::vector<Source> once;
    for (auto& source : all) {
        const auto real = fs::canonical(source.file, error);
        if (!error && source.size >= large_file && seen.insert(real).second) once.push_back(source);
    }
    return once;
}

class Copier {
public:
    explicit Copier(fs::path target) : target_(std::move(target)) {}

    bool copy(const Source& source)
    {
        if (tree_.files >= most_files || tree_.bytes + source.size > most_bytes) return false;
        const auto to = target_ / source.relative;
        std::error_code error;
        fs::create_directories(to.parent_path(), error);
        if (!error) fs::copy_file(source.file, to, fs::copy_options::overwrite_existing, error);
        if (error == std::errc::permission_denied) return true; // unreadable here: one file fewer
        if (error)
            throw OSError(
                error, fmt::format("cannot copy {} to {}: {}. Free some space or name a FOLDER of your own.",
                                   source.file.string(), to.string(), error.message()));
        fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, error);
        ++tree_.files;
        tree_.bytes += source.size;
        return true;
    }

    std::uint64_t bytes() const { return tree_.bytes; }
    const DemoTree& tree() const { return tree_; }

private:
    fs::path target_;
    DemoTree tree_;
};

} // namespace

DemoTree measure_tree(const fs::path& folder)
{
    DemoTree tree;
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error);
         !error && at != fs::recursive_directory_iterator{}; at.increment(error)) {
        const auto name = at->path().filename();
        if (at->is_directory(error) && (name == ".cache" || name == ".git")) {
            at.disable_recursion_pending();
            continue;
        }
        if (!at->is_regular_file(error)) continue;
        ++tree.files;
        tree.bytes += at->file_size(error);
    }
    return tree;
}

DemoTree make_demo_tree(const fs::path& target)
{
    const auto marker = fs::path(target.string() + ".complete");
    if (fs::exists(marker)) return measure_tree(target);
    fs::remove_all(target);
    fs::create_directories(target);
    Copier copier(target);
    for (const auto& source : large_libraries())
        if (copier.bytes() + source.size <= most_library_bytes) copier.copy(source);
    for (const auto& source : files_below("/usr/include", "include"))
        if (!copier.copy(source)) break;
    if (copier.tree().files < least_files)
        throw RuntimeError(errc::runtime,
                           fmt::format("only {} files were found in /usr/include: name a FOLDER of your "
                                       "own (scripts/demo FOLDER)",
                                       copier.tree().files));
    std::ofstream(marker) << copier.tree().files << " files\n";
    return copier.tree();
}

} // namespace hfasync::cli
