// hfasync is killed (SIGKILL) while it downloads, two hundred times; what is left must be good at every
// moment. ctest: label=kill timeout=240
#include "transfer/fault_fixture.hpp"

#include <algorithm>
#include <random>

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/counting_proxy.hpp"

extern char** environ;

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;

namespace {

constexpr int cycles = 200;
constexpr int patience_ms = 60'000;
/// What one body keeps in buffers of the process: DownloadPipe has six of 256 KiB, and a byte counts as lost
/// until it is written to the partial file. What the kernel holds is measured, not guessed.
constexpr std::uint64_t buffered_by_a_stream = 6 * (256u << 10);
constexpr std::uint64_t connections = 8; ///< of one large file in pieces
constexpr std::uint64_t workers = 8;     ///< files at once, of a snapshot

/// `hfasync download` as a process.
class Child {
public:
    Child(const std::vector<std::string>& words, const std::vector<std::string>& variables,
          const fs::path& output)
    {
        std::vector<std::string> texts{HFASYNC_TEST_BIN_DIR "/hfasync"};
        texts.insert(texts.end(), words.begin(), words.end());
        std::vector<std::string> all = variables;
        for (char** at = environ; *at; ++at)
            if (std::string_view(*at).substr(0, 3) != "HF_") all.emplace_back(*at);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        posix_spawn_file_actions_adddup2(&actions, 1, 2);
        const int failed = ::posix_spawn(&pid_, texts[0].c_str(), &actions, nullptr, pointers(texts).data(),
                                         pointers(all).data());
        posix_spawn_file_actions_destroy(&actions);
        BOOST_REQUIRE_MESSAGE(failed == 0, "cannot run " << texts[0]);
        exit_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
        BOOST_REQUIRE(exit_ >= 0);
    }
    Child(const Child&) = delete;
    ~Child()
    {
        if (pid_ > 0) end(SIGKILL);
        ::close(exit_);
    }
    int exit_fd() const { return exit_; }
    /// Returns once none of its threads runs.
    void stop()
    {
        ::kill(pid_, SIGSTOP);
        int status = 0;
        ::waitpid(pid_, &status, WUNTRACED);
        if (WIFEXITED(status) || WIFSIGNALED(status)) ended(status);
    }
    /// The exit status; -1 when a signal ended it.
    int end(int signal = 0)
    {
        if (pid_ > 0) {
            int status = 0;
            if (signal != 0) ::kill(pid_, signal);
            ::waitpid(pid_, &status, 0);
            ended(status);
        }
        return code_;
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& texts)
    {
        std::vector<char*> out;
        for (auto& text : texts)
            out.push_back(text.data());
        out.push_back(nullptr);
        return out;
    }
    void ended(int status)
    {
        pid_ = -1;
        code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    pid_t pid_ = -1;
    int exit_ = -1;
    int code_ = -1;
};

/// Events of a folder and all below it, as they happen.
class FolderEvents {
public:
    explicit FolderEvents(const fs::path& root) : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK))
    {
        fs::create_directories(root);
        watch(root);
    }
    FolderEvents(const FolderEvents&) = delete;
    ~FolderEvents() { ::close(fd_); }
    int fd() const { return fd_; }
    /// How many came since the last call.
    int take()
    {
        alignas(inotify_event) char buffer[64 << 10];
        int count = 0;
        for (;;) {
            const auto got = ::read(fd_, buffer, sizeof buffer);
            if (got <= 0) return count;
            for (const char* at = buffer; at < buffer + got;) {
                const auto* event = reinterpret_cast<const inotify_event*>(at);
                ++count;
                const auto folder = folders_.find(event->wd);
                if ((event->mask & IN_ISDIR) != 0 && event->len > 0 && folder != folders_.end())
                    watch(folder->second / event->name);
                at += sizeof(inotify_event) + event->len;
            }
        }
    }

private:
    void watch(const fs::path& folder)
    {
        const int wd = ::inotify_add_watch(fd_, folder.c_str(),
                                           IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_DELETE | IN_ONLYDIR);
        if (wd < 0) return; // gone again
        folders_[wd] = folder;
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(folder, ignored))
            if (entry.is_directory(ignored) && !entry.is_symlink(ignored)) watch(entry.path());
    }
    int fd_;
    std::map<int, fs::path> folders_;
};

