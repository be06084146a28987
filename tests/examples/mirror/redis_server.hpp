// A real redis-server for one test, on a UNIX socket in a folder of its own.
#pragma once

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.hpp"

extern char** environ;

namespace hfasync::tests {

/// A child process; killed at the end of this object.
class Process {
public:
    /// `output`: where standard output and error go.
    Process(std::vector<std::string> words, const fs::path& output,
            std::vector<std::string> more_environment = {})
    {
        std::vector<char*> arguments, environment;
        for (auto& word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        for (auto& entry : more_environment)
            environment.push_back(entry.data());
        for (char** entry = environ; *entry != nullptr; ++entry)
            environment.push_back(*entry);
        environment.push_back(nullptr);
        posix_spawn_file_actions_t actions{};
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
        pid_t pid = -1;
        const int failed =
            ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environment.data());
        ::posix_spawn_file_actions_destroy(&actions);
        if (failed != 0)
            throw std::runtime_error("cannot run " + words[0] + " (scripts/setup --services installs it)");
        pid_ = pid;
    }
    Process(const Process&) = delete;
    ~Process()
    {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        wait();
    }
    /// Also from another thread; nothing when it has ended.
    void signal(int number) const
    {
        if (const pid_t pid = pid_; pid > 0) ::kill(pid, number); // -1 would be everybody
    }
    /// The exit status; -1 for a signal.
    int wait()
    {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1; // not earlier: until then the number is its own
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    bool has_ended()
    {
        siginfo_t info{};
        return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               info.si_pid == pid_;
    }

private:
    std::atomic<pid_t> pid_ = -1;
};

class RedisServer {
public:
    /// `folder`: of the socket; one of its own unless it is given.
    explicit RedisServer(std::vector<std::string> more = {}, const fs::path& folder = {})
        : folder_(folder.empty() ? own_.path() : folder),
          process_(words(folder_, std::move(more)), folder_ / "log")
    {
        if (!eventually([&] { return takes_connections() || process_.has_ended(); }) || process_.has_ended())
            throw std::runtime_error("redis-server does not start: " + content_of(folder_ / "log"));
    }
    fs::path socket() const { return folder_ / "redis.sock"; }
    std::string url() const { return "unix:" + socket().string(); }
    mirror::RedisConfig config() const
    {
        mirror::RedisConfig out;
        out.socket = socket().string();
        return out;
    }

private:
    bool takes_connections() const
    {
        asio::io_context context;
        asio::local::stream_protocol::socket client(context);
        boost::system::error_code failed;
        client.connect(asio::local::stream_protocol::endpoint(socket().string()), failed);
        return !failed;
    }
    static std::vector<std::string> words(const fs::path& folder, std::vector<std::string> more)
    {
        fs::remove(folder / "redis.sock"); // a former one's
        // Not longer than the test, also when that is killed.
        std::vector<std::string> out{"setpriv",      "--pdeathsig",
                                     "KILL",         "redis-server",
                                     "--port",       "0",
                                     "--unixsocket", (folder / "redis.sock").string(),
                                     "--dir",        folder.string(),
                                     "--appendonly", "yes",
                                     "--save",       "",
                                     "--daemonize",  "no"};
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }
    TempFolder own_;
    fs::path folder_;
    Process process_;
};

} // namespace hfasync::tests
