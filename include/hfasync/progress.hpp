// Progress events of transfers and commits.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace hfasync {

/// What an event says about its item.
enum class ProgressKind {
    started,   ///< total is known, or 0 when it is not
    advanced,  ///< done grew; coalesced to at most one event per item every 50 ms
    finished,  ///< always the last event of an item that succeeded
    failed,    ///< always the last event of an item that did not; `message` may say why
    committed, ///< a commit landed; `name` is its oid, `done` its number of operations
};

/// What an item is: the whole call, or one step of one file.
enum class ProgressPhase { total, download, hash, preupload, upload, commit };

/// Every item (a file, a phase, or the whole) sends `started` once, `advanced` any number of times, and
/// exactly one of `finished` or `failed`, also when cancelled.
struct ProgressEvent {
    ProgressKind kind = ProgressKind::advanced;
    ProgressPhase phase = ProgressPhase::total;
    std::string name;              ///< path in the repo; of a commit, its message; empty for the total
    std::uint64_t done = 0;        ///< bytes; of `committed`, operations
    std::uint64_t total = 0;       ///< bytes
    std::uint64_t cached = 0;      ///< bytes of `done` that needed no network
    std::uint64_t items_done = 0;  ///< files, for the total
    std::uint64_t items_total = 0; ///< files, for the total
    std::string message;
};

/// Called on the executor of the awaiting coroutine. Must not block; must not throw.
using ProgressSink = std::function<void(const ProgressEvent&)>;

} // namespace hfasync