struct KillFixture : FaultFixture {
    static constexpr std::uint64_t big_size = 12u << 20;

    KillFixture()
    {
        std::vector<std::pair<std::string, std::string>> many;
        for (std::uint32_t i = 0; i < 30; ++i)
            many.emplace_back("d" + std::to_string(i % 5) + "/f" + std::to_string(i),
                              noise(200 + i * 2000, i));
        many.emplace_back("lfs.a", noise(1'500'000, 100));
        many.emplace_back("lfs.b", noise(2'500'000, 101));
        contents["acme/many"] = many;
        contents["acme/one"] = {{"lfs.big", noise(big_size, 102)}};
        for (const auto& [repo_id, list] : contents)
            commits[repo_id] = hub.seed_repo(repo_id, list);
    }

    std::vector<std::string> words(const std::string& repo_id, bool plain) const
    {
        std::vector<std::string> out{"download", repo_id, "--quiet"};
        if (repo_id == "acme/one") out.emplace_back("lfs.big");
        if (plain) {
            out.emplace_back("--local-dir");
            out.push_back((cache() / "plain").string());
        }
        return out;
    }
    std::vector<std::string> variables() const
    {
        return {"HF_ENDPOINT=" + hub.endpoint(),
                "HF_TOKEN=" + hub.token(),
                "HF_HOME=" + (dir / "home").string(),
                "HF_HUB_CACHE=" + cache().string(),
                "HTTP_PROXY=" + proxy.url(),
                "http_proxy=" + proxy.url(),
                "NO_PROXY=",
                "no_proxy="};
    }
    fs::path cache() const { return dir / "cache"; }
    /// A record of pieces is there: several connections were at work, or had been.
    bool is_in_pieces() const
    {
        std::error_code ignored;
        for (const auto& entry : fs::recursive_directory_iterator(cache(), ignored))
            if (entry.path().filename().string().ends_with(".pieces.incomplete")) return true;
        return false;
    }
    fs::path folder_of(const std::string& repo_id) const
    {
        auto name = "models--" + repo_id;
        name.replace(name.find('/'), 1, "--");
        return cache() / name;
    }
    void check_cache(bool strict)
    {
        for (const auto& [repo_id, list] : contents)
            for (const auto& problem : CacheCheck(folder_of(repo_id), {.strict = strict}).problems())
                BOOST_ERROR(repo_id + ": " + problem);
        for (const auto& [repo_id, list] : contents)
            for (const auto& [path, text] : list)
                if (const auto at = cache() / "plain" / path; fs::exists(at))
                    BOOST_TEST((read_whole(at) == text), at);
    }
    void check_whole(const std::string& repo_id, bool plain)
    {
        const auto root = plain ? cache() / "plain" : folder_of(repo_id) / "snapshots" / commits[repo_id];
        for (const auto& [path, text] : contents[repo_id]) {
            BOOST_REQUIRE_MESSAGE(fs::exists(root / path), path);
            BOOST_TEST((read_whole(root / path) == text), path);
        }
    }

