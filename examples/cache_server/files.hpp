// /resolve/: files, from the disk where the caller may have them.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "access.hpp"
#include "byte_range.hpp"
#include "index.hpp"
#include "openness.hpp"
#include "reply.hpp"
#include "request_target.hpp"
#include "store.hpp"
#include "transfer.hpp"
#include "upstream.hpp"

namespace cache_server {

struct FileRequest {
    FileTarget target;
    Caller caller;
    bool head = false;
    std::string range, if_range, if_none_match;
};

class Files {
public:
    Files(const asio::any_io_executor& executor, const Options& options, Upstream& upstream,
          Openness& openness, Index& index, Access& access, Store& store, Metrics& metrics)
        : executor_(executor), options_(options), upstream_(upstream), openness_(openness), index_(index),
          access_(access), store_(store), metrics_(metrics), ended_(executor)
    {
    }
    /// \throws hfasync's errors
    asio::awaitable<Reply> answer(FileRequest request);

    /// Ends the transfers and waits for them.
    asio::awaitable<void> stop();
    static std::string key(const Repo& repo, const std::string& etag);

private:
    struct Located {
        FileFacts facts;
        hfasync::Token token; ///< to ask the upstream for the bytes
        bool stale = false;
    };
    asio::awaitable<Located> locate(FileTarget target, Caller caller);
    asio::awaitable<Located> locate_once(FileTarget target, Caller caller, bool is_public);
    /// The commit that the revision is, or was seen at lately.
    std::optional<std::string> commit_now(const FileTarget& target) const;
    std::optional<FileFacts> last_known(const FileTarget& target) const;

    asio::awaitable<Reply> content(FileTarget target, Located located, ByteRange range);
    /// Null when the file is not fetched as a whole.
    asio::awaitable<std::unique_ptr<Body>> arriving(FileTarget target, Located located, ByteRange range);
    asio::awaitable<std::unique_ptr<Body>> passing(FileTarget target, Located located, ByteRange range);
    std::shared_ptr<Transfer> start(const FileTarget& target, const Located& located);
    /// Notes that a part of a large cold file passes through; begins a transfer of all of it when this client
    /// (or another) fetches it in parts.
    void count_part(const FileTarget& target, const Located& located, const ByteRange& range);

    asio::any_io_executor executor_;
    const Options& options_;
    Upstream& upstream_;
    Openness& openness_;
    Index& index_;
    Access& access_;
    Store& store_;
    Metrics& metrics_;
    std::map<std::string, std::shared_ptr<Transfer>> transfers_;
    struct Parts {
        unsigned count = 0;
        std::uint64_t bytes = 0;
    };
    std::map<std::string, Parts> parts_;             ///< of cold files, asked for so far
    std::set<std::shared_ptr<Transfer>> background_; ///< transfers that nobody waited for when they began
    Signal ended_;
};

} // namespace cache_server
