// Where an upload goes, and who is told about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <hfasync/progress.hpp>

#include "api/common/call.hpp"
#include "api/common/repo_head.hpp"

namespace hfasync::detail {

struct UploadTarget {
    HubPtr hub;
    RepoRef repo;
    std::string revision = "main"; ///< not quoted
    bool create_pr = false;
};

/// What an exception says, in one line, for a progress event.
std::string reason_of(const std::exception_ptr& failure);

/// Sends events of one item: started once, finished or failed once, advanced at most every 50 ms. Items of
/// several coroutines share the sink, which is called by one of them at a time.
class ItemProgress {
public:
    using SharedSink = std::shared_ptr<std::pair<std::mutex, ProgressSink>>;
    static SharedSink share(ProgressSink sink);

    ItemProgress(SharedSink sink, ProgressPhase phase, std::string name, std::uint64_t total);
    ItemProgress(const ItemProgress&) = delete;
    ~ItemProgress(); ///< failed, when nothing else was said
    void advance(std::uint64_t done);
    void finish();
    void fail(std::string message);

private:
    void send(ProgressKind kind, std::string message = {});
    SharedSink sink_;
    ProgressEvent event_;
    std::chrono::steady_clock::time_point last_{};
    bool ended_ = false;
};

void send_event(const ItemProgress::SharedSink& sink, ProgressEvent event);

} // namespace hfasync::detail
