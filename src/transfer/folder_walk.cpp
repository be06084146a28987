#include "transfer/folder_walk.hpp"

#include <algorithm>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "base/os.hpp"

namespace hfasync::detail {

namespace fs = std::filesystem;

const std::vector<std::string>& default_ignore_patterns()
{
    static const std::vector<std::string> patterns = {
        ".git",
        ".git/*",
        "*/.git",
        "**/.git/**",
        ".cache/huggingface",
        ".cache/huggingface/*",
        "*/.cache/huggingface",
        "**/.cache/huggingface/**",
    };
    return patterns;
}

PathFilter upload_filter(const std::optional<Strings>& allow, const std::optional<Strings>& ignore)
{
    auto all = default_ignore_patterns();
    if (ignore) all.insert(all.end(), ignore->begin(), ignore->end());
    return PathFilter(allow, Strings(std::move(all)));
}

bool less_by_parts(std::string_view a, std::string_view b) noexcept
{
    // '/' sorts below every other byte, so that a shorter part comes first.
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        if (x == y) return false;
        if (x == '/') return true;
        if (y == '/') return false;
        return static_cast<unsigned char>(x) < static_cast<unsigned char>(y);
    });
}

namespace {

bool is_below(const fs::path& path, const fs::path& folder)
{
    const auto [in_folder, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
    static_cast<void>(rest);
    return in_folder == folder.end();
}

class Walker {
public:
    explicit Walker(const FolderWalk& walk) : walk_(walk), root_(fs::canonical(walk.folder)) {}

    WalkResult run()
    {
        enter(walk_.folder, "");
        std::sort(result_.files.begin(), result_.files.end(), [](const FolderFile& a, const FolderFile& b) {
            return less_by_parts(a.relative, b.relative);
        });
        return std::move(result_);
    }

private:
    static bool is_never_entered(std::string_view relative, std::string_view name)
    {
        if (name == ".git") return true;
        constexpr std::string_view cache = ".cache/huggingface";
        return relative == cache || relative.ends_with("/.cache/huggingface");
    }

    void enter(const fs::path& folder, const std::string& prefix)
    {
        std::error_code ec;
        fs::directory_iterator entries(folder, ec);
        if (ec) throw_os_error(ec, "list", folder);
        for (const auto& entry : entries) {
            const auto name = entry.path().filename().string();
            visit(entry, name, prefix + name);
        }
    }

    void visit(const fs::directory_entry& entry, const std::string& name, const std::string& relative)
    {
        std::error_code ec;
        const auto status = entry.symlink_status(ec);
        if (fs::is_directory(status)) {
            if (!is_never_entered(relative, name)) enter(entry.path(), relative + "/");
        } else if (fs::is_regular_file(status)) {
            add(entry, relative);
        } else if (fs::is_symlink(status) && walk_.filter(relative)) {
            follow(entry, relative);
        }
    }

    void follow(const fs::directory_entry& entry, const std::string& relative)
    {
        std::error_code ec;
        const auto target = fs::canonical(entry.path(), ec);
        if (ec || (!walk_.follow_links && !is_below(target, root_)))
            result_.left_out_links.push_back(relative);
        else if (fs::is_regular_file(target, ec))
            add(entry, relative);
    }

    void add(const fs::directory_entry& entry, const std::string& relative)
    {
        if (!walk_.filter(relative)) return;
        std::error_code ec;
        const auto size = entry.file_size(ec);
        if (ec) throw_os_error(ec, "look at", entry.path());
        result_.files.push_back({.relative = relative, .size = size});
    }

    const FolderWalk& walk_;
    fs::path root_;
    WalkResult result_;
};

} // namespace

std::string left_out_text(std::string_view link)
{
    return "'" + printable(std::string(link)) + "' is a broken link or leaves the folder; it is left out";
}

WalkResult walk_folder(const FolderWalk& walk)
{
    std::error_code ec;
    if (!fs::is_directory(walk.folder, ec))
        throw ValueError("Provided path: '" + fs::absolute(walk.folder).string() + "' is not a directory",
                         {.path = walk.folder.string()});
    return Walker(walk).run();
}

boost::asio::awaitable<WalkResult> walk_folder(HubPtr hub, FolderWalk walk)
{
    co_return co_await hub->workers.run([&] { return walk_folder(walk); });
}

} // namespace hfasync::detail
