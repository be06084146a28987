// What has changed in the folder of a CommitScheduler, and the bytes of it.
#include "transfer/commit_scheduler.hpp"

#include <algorithm>

#include "async/task_group.hpp"
#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "base/os.hpp"

namespace hfasync::detail {

namespace asio = boost::asio;
namespace fs = std::filesystem;

void Flag::set()
{
    const std::scoped_lock lock(mutex_);
    set_ = true;
    for (const auto& waiter : waiting_)
        waiter->wake();
    waiting_.clear();
}

void Flag::reset()
{
    const std::scoped_lock lock(mutex_);
    set_ = false;
}

bool Flag::is_set() const
{
    const std::scoped_lock lock(mutex_);
    return set_;
}

asio::awaitable<void> Flag::wait()
{
    const auto wakeup = std::make_shared<Wakeup>(co_await asio::this_coro::executor);
    const auto stand_in_line = [&] {
        const std::scoped_lock lock(mutex_);
        if (!set_) waiting_.push_back(wakeup);
        return !set_;
    };
    if (!stand_in_line()) co_return;
    struct Leave {
        Leave(Flag* of, std::shared_ptr<Wakeup> who) : flag(of), wakeup(std::move(who)) {}
        Leave(const Leave&) = delete;
        ~Leave()
        {
            const std::scoped_lock lock(flag->mutex_);
            std::erase(flag->waiting_, wakeup);
        }
        Flag* flag;
        std::shared_ptr<Wakeup> wakeup;
    };
    const Leave leave(this, wakeup);
    if (!co_await wakeup->wait())
        throw CancelledError(errc::cancelled, "The call was cancelled while it waited.");
}

namespace {

asio::awaitable<void> work_then_cancel(TaskGroup* group, asio::awaitable<void> work)
{
    co_await std::move(work);
    group->cancel();
}

asio::awaitable<void> wait_then_cancel(TaskGroup* group, Flag* flag)
{
    co_await flag->wait();
    group->cancel();
}

asio::awaitable<void> spawn_both(TaskGroup* group, Flag* flag, asio::awaitable<void>* work)
{
    group->spawn(work_then_cancel(group, std::move(*work)));
    group->spawn(wait_then_cancel(group, flag));
    co_return;
}

} // namespace

asio::awaitable<void> until(Flag* flag, asio::awaitable<void> work)
{
    co_await run_group([&](TaskGroup& group) { return spawn_both(&group, flag, &work); });
}

bool PushedFiles::knows(const std::string& relative, const FileStamp& stamp)
{
    const auto found = entries_.find(relative);
    if (found == entries_.end()) return false;
    found->second.seen = true;
    return found->second.stamp == stamp;
}

void PushedFiles::add(std::string relative, const FileStamp& stamp)
{
    entries_.insert_or_assign(std::move(relative), Entry{.stamp = stamp});
}

void PushedFiles::end_round()
{
    for (auto entry = entries_.begin(); entry != entries_.end();)
        entry = std::exchange(entry->second.seen, false) ? std::next(entry) : entries_.erase(entry);
}

namespace {

FileStamp stamp_of(const Fd& fd, const fs::path& file)
{
    const auto id = file_id(fd, file);
    return {.mtime_ns = id.mtime_ns, .size = id.size, .inode = id.inode};
}

/// The files; lists again when one vanishes in between, as rotated logs do.
WalkResult walk_quietly(const FolderWalk& walk)
{
    constexpr int most_tries = 3;
    for (int left = most_tries;; --left) {
        try {
            return walk_folder(walk);
        } catch (const FileNotFoundError&) {
            if (left == 1 || !fs::is_directory(walk.folder)) throw;
        }
    }
}

} // namespace

FolderScan scan_folder(const FolderWalk& walk, PushedFiles& pushed)
{
    FolderScan scan;
    std::error_code failed;
    scan.folder_missing = !fs::is_directory(walk.folder, failed);
    if (scan.folder_missing) return scan;
    const auto found = walk_quietly(walk);
    for (const auto& link : found.left_out_links)
        scan.left_out.push_back("'" + printable(link) +
                                "' is a broken link or leaves the folder; it is left out");
    for (const auto& file : found.files) {
        const auto path = walk.folder / file.relative;
        try {
            const auto stamp = stamp_of(open_read(path), path);
            if (!pushed.knows(file.relative, stamp)) scan.changed.push_back({file.relative, stamp});
        } catch (const FileNotFoundError&) {
            continue; // it has gone since it was listed
        } catch (const OSError& error) {
            scan.left_out.push_back("'" + printable(file.relative) +
                                    "' is left out: " + std::string(error.message()));
        }
    }
    pushed.end_round();
    return scan;
}

namespace {

/// What the passes over one file have in common: each must give the same bytes.
struct Content {
    HubPtr hub;
    fs::path file;
    FileStamp stamp;
    std::string sha256; ///< of the first pass to end

    [[noreturn]] void throw_changed(std::string_view how) const
    {
        ErrorContext context;
        context.path = printable(file.string());
        context.hint = "It is sent with the next push";
        throw FileModified(errc::file_modified,
                           "'" + context.path + "' " + std::string(how) + " while it was being pushed",
                           std::move(context));
    }
};

class CappedStream final : public ByteStream {
public:
    explicit CappedStream(std::shared_ptr<Content> content) : content_(std::move(content)) {}

    asio::awaitable<std::size_t> read(asio::mutable_buffer into) override
    {
        const auto left = content_->stamp.size - position_;
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left, into.size()));
        if (want == 0) co_return 0;
        const std::span<std::byte> bytes(static_cast<std::byte*>(into.data()), want);
        co_await content_->hub->workers.run([this, bytes] { read_now(bytes); });
        position_ += want;
        co_return want;
    }

private:
    void open()
    {
        try {
            fd_ = open_read(content_->file);
        } catch (const FileNotFoundError&) {
            content_->throw_changed("was removed");
        }
        if (stamp_of(fd_, content_->file).inode != content_->stamp.inode)
            content_->throw_changed("was replaced");
    }

    void read_now(std::span<std::byte> bytes)
    {
        if (!fd_) open();
        if (read_at(fd_, bytes, position_, content_->file) != bytes.size())
            content_->throw_changed("was truncated");
        hasher_.update(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
        if (position_ + bytes.size() == content_->stamp.size) compare(hasher_.finish_hex());
    }

    /// Before the last bytes are given away: what changed under way never becomes a whole object.
    void compare(std::string sha256)
    {
        if (content_->sha256.empty())
            content_->sha256 = std::move(sha256);
        else if (content_->sha256 != sha256)
            content_->throw_changed("was written over");
    }

    std::shared_ptr<Content> content_;
    Fd fd_;
    Hasher hasher_{HashKind::sha256};
    std::uint64_t position_ = 0;
};

} // namespace

UploadSource capped_file(HubPtr hub, fs::path file, FileStamp stamp)
{
    auto content = std::make_shared<Content>();
    content->hub = std::move(hub);
    content->file = std::move(file);
    content->stamp = stamp;
    return UploadSource::stream([content] { return std::make_unique<CappedStream>(content); }, stamp.size);
}

} // namespace hfasync::detail
