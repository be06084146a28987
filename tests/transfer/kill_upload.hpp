// hfasync upload-large-folder as a child that is killed at an event, and what a watcher sees of it.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <hfasync/emulator/emulator.hpp>

namespace hfasync::tests {

enum class Stage { hash, mode, lfs, commit };

/// A request at which the child is killed: the embedded Hub holds it there.
struct Trap {
    Stage stage;
    std::string method;
    std::string part;    ///< of the target
    std::string pattern; ///< of the path, for the fault script
    int skip = 0;
    std::optional<std::uint64_t>
        at{}; ///< byte of the request's body; nullopt: its work is done, the answer held

    emulator::FaultRule rule() const
    {
        return {.method = method,
                .path = pattern,
                .skip = skip,
                .action = emulator::FaultAction::stall,
                .at = at.value_or(0),
                .upload = at.has_value()};
    }
};

/// Traps of one run; told of each request on the server's thread.
class Traps {
public:
    Traps() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    Traps(const Traps&) = delete;
    ~Traps() { ::close(event_); }

    void set(std::vector<Trap> traps)
    {
        const std::lock_guard lock(mutex_);
        traps_ = std::move(traps);
        sprung_.reset();
        std::uint64_t waste = 0;
        [[maybe_unused]] const auto n = ::read(event_, &waste, sizeof waste);
    }
    void operator()(const emulator::SeenRequest& request)
    {
        const std::lock_guard lock(mutex_);
        for (auto& trap : traps_) {
            if (sprung_ || request.method != trap.method ||
                request.target.find(trap.part) == std::string::npos || trap.skip-- > 0)
                continue;
            sprung_ = trap.stage;
            const std::uint64_t one = 1;
            [[maybe_unused]] const auto n = ::write(event_, &one, sizeof one);
        }
    }
    int event() const { return event_; }
    std::optional<Stage> sprung() const
    {
        const std::lock_guard lock(mutex_);
        return sprung_;
    }

private:
    int event_;
    mutable std::mutex mutex_;
    std::vector<Trap> traps_;
    std::optional<Stage> sprung_;
};

/// Which files of some folders are read, by anybody.
class Reads {
public:
    Reads(const std::filesystem::path& root, const std::vector<std::string>& folders)
        : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
    {
        for (const auto& folder : folders) {
            const int watch = ::inotify_add_watch(fd_, (root / folder).c_str(), IN_ACCESS);
            if (watch < 0) throw std::runtime_error("inotify cannot watch " + folder);
            names_[watch] = folder;
        }
    }
    Reads(const Reads&) = delete;
    ~Reads() { ::close(fd_); }

    int fd() const { return fd_; }
    /// Takes what has happened since the last call; returns how many reads those were.
    std::size_t take(std::set<std::string>& files)
    {
        alignas(inotify_event) std::array<char, 16'384> buffer;
        std::size_t reads = 0;
        for (;;) {
            const auto got = ::read(fd_, buffer.data(), buffer.size());
            if (got <= 0) return reads;
            for (const char* at = buffer.data(); at < buffer.data() + got;) {
                const auto* event = reinterpret_cast<const inotify_event*>(at);
                at += sizeof(inotify_event) + event->len;
                if (event->len == 0 || (event->mask & IN_ISDIR)) continue;
                files.insert(names_.at(event->wd) + "/" + event->name);
                ++reads;
            }
        }
    }

private:
    int fd_;
    std::map<int, std::string> names_;
};

/// A process whose end is seen as the end of its output.
class Child {
public:
    Child(std::vector<std::string> words, std::vector<std::string> environment)
    {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
        const auto pointers = [](std::vector<std::string>& texts) {
            std::vector<char*> out;
            for (auto& text : texts)
                out.push_back(text.data());
            out.push_back(nullptr);
            return out;
        };
        const int failed = ::posix_spawn(&pid_, words[0].c_str(), &actions, nullptr, pointers(words).data(),
                                         pointers(environment).data());
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        output_ = ends[0];
        if (failed != 0) {
            ::close(output_);
            throw std::runtime_error("cannot run " + words[0]);
        }
    }
    Child(const Child&) = delete;
    ~Child()
    {
        kill();
        if (pid_ > 0) wait();
        ::close(output_);
    }
    int output() const { return output_; }
    /// False when all of it has been read: the child has ended.
    bool read_output()
    {
        std::array<char, 4096> some;
        const auto got = ::read(output_, some.data(), some.size());
        if (got > 0) text_.append(some.data(), static_cast<std::size_t>(got));
        return got > 0;
    }
    void kill()
    {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
    }
    /// As waitpid() has it.
    int wait()
    {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return status;
    }
    const std::string& text() const { return text_; }

private:
    pid_t pid_ = -1;
    int output_ = -1;
    std::string text_;
};

} // namespace hfasync::tests