    /// One run that is killed when `bytes` have been passed on or `events` have happened. \returns its exit
    /// status when it ended before, else nullopt
    std::optional<int> run_and_kill(const std::string& repo_id, bool plain, std::uint64_t bytes, int events)
    {
        FolderEvents seen(cache());
        const int reached = ::eventfd(0, EFD_CLOEXEC);
        proxy.arm(bytes, [reached] {
            const std::uint64_t one = 1;
            (void)!::write(reached, &one, sizeof one);
        });
        std::optional<int> code;
        {
            Child child(words(repo_id, plain), variables(), dir / "output");
            for (int count = 0; count < events;) {
                pollfd fds[] = {{child.exit_fd(), POLLIN, 0}, {reached, POLLIN, 0}, {seen.fd(), POLLIN, 0}};
                BOOST_REQUIRE(::poll(fds, 3, patience_ms) > 0);
                if (fds[0].revents != 0) {
                    code = child.end();
                    break;
                }
                if (fds[1].revents != 0) break;
                count += seen.take();
            }
            if (!code) {
                child.stop();
                unread += proxy.unread();
                child.end(SIGKILL);
                ++killed;
                killed_in_pieces += is_in_pieces() ? 1u : 0u;
            }
        }
        proxy.disarm();
        ::close(reached);
        return code;
    }
    /// To the end, in peace.
    void run_whole(const std::string& repo_id, bool plain)
    {
        Child child(words(repo_id, plain), variables(), dir / "output");
        pollfd exit{child.exit_fd(), POLLIN, 0};
        BOOST_REQUIRE(::poll(&exit, 1, patience_ms) > 0);
        BOOST_TEST(child.end() == 0, read_file(dir / "output"));
        proxy.disarm();
    }

    CountingProxy proxy;
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> contents;
    std::map<std::string, std::string> commits;
    std::uint64_t unread = 0; ///< in the kernel when the processes were killed
    int killed = 0;
    std::uint64_t killed_in_pieces = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_kill_download, KillFixture)

BOOST_AUTO_TEST_CASE(two_hundred_kills_leave_a_good_cache_and_resend_only_what_was_in_flight)
{
    std::mt19937 random(20240719);
    const auto up_to = [&](std::uint64_t most) { return random() % (most + 1); };
    int rounds = 0;
    while (killed < cycles) {
        // One round: kills until a run gets through; the repos, a cache and a plain folder take turns.
        const bool many = rounds % 2 == 1, plain = rounds % 4 >= 2;
        const std::string repo_id = many ? "acme/many" : "acme/one";
        ++rounds;
        const auto passed_before = proxy.passed();
        const auto unread_before = unread;
        const auto pieces_before = killed_in_pieces;
        int kills = 0;
        std::optional<int> code;
        while (!code && killed < cycles)
            BOOST_TEST_CONTEXT("round " << rounds << ", kill " << kills << " of " << repo_id)
            {
                const bool by_event = up_to(1) == 0;
                code =
                    run_and_kill(repo_id, plain, by_event ? big_size : up_to(up_to(3) == 0 ? 1000 : 2u << 20),
                                 by_event ? static_cast<int>(up_to(60)) + 1 : 1'000'000);
                if (code) BOOST_REQUIRE_MESSAGE(*code == 0, read_file(dir / "output"));
                kills += code ? 0 : 1;
                check_cache(false);
            }
        if (!code) run_whole(repo_id, plain);
        check_cache(false); // a killed process cannot clean its temporary files up
        check_whole(repo_id, plain);

        std::uint64_t size = 0;
        for (const auto& [path, text] : contents[repo_id])
            size += text.size();
        const auto passed = proxy.passed() - passed_before;
        const auto in_kernel = unread - unread_before;
        const auto streams = static_cast<std::uint64_t>(kills) * (many ? workers : 1) +
                             (killed_in_pieces - pieces_before) * (connections - 1);
        const auto in_flight = streams * buffered_by_a_stream;
        BOOST_TEST_MESSAGE("round " << rounds << ": " << kills << " kills, " << size << " bytes, passed on "
                                    << passed << ", in the kernel " << in_kernel);
        BOOST_TEST(passed >= size);
        BOOST_TEST(passed <= size + in_kernel + in_flight);
        fs::remove_all(cache());
    }
    BOOST_TEST(killed == cycles);
    BOOST_TEST(rounds >= 4);
    BOOST_TEST_MESSAGE(killed << " kills in " << rounds << " rounds");
}

BOOST_AUTO_TEST_SUITE_END()
