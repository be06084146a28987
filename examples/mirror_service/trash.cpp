#include "trash.hpp"

#include <cstdlib>
#include <string>
#include <system_error>

namespace mirror {

namespace fs = std::filesystem;

namespace {

class Deletion {
public:
    explicit Deletion(const Turn& turn) : turn_(turn) {}

    /// false: the turn is over.
    bool remove(const fs::path& path)
    {
        std::error_code error;
        if (fs::is_directory(fs::symlink_status(path, error)) && !empty(path)) return false;
        removed_ = fs::remove(path, error) || removed_;
        // One that gets nowhere must not come back for ever.
        return turn_.is_stopped() ? false : !removed_ || !turn_.is_over();
    }

private:
    bool empty(const fs::path& folder)
    {
        std::error_code error;
        for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
            if (!remove(entry->path())) return false;
        return true;
    }

    const Turn& turn_;
    bool removed_ = false;
};

} // namespace

fs::path move_to_trash(const fs::path& folder, const fs::path& trash)
{
    std::error_code error;
    fs::create_directories(trash, error);
    // Processes on several machines may share the folder.
    auto own = (trash / "XXXXXX").string();
    if (::mkdtemp(own.data()) == nullptr) return folder;
    fs::rename(folder, fs::path(own) / folder.filename(), error);
    if (!error) return own;
    fs::remove(own, error);
    return folder;
}

bool delete_some(const fs::path& folder, const Turn& turn)
{
    std::error_code error;
    return !Deletion(turn).remove(folder) && fs::exists(fs::symlink_status(folder, error));
}

} // namespace mirror
