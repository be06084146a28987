#include "emulator/git_process.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hfasync::emulator {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr int most_programs = 4;
constexpr std::chrono::minutes longest_run{10};
constexpr std::size_t longest_header = 4096; ///< of what clients send, as far as git needs it
constexpr std::size_t cgi_header_limit = 16u << 10;

/// A place among the programs that may run at a time.
class Turn {
public:
    explicit Turn(std::atomic<int>& running) : running_(running) { taken_ = ++running_ <= most_programs; }
    ~Turn() { --running_; }
    Turn(const Turn&) = delete;
    bool taken() const noexcept { return taken_; }

private:
    std::atomic<int>& running_;
    bool taken_;
};

/// Polls: there is no portable handle to wait for a child by, and a client that leaves tells nobody.
class Waiting {
public:
    Waiting(const asio::any_io_executor& executor, Exchange& exchange) : timer_(executor), exchange_(exchange)
    {
    }
    /// A moment. \throws Disconnected when the client has gone
    asio::awaitable<void> moment()
    {
        if (!exchange_.client_waits()) throw Disconnected{};
        timer_.expires_after(pause_);
        pause_ = std::min(pause_ * 2, std::chrono::milliseconds(16));
        co_await timer_.async_wait(asio::use_awaitable);
    }

private:
    asio::steady_timer timer_;
    Exchange& exchange_;
    std::chrono::milliseconds pause_{1};
};

