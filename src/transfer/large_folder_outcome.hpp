// What becomes of a file after a node of upload_large_folder.
#pragma once

#include <exception>
#include <functional>
#include <vector>

#include "transfer/large_folder_state.hpp"

namespace hfasync::detail {

using LargeItems = std::vector<TaskGraph::Item>;
using LargeOutcome = TaskGraph::Outcome;
using LargeOutcomes = std::vector<LargeOutcome>;

/// What a failure means for one item: a file that changed starts over, what may be different in a moment is
/// tried again, anything else fails. \throws CancelledError
boost::asio::awaitable<LargeOutcome> outcome_of_failure(LargeUploadPtr upload, TaskGraph::Item item,
                                                        std::exception_ptr error);
/// A file that changed is looked at and hashed again, five times at most; one that is gone fails.
boost::asio::awaitable<LargeOutcome> start_over(LargeUploadPtr upload, TaskGraph::Item item,
                                                std::exception_ptr error);
/// To the next node, or done.
LargeOutcome onward(LargeUpload& upload, TaskGraph::Item item);

/// How a node goes through its batch.
struct EachOptions {
    std::size_t at_once = 1;
    /// Whether what is known now is worth a record; null: always.
    std::function<bool(const LargeFile&)> worth_saving{};
};
/// Runs `step(position in the batch)` for each; failures become outcomes, the rest goes on to its next node
/// once it is recorded.
boost::asio::awaitable<LargeOutcomes> each_item(LargeUploadPtr upload, LargeItems items,
                                                std::function<boost::asio::awaitable<void>(std::size_t)> step,
                                                EachOptions options = {});

/// The commit node.
boost::asio::awaitable<LargeOutcomes> commit_large(LargeUploadPtr upload, LargeItems items);

} // namespace hfasync::detail
