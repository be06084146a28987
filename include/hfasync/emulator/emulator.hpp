// The embedded Hub: a Hub on loopback for tests, demos and benchmarks.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hfasync/repo_id.hpp>

namespace hfasync::emulator {

/// A user of the embedded Hub, or an organisation.
struct Account {
    std::string name;
    std::string full_name;
    std::string email;
    bool is_organization = false;
    bool is_pro = false;
    struct AccessToken {
        std::string token;
        std::string name = "default";
        std::string role = "write"; ///< read, write, fineGrained
    };
    std::vector<AccessToken> tokens;
    struct Membership {
        std::string organization;
        std::string role = "admin"; ///< admin, write, contributor, read
    };
    std::vector<Membership> memberships;
    std::string details = {};                ///< what the profile says
    std::vector<std::string> following = {}; ///< names of users
};

/// A paper that the embedded Hub knows.
struct Paper {
    std::string id; ///< as arXiv has it: "2407.21783", "hep-th/9711200"
    std::string title;
    std::string summary = {};
    struct Author {
        std::string name;
        std::string user = {}; ///< account that has claimed it
    };
    std::vector<Author> authors = {};
    std::chrono::system_clock::time_point published_at = {};
    std::optional<std::chrono::system_clock::time_point> submitted_at = {}; ///< as one of the day's papers
    std::string submitted_by = {};                                          ///< account
    std::uint64_t upvotes = 0;
    std::vector<std::string> comments = {}; ///< texts
    std::string source = {};
};

/// What a fault does once its rule matches.
enum class FaultAction {
    reset,        ///< RST after `at` bytes of the response body (of the request body for `upload` rules)
    close,        ///< clean FIN there
    stall,        ///< sends nothing more, keeps the connection open
    drip,         ///< one byte every `delay`
    short_body,   ///< announces the full length, ends cleanly after `at` bytes
    long_body,    ///< sends more bytes than announced (chunked or close-delimited)
    bad_range,    ///< 206 with a wrong Content-Range start
    ignore_range, ///< 200 with the whole body for a ranged request
    flip_bit,     ///< flips one bit of the body at `at`
    status,       ///< answers `status` with `headers` and `body` instead
    garbage,      ///< bytes that are not HTTP
    lose_reply,   ///< does the work, then resets before the answer
    late_status,  ///< does the work, then answers `status` with `headers` and `body` instead
    redirect,     ///< 302 to `headers`' Location
    delay,        ///< waits `delay` before the answer
};

/// One line of the fault script: the first rule that matches and has not run out is played.
struct FaultRule {
    std::string method; ///< empty: any
    std::string path;   ///< fnmatch pattern of the path; '*' matches '/'
    std::string origin; ///< "hub", "storage" or empty for both
    int skip = 0;       ///< matching requests that pass first
    int times = 1;      ///< how often it is played; -1: for ever
    FaultAction action = FaultAction::reset;
    std::uint64_t at = 0; ///< byte offset in the body
    std::chrono::milliseconds delay{0};
    int status = 503;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool upload = false; ///< `at` counts bytes of the request's body
};

/// A request that the embedded Hub has answered.
struct SeenRequest {
    std::string origin; ///< "hub" or "storage"
    std::string method;
    std::string target; ///< as sent
    std::vector<std::pair<std::string, std::string>> headers;
    int status = 0;
    std::uint64_t body_bytes = 0; ///< received
    std::uint64_t sent_bytes = 0; ///< of the answer's body; 0 when the client went away meanwhile
};

/// Options of an Emulator; the defaults suit a test.
struct Options {
    std::uint16_t port = 0; ///< 0: any free one
    std::uint16_t storage_port = 0;
    bool tls = false;           ///< with a throwaway CA, see Emulator::ca_file()
    std::filesystem::path data; ///< empty: a temporary folder, removed at the end; else kept across restarts
    std::vector<Account>
        accounts; ///< empty: user "hfasync" (token in Emulator::token()) in organisation "acme"
    std::vector<Paper> papers;
    std::optional<std::string> storage_url; ///< LFS actions point there; objects sent there are not checked
    bool control_route = false; ///< GET, POST, DELETE of /__emulator/faults, GET, DELETE of .../requests
    std::uint64_t lfs_threshold = 10u
                                  << 20; ///< files from this size on, and those .gitattributes names, are LFS
    std::uint64_t multipart_threshold = 64u << 20; ///< LFS objects above it are uploaded in parts
    std::uint64_t part_size = 16u << 20;
    std::size_t page_size = 1000; ///< entries per page of trees, listings and users
    std::chrono::seconds signed_url_lifetime{3600};
    std::size_t threads = 1;
    std::function<std::chrono::system_clock::time_point()> clock; ///< null: the system's
    /// Called with each request as it is recorded, on a thread of the server: the work is done (or a fault
    /// has stopped it), the answer is not sent yet.
    std::function<void(const SeenRequest&)> on_request;
};

/// A running embedded Hub: starts in the constructor (its own threads, 127.0.0.1), stops in the destructor.
///
///     hfasync::emulator::Emulator hub;
///     hub.seed_repo("acme/tiny", "path/to/folder");
///     hfasync::Hub client({.endpoint = hub.endpoint(), .token = hub.token()});
class Emulator {
public:
    explicit Emulator(Options options = {});
    ~Emulator();
    Emulator(const Emulator&) = delete;

