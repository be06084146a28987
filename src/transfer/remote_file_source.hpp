// Where the bytes of a remote file come from, and one run of them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/common/call.hpp"
#include "api/common/file_metadata.hpp"
#include "policy/range_plan.hpp"

namespace hfasync::detail {

/// Which file; arguments of a call, not yet checked.
struct RemoteFileQuery {
    HubPtr hub;
    std::string repo_id;
    std::string filename;
    std::optional<std::string> subfolder, repo_type, revision;
    std::optional<std::map<std::string, std::string>> proxies;
    std::optional<double> etag_timeout;
    Token token;
};

/// A file at a commit. Shared by the reads of it; thread-safe.
class RemoteSource {
public:
    /// One HEAD. \throws as documented for open_file
    static boost::asio::awaitable<std::shared_ptr<RemoteSource>> find(RemoteFileQuery query);

    const HubPtr& hub() const noexcept { return hub_; }
    const std::string& path() const noexcept { return path_; }
    const std::string& commit() const noexcept { return commit_; }
    const std::string& etag() const noexcept { return etag_; }
    std::uint64_t size() const noexcept { return size_; }
    /// For messages: "config.json of model acme/tiny".
    std::string shown() const;
    const http::ErrorScope& scope() const noexcept { return scope_; }

    /// A GET of these bytes, from where they were found last.
    http::Request request(std::uint64_t first, std::uint64_t last) const;
    /// Whether an answer came from where signed URLs lead, not from the Hub.
    bool is_storage(const http::Response& response) const;
    /// Notes where the answer came from. \throws FileModified when it is of another file
    void accept(const http::Response& response);
    /// Asks the Hub for a new URL. \throws FileModified
    boost::asio::awaitable<void> renew();
    [[noreturn]] void throw_modified() const;

private:
    explicit RemoteSource(RemoteFileQuery& query);
    void set(const FileHead& head, http::Url pinned);
    boost::asio::awaitable<FileHead> head(http::Url url) const;

    HubPtr hub_;
    Token token_;
    std::optional<ProxyOptions> proxy_;
    std::optional<std::chrono::duration<double>> etag_timeout_;
    http::ErrorScope scope_;
    std::string path_, commit_, etag_;
    std::uint64_t size_ = 0;
    http::Url resolve_url_; ///< of the Hub, with the commit

    mutable std::mutex mutex_;
    http::Url url_;         ///< what is asked: the storage's, or resolve_url_
    std::string validator_; ///< ETag header of the last answer, when it is a strong one
    std::string validator_origin_;
};

/// The bytes [first, end) of a file in order, over as many connections as it takes. For one coroutine at a
/// time; dropped before its end it closes its connection.
class RangeBody {
public:
    /// end <= source->size()
    RangeBody(std::shared_ptr<RemoteSource> source, std::uint64_t first, std::uint64_t end);
    std::uint64_t offset() const noexcept { return offset_; }
    bool finished() const noexcept { return offset_ == end_; }

    /// At least one byte; 0 at the end only.
    boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer into);
    /// As many as fit or are left.
    boost::asio::awaitable<std::size_t> read_full(boost::asio::mutable_buffer into);

private:
    boost::asio::awaitable<bool> ask();
    bool begin_whole(const http::Response& response);
    bool begin_part(const http::Response& response);
    boost::asio::awaitable<void> refuse(http::Response response);
    boost::asio::awaitable<std::size_t> read_body(boost::asio::mutable_buffer into);
    boost::asio::awaitable<void> skip();
    boost::asio::awaitable<void> expect_end();
    boost::asio::awaitable<void> wait_before_resume(std::exception_ptr broken);
    [[noreturn]] void throw_wrong_length(std::uint64_t wanted, std::uint64_t announced) const;

    std::shared_ptr<RemoteSource> source_;
    std::uint64_t offset_, end_;
    std::optional<http::Response> response_;
    std::uint64_t skip_ = 0;     ///< bytes of the body that stand before offset_
    std::uint64_t body_end_ = 0; ///< where this body ends; end_ or before
    bool bad_range_ = false;     ///< one unusable range was answered
    std::exception_ptr refused_; ///< by the storage, since the last byte
    std::uint64_t resumed_at_;   ///< offset of the last resume
    ResumePatience patience_;
};

} // namespace hfasync::detail
