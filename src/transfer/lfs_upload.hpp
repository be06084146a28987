// LFS content to its storage: batch, PUT (whole or in parts), completion, verify.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <map>
#include <string>
#include <vector>

#include "transfer/addition.hpp"
#include "transfer/lfs_plan.hpp"
#include "transfer/upload_target.hpp"

namespace hfasync::detail {

/// What a batch call answered, and when: signed addresses expire.
struct LfsBatch {
    std::map<std::string, LfsObject> objects; ///< by oid
    Clock::Steady::time_point answered{};
};

/// POST .../info/lfs/objects/batch for hashed additions. \throws ValueError
boost::asio::awaitable<LfsBatch> lfs_batch(UploadTarget target, std::vector<AdditionPtr> additions);

/// One object of a batch answer that is to be sent.
struct LfsOrder {
    LfsObject object;
    Clock::Steady::time_point answered{};
};

/// Does what the batch answer says for one file, `at_once` parts in parallel. An expired address is asked for
/// once more. \throws the failure as it came (HubError, RuntimeError, OSError); see throw_lfs_failure
boost::asio::awaitable<void> send_lfs(UploadTarget target, AdditionPtr addition, LfsOrder order,
                                      std::size_t at_once, ByteCount on_sent = {});

/// Hashes, asks and sends in groups; `num_threads` files at once. Marks what was sent as uploaded.
/// \throws RuntimeError ("Error while uploading '...' to the Hub.") for any failed transfer; ValueError for
/// errors of the batch answer
boost::asio::awaitable<void> upload_lfs(UploadTarget target, std::vector<AdditionPtr> additions,
                                        std::size_t num_threads, ItemProgress::SharedSink progress);

/// Throws the documented RuntimeError for a failed conversation, anything else (a changed file, a cancel) as
/// it is.
[[noreturn]] void throw_lfs_failure(const std::exception_ptr& failure, const std::string& path_in_repo);

} // namespace hfasync::detail
