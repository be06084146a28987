// Progress of downloads: one item a file, and the total.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <hfasync/clock.hpp>
#include <hfasync/progress.hpp>

namespace hfasync::detail {

/// What the files of one call add up to. Events come one at a time, from whichever file has news.
class DownloadProgress {
public:
    /// An empty sink costs nothing.
    DownloadProgress(ProgressSink sink, std::shared_ptr<Clock> clock);
    bool wanted() const noexcept { return static_cast<bool>(sink_); }

    /// What is known before the first file.
    struct Total {
        std::uint64_t bytes = 0;
        std::uint64_t files = 0;
        std::uint64_t cached_bytes = 0; ///< of files that need no work
        std::uint64_t cached_files = 0;
        bool grows = false; ///< `bytes` lacks files whose size is told when they start
    };
    void start_total(const Total& total);
    void end_total(ProgressKind kind, std::string message);

private:
    friend class DownloadItem;
    void send(const ProgressEvent& event) { sink_(event); }
    void total_advanced_locked(bool at_once);

    ProgressSink sink_;
    std::shared_ptr<Clock> clock_;
    std::mutex mutex_;
    bool has_total_ = false;
    bool grows_ = false;
    ProgressEvent total_;
    Clock::Steady::time_point last_total_{};
};

class DownloadItem;

/// The items of all callers that wait for one transfer; thread-safe.
class ItemRiders {
public:
    /// Tells the newcomer how far it is.
    void add(DownloadItem* item);
    void remove(DownloadItem* item);

    void start(std::uint64_t total, std::uint64_t cached);
    void advance(std::uint64_t bytes);
    void rewind(std::uint64_t done);

private:
    std::mutex mutex_;
    std::vector<DownloadItem*> items_; ///< only those that somebody watches
    bool started_ = false;
    std::uint64_t total_ = 0;
    std::uint64_t cached_ = 0;
    std::uint64_t done_ = 0;
};

/// One file. Sends `failed` when it is destroyed without an end.
class DownloadItem {
public:
    DownloadItem(std::shared_ptr<DownloadProgress> progress, std::string name);
    /// Speaks to those who wait for it, each of which ends its item by itself.
    explicit DownloadItem(std::shared_ptr<ItemRiders> riders) : riders_(std::move(riders)) {}
    DownloadItem(const DownloadItem&) = delete;
    ~DownloadItem();

    bool wanted() const noexcept { return riders_ || progress_->wanted(); }
    /// `cached`: bytes that are there already.
    void start(std::uint64_t total, std::uint64_t cached);
    void advance(std::uint64_t bytes);
    /// Begins again at `done` bytes.
    void rewind(std::uint64_t done);
    void finish();
    void fail(std::string message);

private:
    void end(ProgressKind kind, std::string message);

    std::shared_ptr<DownloadProgress> progress_;
    std::shared_ptr<ItemRiders> riders_;
    ProgressEvent event_;
    Clock::Steady::time_point last_{};
    bool started_ = false;
    bool ended_ = false;
};

} // namespace hfasync::detail