    const std::string& endpoint() const noexcept;         ///< http(s)://127.0.0.1:PORT
    const std::string& storage_endpoint() const noexcept; ///< http(s)://localhost:PORT, another origin
    /// Base URL of the API of Inference Endpoints: HubOptions::inference_endpoints_url.
    std::string inference_endpoints_url() const;
    const std::string& user() const noexcept; ///< of the first account
    const std::string& token() const noexcept;
    /// PEM of the throwaway CA; empty without TLS.
    const std::filesystem::path& ca_file() const noexcept;

    /// Makes a repo with one commit from the files of a folder; `.git` and `.cache/huggingface` are left out.
    /// \returns the commit hash
    /// \throws ValueError when the repo exists (Options::data), and for ids and paths that the Hub refuses;
    /// NotADirectoryError, std::filesystem::filesystem_error
    std::string seed_repo(std::string_view repo_id, const std::filesystem::path& folder,
                          RepoType type = RepoType::model);
    /// The same from memory: pairs of path and content.
    std::string seed_repo(std::string_view repo_id,
                          const std::vector<std::pair<std::string, std::string>>& files,
                          RepoType type = RepoType::model);
    /// For literal lists, where one pair could also be read as the two ends of a path.
    std::string seed_repo(std::string_view repo_id,
                          std::initializer_list<std::pair<std::string, std::string>> files,
                          RepoType type = RepoType::model)
    {
        return seed_repo(repo_id, std::vector<std::pair<std::string, std::string>>(files), type);
    }

    /// Whether a repo has this id, or had it before it was renamed.
    bool has_repo(std::string_view repo_id, RepoType type = RepoType::model) const;

    /// \throws ValueError for a rule that can never be played, and for invalid headers
    void add_fault(FaultRule rule);
    void clear_faults();
    /// Requests since the start or the last call of forget_requests(). Waits at most a second for answers
    /// under way to be counted. \remark Not for Options::on_request, which runs on a thread that these
    /// answers need.
    std::vector<SeenRequest> requests() const;
    void forget_requests();

    /// The objects of the repo as a bare git repository for the git program (tests of object ids).
    std::filesystem::path export_git(std::string_view repo_id, const std::filesystem::path& into,
                                     RepoType type = RepoType::model) const;
    /// Blocks until stop() is called from another thread; installs no signal handlers.
    void wait();
    void stop();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace hfasync::emulator
