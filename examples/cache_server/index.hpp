// What is known about repos: where branches were seen, which blob a path of a commit is, and who is public.
#pragma once

#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "access.hpp"
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

/// A further one takes the place of the one that was not used longest.
struct IndexLimits {
    std::size_t files = 2'000'000;
    std::size_t absent = 100'000;
};

/// Kept in one journal a repo: a line of JSON for each thing that was learnt; the last one counts. A torn
/// line at the end is ignored. No token, and nothing made from one, comes here.
class Index {
public:
    /// Reads the journals; blocking. `stored` says which blobs are there: what is known of others is dropped.
    Index(std::filesystem::path folder, boost::asio::thread_pool& disk,
          const std::function<bool(const Repo&, const std::string& etag)>& stored, IndexLimits limits = {});
    Index(const Index&) = delete;

    std::optional<SeenRef> ref(const Repo& repo, const std::string& revision) const;
    /// Also an absent one, past its end too: it is the last that is known.
    std::optional<FileFacts> file(const Repo& repo, const std::string& commit, const std::string& path);
    /// An absent file whose end has passed.
    bool is_due(const Repo& repo, const std::string& commit, const std::string& path, Clock::time_point now);
    std::optional<SeenPublic> seen_public(const Repo& repo) const;

    void set_ref(const Repo& repo, const std::string& revision, const SeenRef& ref);
    void set_file(const Repo& repo, const std::string& path, const FileFacts& facts);
    /// Remembered, not written, and apart from the files: anybody can ask for any number of such names.
    void set_absent(const Repo& repo, const std::string& commit, const std::string& path,
                    Clock::time_point until);
    void set_public(const Repo& repo, const SeenPublic& seen);

private:
    struct Known;
    /// Where a file stands; both are parts of map nodes, which do not move.
    struct Use {
        Known* known;
        const std::string* key;
    };
    struct File {
        FileFacts facts;
        std::list<Use>::iterator used;
    };
    struct Known {
        const Repo* repo = nullptr;
        std::map<std::string, SeenRef> refs;
        std::unordered_map<std::string, File> files; ///< by commit and path
        std::optional<SeenPublic> seen_public;
        std::size_t lines = 0; ///< of its journal
    };
    using IsStored = std::function<bool(const std::string& etag)>;

    bool read_line(Known& known, std::string_view line, const IsStored& stored);
    void read(const std::filesystem::path& journal,
              const std::function<bool(const Repo&, const std::string&)>& stored);
    Known& known_of(const Repo& repo);
    /// False when that was known.
    bool remember(Known& known, const std::string& key, const FileFacts& facts);
    static std::string text_of(const Known& known);
    void forget(Known& known, const std::string& key);
    /// Makes room within the limit; the repo that lost a file, or null.
    Known* drop_oldest();
    void append(Known& known, std::string line);
    /// Writes the journal anew when most of it says nothing any more.
    bool tidy(Known& known);
    std::filesystem::path journal(const Repo& repo) const;

    std::filesystem::path folder_;
    boost::asio::strand<boost::asio::thread_pool::executor_type> writer_;
    IndexLimits limits_;
    std::map<Repo, Known> repos_;
    std::list<Use> order_; ///< of all files, last used first
    Remembered absent_;
};

} // namespace cache_server
