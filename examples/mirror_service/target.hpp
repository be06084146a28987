// Where repos are mirrored to: a folder, or another Hub.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include <hfasync/hub.hpp>
#include <hfasync/progress.hpp>

#include "work_list.hpp"

namespace mirror {

struct Mirrored {
    std::string place;      ///< folder, or URL of the commit
    bool committed = false; ///< a commit was made (Hub), or the link was switched (folder)
};

/// Another process has taken the job over: this one publishes nothing any more.
struct ClaimLost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Asks the list whether the job is still this process', and extends its lease.
/// \throws ClaimLost when it is not
using StillMine = std::function<asio::awaitable<void>()>;

/// mirror() may be called again for a job that was done or begun before, here or by another process: what is
/// there is not transferred again, and what is committed is not committed again.
class Target {
public:
    virtual ~Target() = default;
    /// `still_mine` is awaited right before a reader could see something new: a process that was away for
    /// longer than its lease must not put its commit over the newer one of another.
    virtual asio::awaitable<Mirrored> mirror(Job job, hfasync::ProgressSink progress,
                                             StillMine still_mine) = 0;
};

std::unique_ptr<Target> make_folder_target(hfasync::Hub source, FolderTargetConfig config,
                                           std::size_t files_at_once);
std::unique_ptr<Target> make_hub_target(hfasync::Hub source, hfasync::Hub target, HubTargetConfig config,
                                        std::size_t files_at_once);

/// A revision as one path component: "refs/pr/1" is "refs%2Fpr%2F1".
std::string component(const std::string& revision);

} // namespace mirror