/// A running program and its children; killed with this.
class Child {
public:
    explicit Child(pid_t pid) : pid_(pid) {}
    ~Child()
    {
        if (pid_ <= 0) return;
        ::kill(-pid_, SIGKILL); // the group: git runs programs of its own
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    Child(const Child&) = delete;

    bool has_ended() noexcept
    {
        const pid_t got = ::waitpid(pid_, nullptr, WNOHANG);
        // Somebody else may have waited for it (ECHILD): it has ended all the same.
        if (got == pid_ || (got < 0 && errno != EINTR)) pid_ = 0;
        return pid_ == 0;
    }

private:
    pid_t pid_;
};

/// What the program may know, and nothing else: no configuration of the user, no variables of ours
/// (git finds its own programs without a PATH).
std::vector<std::string> environment(const Request& request, const GitRequest& git)
{
    std::vector<std::string> out{
        "GATEWAY_INTERFACE=CGI/1.1",
        "GIT_HTTP_EXPORT_ALL=1",
        "PATH_TRANSLATED=" + (fs::absolute(git.repo) / git.service).string(),
        "REQUEST_METHOD=" + std::string(request.method == "POST" ? "POST" : "GET"),
        "QUERY_STRING=" + std::string(request.method == "POST" ? "" : "service=git-upload-pack"),
        "CONTENT_LENGTH=" + std::to_string(git.body.size),
        "REMOTE_ADDR=127.0.0.1",
        "HOME=/nonexistent",
        "LC_ALL=C",
        "GIT_CONFIG_NOSYSTEM=1",
        "GIT_CONFIG_GLOBAL=/dev/null",
        // The data folder may belong to another user than the one who runs the Hub.
        "GIT_CONFIG_COUNT=1",
        "GIT_CONFIG_KEY_0=safe.directory",
        "GIT_CONFIG_VALUE_0=*",
    };
    const auto pass_on = [&](const char* variable, std::string_view value) {
        if (!value.empty() && value.size() <= longest_header)
            out.push_back(variable + ("=" + std::string(value)));
    };
    pass_on("CONTENT_TYPE", request.header("content-type"));
    pass_on("HTTP_CONTENT_ENCODING", request.header("content-encoding"));
    pass_on("GIT_PROTOCOL", request.header("git-protocol"));
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (auto& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

struct Redirections {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    Redirections()
    {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
    }
    ~Redirections()
    {
        ::posix_spawnattr_destroy(&attributes);
        ::posix_spawn_file_actions_destroy(&actions);
    }
    Redirections(const Redirections&) = delete;
};

pid_t spawn(const Request& request, const GitRequest& git, const Spool& out, const Spool& errors)
{
    Redirections child;
    ::posix_spawn_file_actions_adddup2(&child.actions, git.body.file.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&child.actions, out.file.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&child.actions, errors.file.get(), STDERR_FILENO);
    // A socket that lives on in the child would keep its connection from ending.
    ::posix_spawn_file_actions_addclosefrom_np(&child.actions, STDERR_FILENO + 1);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&child.attributes, &none); // the Hub's threads block some
    ::posix_spawnattr_setsigdefault(&child.attributes, &all);
    ::posix_spawnattr_setpgroup(&child.attributes, 0);
    ::posix_spawnattr_setflags(&child.attributes,
                               POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    auto variables = environment(request, git);
    std::vector<std::string> words{"git", "http-backend"};
    pid_t pid = 0;
    const int failed = ::posix_spawnp(&pid, "git", &child.actions, &child.attributes, pointers(words).data(),
                                      pointers(variables).data());
    if (failed == ENOENT)
        throw Refusal(501, "",
                      "The embedded Hub serves git with the git program, which is not installed here");
    if (failed != 0)
        throw Refusal(500, "", "The git program cannot be run: " + std::generic_category().message(failed));
    return pid;
}

std::string first_bytes(const Spool& spool, std::size_t most)
{
    std::string text(most, '\0');
    text.resize(detail::read_at(spool.file, std::as_writable_bytes(std::span(text)), 0, "git's answer"));
    return text;
}

/// CGI: lines of a header, of which "Status" is no header, an empty line, and the body.
Reply read_answer(Spool out, const Spool& errors)
{
    const std::string head = first_bytes(out, cgi_header_limit);
    const auto end = head.find("\r\n\r\n");
    if (end == std::string::npos) {
        const auto said = first_bytes(errors, 1000);
        throw Refusal(500, "", "The git program has failed: " + said.substr(0, said.find('\n')));
    }
    Reply reply;
    for (std::size_t at = 0; at < end;) {
        const auto line_end = head.find("\r\n", at);
        const std::string_view line(head.data() + at, line_end - at);
        at = line_end + 2;
        const auto colon = line.find(": ");
        if (colon == std::string_view::npos) continue;
        const auto name = line.substr(0, colon), value = line.substr(colon + 2);
        if (name == "Status")
            std::from_chars(value.data(), value.data() + value.size(), reply.status);
        else if (name != "Content-Length")
            reply.header(name, value);
    }
    struct stat status{};
    if (::fstat(out.file.get(), &status) != 0) detail::throw_errno("reading git's answer", "");
    const auto begin = end + 4;
    reply.body = FileSlice{std::make_shared<const detail::Fd>(std::move(out.file)), begin,
                           static_cast<std::uint64_t>(status.st_size) - begin};
    return reply;
}

} // namespace

Spool make_spool(const fs::path& folder)
{
    std::string name = (folder / "git-XXXXXX").string();
    Spool out{detail::Fd(::mkostemp(name.data(), O_CLOEXEC)), 0};
    if (!out.file) detail::throw_errno("making a temporary file", name);
    ::unlink(name.c_str());
    return out;
}

asio::awaitable<Reply> run_git(Call& call, GitRequest request)
{
    Waiting waiting(co_await asio::this_coro::executor, call.exchange);
    std::optional<Turn> turn(std::in_place, call.site.git_programs);
    while (!turn->taken()) {
        turn.reset();
        co_await waiting.moment();
        turn.emplace(call.site.git_programs);
    }
    Spool out = make_spool(call.site.store.data());
    const Spool errors = make_spool(call.site.store.data());
    Child child(spawn(call.request, request, out, errors));
    const auto latest = std::chrono::steady_clock::now() + longest_run;
    while (!child.has_ended()) {
        if (std::chrono::steady_clock::now() > latest)
            throw Refusal(500, "", "The git program took too long and was stopped");
        co_await waiting.moment();
    }
    co_return read_answer(std::move(out), errors);
}

} // namespace hfasync::emulator
