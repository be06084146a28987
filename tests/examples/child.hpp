// A program of this build as a child: its output, signals, and how it ends.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace hfasync::tests {

class Child {
public:
    /// Runs bin/NAME of the build; standard error is this process' own.
    Child(const std::string& name, std::vector<std::string> words)
    {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        words.insert(words.begin(), std::string(HFASYNC_TEST_BIN_DIR "/") + name);
        std::vector<char*> argv;
        for (auto& word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        const int failed = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        out_ = ends[0];
        if (failed != 0) throw std::runtime_error("cannot run " + words.front());
    }
    Child(const Child&) = delete;
    ~Child()
    {
        if (!waited_) {
            ::kill(pid_, SIGKILL);
            wait();
        }
        ::close(out_);
    }
    void signal(int number) const
    {
        if (pid_ > 0) ::kill(pid_, number); // -1 would be everybody
    }
    /// The next line of its output, or all that is left of it. Gives up after a minute.
    std::string line() { return read("\n"); }
    std::string rest() { return read(""); }
    /// Exit status; 128 and the signal that ended it.
    int wait()
    {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        waited_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    std::string read(const std::string& until)
    {
        std::string text;
        char byte = 0;
        while (until.empty() || !text.ends_with(until)) {
            pollfd waits{.fd = out_, .events = POLLIN, .revents = 0};
            if (::poll(&waits, 1, 60'000) == 0) throw std::runtime_error("the program says nothing");
            const auto got = ::read(out_, &byte, 1);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) break;
            text.push_back(byte);
        }
        return text;
    }

    pid_t pid_ = -1;
    int out_ = -1;
    bool waited_ = false;
};

} // namespace hfasync::tests
