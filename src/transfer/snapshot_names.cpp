#include "transfer/snapshot_names.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "base/os.hpp"

namespace hfasync::detail {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void refuse(const std::string& what, std::string_view a, std::string_view b)
{
    ErrorContext context;
    context.path = printable(a);
    context.hint = "Choose one of them by allow_patterns or ignore_patterns";
    throw ValueError(fmt::format("'{}' and '{}' of this revision {}. Choose one of them by allow_patterns or "
                                 "ignore_patterns.",
                                 printable(a), printable(b), what),
                     std::move(context));
}

/// Names of ASCII that fold into one have this in common.
std::string lower_case(std::string_view name)
{
    std::string key(name);
    for (char& c : key)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return key;
}

bool beyond_ascii(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

void check_folders(std::span<const std::string> paths)
{
    const std::unordered_set<std::string_view> files(paths.begin(), paths.end());
    std::unordered_set<std::string_view> seen;
    for (const std::string_view path : paths)
        for (auto slash = path.rfind('/'); slash != std::string_view::npos;
             slash = path.rfind('/', slash - 1)) {
            const auto folder = path.substr(0, slash);
            if (files.contains(folder)) refuse("are a file and a folder of one name", folder, path);
            if (!seen.insert(folder).second || slash == 0) break;
        }
}

/// The folders and files of the listing, each once, by the folder that they stand in.
using Names = std::unordered_map<std::string_view, std::unordered_set<std::string_view>>;

Names names_by_folder(std::span<const std::string> paths)
{
    Names names;
    for (const std::string_view path : paths) {
        for (auto end = path.size(); end != std::string_view::npos;) {
            const auto slash = path.rfind('/', end - 1);
            const auto folder = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
            const auto from = slash == std::string_view::npos ? 0 : slash + 1;
            if (!names[folder].insert(path.substr(from, end - from)).second) break;
            end = slash;
        }
    }
    return names;
}

/// Whether some of them may be one on a file system that folds names. Case and form of text beyond ASCII are
/// for the file system to say.
bool may_fold(const std::unordered_set<std::string_view>& names)
{
    std::size_t others = 0;
    std::unordered_set<std::string> lower;
    for (const auto name : names) {
        if (beyond_ascii(name))
            ++others;
        else if (!lower.insert(lower_case(name)).second)
            return true;
    }
    return others > 1;
}

/// A folder that goes with this object.
class ScratchFolder {
public:
    explicit ScratchFolder(const fs::path& parent)
    {
        std::error_code ignored;
        fs::create_directories(parent, ignored);
        auto path = (parent / ".hfasync-names-XXXXXX").string();
        if (::mkdtemp(path.data())) path_ = path;
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ~ScratchFolder()
    {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    explicit operator bool() const { return !path_.empty(); }

    /// false: a file of that name, or of one that is the same here, was made before.
    bool make(const std::string& name) const
    {
        const Fd fd(::open((path_ / name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        return fd || errno != EEXIST;
    }
    void remove(const std::string& name) const { ::unlink((path_ / name).c_str()); }
    bool has(const std::string& name) const { return ::access((path_ / name).c_str(), F_OK) == 0; }
    /// The name under which a file was made.
    std::string made_as(const std::string& name) const
    {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(path_, error))
            if (fs::equivalent(entry.path(), path_ / name, error)) return entry.path().filename().string();
        return name;
    }

private:
    fs::path path_;
};

} // namespace

void check_collisions(std::span<const std::string> paths, const NameProbe& probe)
{
    check_folders(paths);
    for (const auto& [folder, names] : names_by_folder(paths)) {
        if (names.size() < 2 || !may_fold(names)) continue;
        const auto clash = probe({names.begin(), names.end()});
        if (!clash) continue;
        const auto prefix = folder.empty() ? std::string() : std::string(folder) + "/";
        refuse("have one name on this file system, which does not keep them apart", prefix + clash->first,
               prefix + clash->second);
    }
}

NameProbe probe_below(fs::path parent)
{
    return [parent = std::move(parent)](
               const std::vector<std::string>& names) -> std::optional<std::pair<std::string, std::string>> {
        const ScratchFolder folder(parent);
        if (!folder) return std::nullopt;
        // One file tells that most file systems fold nothing: its name in upper case, and decomposed.
        if (!folder.make("x\u00e9") ||
            (!folder.has("X\u00c9") && !folder.has("xe\u0301") && !folder.has("X\u00e9")))
            return std::nullopt;
        folder.remove("x\u00e9");
        for (const auto& name : names)
            if (!folder.make(name)) return std::pair{name, folder.made_as(name)};
        return std::nullopt;
    };
}

} // namespace hfasync::detail
