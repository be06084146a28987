#include "cli/emulator_process.hpp"

#include <hfasync/error.hpp>
#include <hfasync/json_value.hpp>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/own_program.hpp"

extern char** environ;

namespace hfasync::cli {
namespace {

constexpr int start_limit_ms = 10'000;

} // namespace

EmulatorProcess::EmulatorProcess(const std::vector<std::string>& arguments)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw OSError(std::error_code(errno, std::generic_category()),
                      "cannot make a pipe for the embedded Hub");
    const auto program = own_program().string();
    std::vector<std::string> words{program, "emulator"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    // A group of its own: Ctrl-C reaches this program first, which then ends the Hub in order.
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const int failed = ::posix_spawn(&child_, program.c_str(), &actions, &attributes, argv.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    try {
        if (failed != 0) {
            child_ = -1;
            throw OSError(std::error_code(failed, std::generic_category()), "cannot start the embedded Hub");
        }
        const auto ready = Json::parse(read_first_line(ends[0]));
        endpoint = ready["endpoint"].as_string().value_or("");
        user = ready["user"].as_string().value_or("");
        token = ready["token"].as_string().value_or("");
        ca_file = ready["ca_file"].as_string().value_or("");
    } catch (...) {
        ::close(ends[0]);
        stop();
        throw;
    }
    ::close(ends[0]);
}

std::string EmulatorProcess::read_first_line(int fd)
{
    std::string line;
    for (;;) {
        pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&wait, 1, start_limit_ms);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0)
            throw RuntimeError(errc::runtime, "the embedded Hub did not start within ten seconds");
        char c = 0;
        if (::read(fd, &c, 1) != 1)
            throw RuntimeError(errc::runtime,
                               "the embedded Hub ended before it was ready; see its message above");
        if (c == '\n') return line;
        line += c;
    }
}

void EmulatorProcess::stop() noexcept
{
    if (child_ <= 0) return;
    ::kill(child_, SIGTERM);
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    child_ = -1;
}

EmulatorProcess::~EmulatorProcess()
{
    stop();
}

} // namespace hfasync::cli
