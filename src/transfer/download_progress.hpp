// Progress of downloads: one item a file, and the total.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <hfasync/clock.hpp>
#include <hfasync/progress.hpp>

namespace hfasync::detail {

/// What the files of one call add up to. Events come one at a time, from whichever file has news.
class DownloadProgress {
public:
    /// An empty sink costs nothing.
    DownloadProgress(ProgressSink sink, std::shared_ptr<Clock> clock);
    bool wanted() const noexcept { return static_cast<bool>(sink_); }

    void start_total(std::uint64_t bytes, std::uint64_t files);
    /// Files that needed no work.
    void add_cached(std::uint64_t bytes, std::uint64_t files);
    void end_total(ProgressKind kind, std::string message);

private:
    friend class DownloadItem;
    void send(const ProgressEvent& event) { sink_(event); }
    void total_advanced_locked(bool at_once);

    ProgressSink sink_;
    std::shared_ptr<Clock> clock_;
    std::mutex mutex_;
    bool has_total_ = false;
    ProgressEvent total_;
    Clock::Steady::time_point last_total_{};
};

/// One file. Sends `failed` when it is destroyed without an end.
class DownloadItem {
public:
    DownloadItem(std::shared_ptr<DownloadProgress> progress, std::string name);
    DownloadItem(const DownloadItem&) = delete;
    ~DownloadItem();

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
    ProgressEvent event_;
    Clock::Steady::time_point last_{};
    bool started_ = false;
    bool ended_ = false;
};

} // namespace hfasync::detail
