// `hfasync watch` as a user runs it: a child process, lines, signals, exit codes.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hfasync/emulator/emulator.hpp>
#include <hfasync/hfasync.hpp>

#include "support/temp_folder.hpp"

extern char** environ;

namespace fs = std::filesystem;
using namespace hfasync;

namespace {

/// The reading end of a pipe from a child.
class Lines {
public:
    Lines()
    {
        if (::pipe2(ends_, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    }
    ~Lines()
    {
        close_writer();
        ::close(ends_[0]);
    }
    Lines(const Lines&) = delete;
    int writer() const { return ends_[1]; }
    void close_writer()
    {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }
    /// The next line; empty at the end.
    std::string next()
    {
        for (;;) {
            if (const auto end = text_.find('\n'); end != std::string::npos) {
                const auto line = text_.substr(0, end);
                text_.erase(0, end + 1);
                return line;
            }
            if (!read_more()) return std::exchange(text_, {});
        }
    }
    /// The first line from here on that has `part` in it.
    std::string next_with(const std::string& part)
    {
        for (auto line = next(); !line.empty(); line = next())
            if (line.find(part) != std::string::npos) return line;
        throw std::runtime_error("the program never said: " + part);
    }

private:
    bool read_more()
    {
        constexpr int most_ms = 60'000;
        pollfd wanted{.fd = ends_[0], .events = POLLIN, .revents = 0};
        if (::poll(&wanted, 1, most_ms) <= 0) throw std::runtime_error("the program says nothing");
        char buffer[4096];
        const auto n = ::read(ends_[0], buffer, sizeof buffer);
        if (n > 0) text_.append(buffer, static_cast<std::size_t>(n));
        return n > 0;
    }
    int ends_[2] = {-1, -1};
    std::string text_;
};

class Child {
public:
    Child(std::vector<std::string> words, std::vector<std::string> environment)
    {
        posix_spawn_file_actions_t actions{};
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, out.writer(), 1);
        ::posix_spawn_file_actions_adddup2(&actions, err.writer(), 2);
        const auto pointers = [](std::vector<std::string>& texts) {
            std::vector<char*> list;
            for (auto& text : texts)
                list.push_back(text.data());
            list.push_back(nullptr);
            return list;
        };
        const auto failed = ::posix_spawn(&pid_, words.front().c_str(), &actions, nullptr,
                                          pointers(words).data(), pointers(environment).data());
        ::posix_spawn_file_actions_destroy(&actions);
        if (failed != 0) throw std::runtime_error("the program does not start");
        out.close_writer();
        err.close_writer();
    }
    ~Child()
    {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            wait();
        }
    }
    Child(const Child&) = delete;
    void signal(int number) const
    {
        if (pid_ > 0) ::kill(pid_, number); // -1 would be everybody
    }
    /// The exit code; -1 for a signal.
    int wait()
    {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    Lines out;
    Lines err;

private:
    pid_t pid_ = -1;
};

struct Fixture {
    std::unique_ptr<Child> watch(const std::vector<std::string>& more = {}, const std::string& token = {})
    {
        std::vector<std::string> words{HFASYNC_TEST_BIN_DIR "/hfasync", "watch", folder().string(),
                                       "acme/logs"};
        words.insert(words.end(), more.begin(), more.end());
        std::vector<std::string> environment{"HFASYNC_MAX_RETRIES=0", "HF_ENDPOINT=" + hub.endpoint(),
                                             "HF_TOKEN=" + (token.empty() ? hub.token() : token),
                                             "HF_HOME=" + (home.path() / "hf").string()};
        for (char** entry = environ; *entry; ++entry) // what a sanitizer may need
            if (std::string(*entry).find("SAN_") != std::string::npos) environment.emplace_back(*entry);
        return std::make_unique<Child>(std::move(words), std::move(environment));
    }
    fs::path folder() const { return home.path() / "folder"; }
    void write(const std::string& name, const std::string& text) const
    {
        fs::create_directories(folder());
        std::ofstream(folder() / name, std::ios::binary) << text;
    }
    std::vector<std::string> files()
    {
        HubOptions options;
        options.endpoint = hub.endpoint();
        options.token = hub.token();
        Hub client(std::move(options));
        auto names = client.block_on(HfApi(client).list_repo_files("acme/logs").collect());
        std::sort(names.begin(), names.end());
        std::erase(names, ".gitattributes");
        return names;
    }
    std::size_t commits() const
    {
        std::size_t n = 0;
        for (const auto& request : hub.requests())
            if (request.method == "POST" && request.target.find("/commit/") != std::string::npos) ++n;
        return n;
    }

