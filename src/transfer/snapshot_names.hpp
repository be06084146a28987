// Names of one snapshot that cannot stand side by side.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hfasync::detail {

/// Two of the names, all of one folder, that a file system takes for one; nullopt when it keeps all apart.
using NameProbe =
    std::function<std::optional<std::pair<std::string, std::string>>(const std::vector<std::string>&)>;

/// Refuses a file that is also a folder ("a" and "a/b"), and names that the file system folds into one (upper
/// and lower case, Unicode forms): the one would silently replace the other. Where it keeps them apart, both
/// stay. The probe is asked only about folders whose names may fold.
/// \throws ValueError naming both
void check_collisions(std::span<const std::string> paths, const NameProbe& probe);

/// Asks the file system itself: makes empty files of these names in a folder of its own below `parent`, which
/// is made when it is missing. Blocking. Where nothing can be made, it finds nothing: the download will tell.
NameProbe probe_below(std::filesystem::path parent);

} // namespace hfasync::detail
