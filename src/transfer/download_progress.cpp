#include "transfer/download_progress.hpp"

#include <algorithm>

namespace hfasync::detail {

namespace {

constexpr auto interval = std::chrono::milliseconds(50); // of `advanced` events of one item

} // namespace

DownloadProgress::DownloadProgress(ProgressSink sink, std::shared_ptr<Clock> clock)
    : sink_(std::move(sink)), clock_(std::move(clock))
{
}

void DownloadProgress::start_total(const Total& total)
{
    if (!wanted()) return;
    const std::scoped_lock lock(mutex_);
    has_total_ = true;
    grows_ = total.grows;
    total_.kind = ProgressKind::started;
    total_.total = total.bytes;
    total_.items_total = total.files;
    total_.done = total_.cached = total.cached_bytes;
    total_.items_done = total.cached_files;
    send(total_);
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

void ItemRiders::add(DownloadItem* item)
{
    if (!item->wanted()) return;
    const std::scoped_lock lock(mutex_);
    items_.push_back(item);
    if (!started_) return;
    item->start(total_, cached_);
    item->rewind(cached_);
    if (done_ > cached_) item->advance(done_ - cached_);
}

void ItemRiders::remove(DownloadItem* item)
{
    const std::scoped_lock lock(mutex_);
    std::erase(items_, item);
}

void ItemRiders::start(std::uint64_t total, std::uint64_t cached)
{
    const std::scoped_lock lock(mutex_);
    started_ = true;
    total_ = total;
    cached_ = done_ = cached;
    for (auto* item : items_) {
        item->start(total, cached);
        item->rewind(cached); // of one that has seen another flight fail
    }
}

void ItemRiders::advance(std::uint64_t bytes)
{
    const std::scoped_lock lock(mutex_);
    done_ += bytes;
    for (auto* item : items_)
        item->advance(bytes);
}

void ItemRiders::rewind(std::uint64_t done)
{
    const std::scoped_lock lock(mutex_);
    done_ = done;
    cached_ = std::min(cached_, done);
    for (auto* item : items_)
        item->rewind(done);
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
    if (riders_) return riders_->start(total, cached);
    if (!progress_->wanted() || started_) return;
    const std::scoped_lock lock(progress_->mutex_);
    started_ = true;
    event_.kind = ProgressKind::started;
    event_.total = total;
    event_.done = event_.cached = cached;
    progress_->total_.done += cached;
    progress_->total_.cached += cached;
    if (progress_->grows_) progress_->total_.total += total;
    last_ = progress_->clock_->now();
    progress_->send(event_);
}

void DownloadItem::advance(std::uint64_t bytes)
{
    if (riders_) return riders_->advance(bytes);
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
    if (riders_) return riders_->rewind(done);
    if (!started_) return;
    const std::scoped_lock lock(progress_->mutex_);
    progress_->total_.done -= event_.done;
    progress_->total_.done += done;
    event_.done = done;
    // What was there turned out to be of no use.
    progress_->total_.cached -= event_.cached - std::min(event_.cached, done);
    event_.cached = std::min(event_.cached, done);
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
