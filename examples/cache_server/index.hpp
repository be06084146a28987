// What is known about repos: where branches were seen, which blob a path of a commit is, and who is public.
#pragma once

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "options.hpp"
#include "request_target.hpp"

namespace cache_server {

/// A file of a commit. It never changes.
struct FileFacts {
    std::string commit;
    std::string
        etag; ///< SHA-256 of an LFS file (64 hex digits), git blob hash of a regular one; empty: absent
    std::uint64_t size = 0;
    bool absent() const noexcept { return etag.empty(); }
    bool is_lfs() const noexcept { return etag.size() == 64; }
    bool operator==(const FileFacts&) const = default;
};

struct SeenRef {
    std::string commit;
    Clock::time_point at; ///< when the upstream said so
};

struct SeenPublic {
    bool is_public = false;
    Clock::time_point at;
};

/// Kept in one journal a repo: a line of JSON for each thing that was learnt; the last one counts. A torn
/// line at the end is ignored. No token, and nothing made from one, comes here.
class Index {
public:
    /// Reads the journals; blocking. `stored` says which blobs are there: what is known of others is dropped.
    Index(std::filesystem::path folder, boost::asio::thread_pool& disk,
          const std::function<bool(const Repo&, const std::string& etag)>& stored);

    std::optional<SeenRef> ref(const Repo& repo, const std::string& revision) const;
    std::optional<FileFacts> file(const Repo& repo, const std::string& commit, const std::string& path) const;
    std::optional<SeenPublic> seen_public(const Repo& repo) const;

    void set_ref(const Repo& repo, const std::string& revision, const SeenRef& ref);
    void set_file(const Repo& repo, const std::string& path, const FileFacts& facts);
    void set_public(const Repo& repo, const SeenPublic& seen);

private:
    struct Known {
        std::map<std::string, SeenRef> refs;
        std::unordered_map<std::string, FileFacts> files; ///< by commit and path
        std::optional<SeenPublic> seen_public;
    };
    static bool read_line(Known& known, std::string_view line);
    void read(const std::filesystem::path& journal,
              const std::function<bool(const Repo&, const std::string&)>& stored);
    void rewrite(const Repo& repo, const Known& known) const;
    void append(const Repo& repo, std::string line);
    std::filesystem::path journal(const Repo& repo) const;

    std::filesystem::path folder_;
    boost::asio::strand<boost::asio::thread_pool::executor_type> writer_;
    std::map<Repo, Known> repos_;
    std::size_t files_ = 0;
};

} // namespace cache_server
