// `hfasync demo`: the main job from end to end, every byte compared.
#pragma once

#include <filesystem>
#include <optional>

namespace hfasync::cli {

struct DemoOptions {
    std::optional<std::filesystem::path> folder; ///< default: a tree made below `work`
    std::filesystem::path work = "build/demo";
    bool quiet = false; ///< no progress display
};

/// Starts an embedded Hub over TLS, uploads the folder, lists the repo, downloads it twice, compares.
/// \returns 0 only when every byte matched
int run_demo(const DemoOptions& options);

} // namespace hfasync::cli