    emulator::Emulator hub;
    tests::TempFolder home;
};

using Names = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_watch, Fixture)

BOOST_AUTO_TEST_CASE(a_line_a_push_and_a_last_one_at_the_end)
{
    write("a", "12345");
    const auto child = watch({"--every", "60"});
    const auto first = child->out.next();
    BOOST_TEST(first.starts_with(hub.endpoint() + "/acme/logs/commit/"), first);
    BOOST_TEST(first.ends_with(": 1 file, 5 B"), first);
    write("b", "2");
    write("c", "3");
    child->signal(SIGUSR1);
    BOOST_TEST(child->out.next().find(": 2 files, 2 B") != std::string::npos);
    write("d", "4");
    child->signal(SIGTERM);
    BOOST_TEST(child->out.next().find(": 1 file, 1 B") != std::string::npos);
    BOOST_TEST(child->wait() == 0);
    BOOST_CHECK(files() == (Names{"a", "b", "c", "d"}));
}

BOOST_AUTO_TEST_CASE(a_second_interrupt_leaves_at_once)
{
    write("a", "1");
    hub.add_fault(
        {.method = "POST", .path = "*/commit/*", .times = -1, .action = emulator::FaultAction::stall});
    const auto child = watch();
    child->err.next_with("SIGUSR1 pushes at once");
    child->signal(SIGINT);
    child->err.next_with("one last push");
    child->signal(SIGINT);
    BOOST_TEST(child->err.next_with("stopped.").find("hfasync watch") != std::string::npos);
    BOOST_TEST(child->wait() == 130);
}

BOOST_AUTO_TEST_CASE(a_last_push_that_fails_is_exit_1)
{
    hub.add_fault({.method = "POST",
                   .path = "*/commit/*",
                   .times = -1,
                   .action = emulator::FaultAction::status,
                   .status = 503});
    const auto child = watch();
    child->err.next_with("SIGUSR1 pushes at once");
    write("a", "1");
    child->signal(SIGTERM);
    const auto line = child->err.next_with("503");
    BOOST_TEST(line.find(hub.token()) == std::string::npos);
    BOOST_TEST(child->wait() == 1);
}

BOOST_AUTO_TEST_CASE(after_a_kill_the_next_start_sends_only_what_is_new)
{
    write("a", "1");
    {
        const auto child = watch();
        BOOST_TEST(!child->out.next().empty());
        child->signal(SIGKILL);
        BOOST_TEST(child->wait() == -1);
    }
    BOOST_TEST(commits() == 1u);
    {
        const auto child = watch({"--once"});
        BOOST_TEST(child->wait() == 0);
        BOOST_TEST(child->out.next() == "");
    }
    BOOST_TEST(commits() == 1u);
    write("b", "2");
    const auto child = watch({"--once", "--path-in-repo", "sub", "--include", "b"});
    BOOST_TEST(child->out.next().ends_with(": 1 file, 1 B"));
    BOOST_TEST(child->wait() == 0);
    BOOST_CHECK(files() == (Names{"a", "sub/b"}));
}

BOOST_AUTO_TEST_CASE(what_cannot_work_is_said_in_one_line)
{
    auto child = watch({"--every", "0"});
    BOOST_TEST(child->err.next().find("'every' must be a positive number") != std::string::npos);
    BOOST_TEST(child->wait() == 1);
    child = watch({}, "hf_wrong");
    const auto line = child->err.next_with("401");
    BOOST_TEST(line.find("hf_wrong") == std::string::npos);
    BOOST_TEST(child->wait() == 1);
    BOOST_TEST(watch({"--nonsense"})->wait() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
