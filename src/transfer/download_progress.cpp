#include "transfer/download_progress.hpp"

namespace hfasync::detail {

namespace {

constexpr auto interval = std::chrono::milliseconds(50); // of `advanced` events of one item

} // namespace

DownloadProgress::DownloadProgress(ProgressSink sink, std::shared_ptr<Clock> clock)
    : sink_(std::move(sink)), clock_(std::move(clock))
{
}

void DownloadProgress::start_total(std::uint64_t bytes, std::uint64_t files)
{
    if (!wanted()) return;
    const std::scoped_lock lock(mutex_);
    has_total_ = true;
    total_.kind = ProgressKind::started;
    total_.total = bytes;
    total_.items_total = files;
    send(total_);
}

void DownloadProgress::add_cached(std::uint64_t bytes, std::uint64_t files)
{
    if (!wanted()) return;
    const std::scoped_lock lock(mutex_);
    total_.done += bytes;
    total_.cached += bytes;
    total_.items_done += files;
    total_advanced_locked(true);
}

void DownloadProgress::total_advanced_locked(bool at_once)
{
    if (!has_total_) return;
    const auto now = clock_->now();
    if (!at_once && now - last_total_ < interval) return;
    last_total_ = now;
    total_.kind = ProgressKind::advanced;
    send(total_);
}

void DownloadProgress::end_total(ProgressKind kind, std::string message)
{
    if (!wanted()) return;
    const std::scoped_lock lock(mutex_);
    if (!has_total_) return;
    has_total_ = false;
    total_.kind = kind;
    total_.message = std::move(message);
    send(total_);
}

DownloadItem::DownloadItem(std::shared_ptr<DownloadProgress> progress, std::string name)
    : progress_(std::move(progress))
{
    event_.phase = ProgressPhase::download;
    event_.name = std::move(name);
}

DownloadItem::~DownloadItem()
{
    if (started_ && !ended_) end(ProgressKind::failed, "cancelled");
}

void DownloadItem::start(std::uint64_t total, std::uint64_t cached)
{
    if (!progress_->wanted() || started_) return;
    const std::scoped_lock lock(progress_->mutex_);
    started_ = true;
    event_.kind = ProgressKind::started;
    event_.total = total;
    event_.done = event_.cached = cached;
    progress_->total_.done += cached;
    progress_->total_.cached += cached;
    last_ = progress_->clock_->now();
    progress_->send(event_);
}

void DownloadItem::advance(std::uint64_t bytes)
{
    if (!started_) return;
    const std::scoped_lock lock(progress_->mutex_);
    event_.done += bytes;
    progress_->total_.done += bytes;
    const auto now = progress_->clock_->now();
    if (now - last_ < interval) return;
    last_ = now;
    event_.kind = ProgressKind::advanced;
    progress_->send(event_);
    progress_->total_advanced_locked(false);
}

void DownloadItem::rewind(std::uint64_t done)
{
    if (!started_) return;
    const std::scoped_lock lock(progress_->mutex_);
    progress_->total_.done -= event_.done;
    progress_->total_.done += done;
    event_.done = done;
}

void DownloadItem::finish()
{
    end(ProgressKind::finished, {});
}

void DownloadItem::fail(std::string message)
{
    end(ProgressKind::failed, std::move(message));
}

void DownloadItem::end(ProgressKind kind, std::string message)
{
    if (!started_ || ended_) return;
    const std::scoped_lock lock(progress_->mutex_);
    ended_ = true;
    event_.kind = kind;
    event_.message = std::move(message);
    progress_->send(event_);
    if (kind != ProgressKind::finished) return;
    ++progress_->total_.items_done;
    progress_->total_advanced_locked(false);
}

} // namespace hfasync::detail
