// A folder of real files for the demo, from what every machine with a compiler has.
#pragma once

#include <cstdint>
#include <filesystem>

namespace hfasync::cli {

struct DemoTree {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
};

/// Copies (links resolved, never written to the source) the compiler's large libraries and /usr/include into
/// `target` until about 500 MB or 10,000 files; keeps a tree that is already complete.
/// \throws OSError when it cannot be written, RuntimeError when the machine has too few files
DemoTree make_demo_tree(const std::filesystem::path& target);

/// Files and bytes of a folder as an upload sees it: regular files, without .cache and .git.
DemoTree measure_tree(const std::filesystem::path& folder);

} // namespace hfasync::cli
