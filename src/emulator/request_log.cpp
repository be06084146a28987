#include "emulator/request_log.hpp"

#include <utility>

namespace hfasync::emulator {

std::uint64_t RequestLog::add(const Request& request, int status, std::uint64_t received)
{
    Entry entry{.origin = request.origin, .status = status, .received = received};
    entry.text.append(request.method).append("\n").append(request.target).append("\n");
    for (const auto& field : request.fields) {
        const auto name = field.name_string();
        const auto value = field.value();
        entry.text.append(name.data(), name.size()).append(": ");
        entry.text.append(value.data(), value.size()).append("\n");
    }
    if (told_) told_(seen(entry));
    const std::lock_guard lock(mutex_);
    if (entries_.size() == most) pop_front_locked();
    entry.number = next_++;
    entries_.push_back(std::move(entry));
    ++open_;
    return next_ - 1;
}

void RequestLog::sent(std::uint64_t number, std::uint64_t bytes)
{
    const std::lock_guard lock(mutex_);
    if (entries_.empty() || number < entries_.front().number) return;
    auto& entry = entries_[number - entries_.front().number];
    entry.sent = bytes;
    if (std::exchange(entry.open, false) && --open_ == 0) settled_.notify_all();
}

void RequestLog::pop_front_locked()
{
    if (entries_.front().open) --open_;
    entries_.pop_front();
}

SeenRequest RequestLog::seen(const Entry& entry)
{
    std::string_view rest = entry.text;
    const auto next_line = [&rest] {
        const auto end = rest.find('\n');
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        return line;
    };
    SeenRequest seen;
    seen.origin = to_string(entry.origin);
    seen.method = next_line();
    seen.target = next_line();
    while (!rest.empty()) {
        const auto line = next_line();
        const auto colon = line.find(": ");
        seen.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    seen.status = entry.status;
    seen.body_bytes = entry.received;
    seen.sent_bytes = entry.sent;
    return seen;
}

std::vector<SeenRequest> RequestLog::all() const
{
    const std::lock_guard lock(mutex_);
    return all_locked();
}

std::vector<SeenRequest> RequestLog::all_settled(std::chrono::milliseconds patience) const
{
    std::unique_lock lock(mutex_);
    settled_.wait_for(lock, patience, [this] { return open_ == 0; });
    return all_locked();
}

std::vector<SeenRequest> RequestLog::all_locked() const
{
    std::vector<SeenRequest> out;
    out.reserve(entries_.size());
    for (const auto& entry : entries_)
        out.push_back(seen(entry));
    return out;
}

void RequestLog::forget()
{
    const std::lock_guard lock(mutex_);
    entries_.clear();
    open_ = 0;
    settled_.notify_all();
}

} // namespace hfasync::emulator
