#include "transfer/upload_target.hpp"

namespace hfasync::detail {

namespace {
constexpr std::chrono::milliseconds between_events{50};
}

std::string reason_of(const std::exception_ptr& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        return error.message();
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an unknown failure";
    }
}

ItemProgress::SharedSink ItemProgress::share(ProgressSink sink)
{
    if (!sink) return nullptr;
    auto shared = std::make_shared<std::pair<std::mutex, ProgressSink>>();
    shared->second = std::move(sink);
    return shared;
}

void send_event(const ItemProgress::SharedSink& sink, ProgressEvent event)
{
    if (!sink) return;
    const std::scoped_lock lock(sink->first);
    sink->second(event);
}

ItemProgress::ItemProgress(SharedSink sink, ProgressPhase phase, std::string name, std::uint64_t total)
    : sink_(std::move(sink)), event_{.phase = phase, .name = std::move(name), .total = total}
{
    send(ProgressKind::started);
}

ItemProgress::~ItemProgress()
{
    if (!ended_) send(ProgressKind::failed, "stopped");
}

void ItemProgress::advance(std::uint64_t done)
{
    event_.done = done;
    if (!sink_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < between_events) return;
    last_ = now;
    send(ProgressKind::advanced);
}

void ItemProgress::finish()
{
    event_.done = event_.total;
    ended_ = true;
    send(ProgressKind::finished);
}

void ItemProgress::fail(std::string message)
{
    ended_ = true;
    send(ProgressKind::failed, std::move(message));
}

void ItemProgress::send(ProgressKind kind, std::string message)
{
    if (!sink_) return;
    event_.kind = kind;
    event_.message = std::move(message);
    send_event(sink_, event_);
}

} // namespace hfasync::detail
