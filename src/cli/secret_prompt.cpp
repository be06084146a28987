#include "cli/secret_prompt.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <termios.h>
#include <unistd.h>

#include <hfasync/error.hpp>

namespace hfasync::cli {

namespace {

constexpr std::size_t most_bytes = 4096;

[[noreturn]] void throw_errno(const char* what)
{
    throw OSError(std::error_code(errno, std::generic_category()), what);
}

/// One byte; nothing at the end.
std::optional<char> read_byte()
{
    for (;;) {
        char c = 0;
        const auto got = ::read(STDIN_FILENO, &c, 1);
        if (got == 1) return c;
        if (got == 0) return std::nullopt;
        if (errno != EINTR) throw_errno("cannot read standard input");
    }
}

/// No echo, and each key as it comes: Ctrl-C is a byte too, so that the terminal is always put back as it
/// was.
class HiddenInput {
public:
    HiddenInput()
    {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0) throw_errno("cannot ask on this terminal");
        auto hidden = before_;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
        hidden.c_cc[VMIN] = 1;
        hidden.c_cc[VTIME] = 0;
        if (::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) != 0) throw_errno("cannot hide what is typed");
    }
    ~HiddenInput() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }
    HiddenInput(const HiddenInput&) = delete;

private:
    termios before_{};
};

constexpr char ctrl_c = 3, ctrl_d = 4, backspace = 8, ctrl_u = 21, del = 127;

std::optional<std::string> typed(const std::string& question)
{
    const HiddenInput hidden; // before the question: who is quick must not be seen either
    fmt::print(stderr, "{}", question);
    std::fflush(stderr);
    std::string text;
    for (;;) {
        const auto key = read_byte();
        if (!key || *key == ctrl_c || (*key == ctrl_d && text.empty())) return std::nullopt;
        if (*key == '\n' || *key == '\r' || *key == ctrl_d) return text;
        if (*key == ctrl_u)
            text.clear();
        else if (*key == backspace || *key == del)
            text.resize(text.empty() ? 0 : text.size() - 1);
        else if (text.size() < most_bytes)
            text += *key;
    }
}

} // namespace

std::optional<std::string> read_secret(const std::string& question)
{
    if (::isatty(STDIN_FILENO) == 1) {
        auto text = typed(question);
        fmt::print(stderr, "\n");
        return text;
    }
    std::string text;
    while (const auto byte = read_byte()) {
        if (text.size() == most_bytes)
            throw ValueError("What comes on standard input is too long for a token.");
        text += *byte;
    }
    return text;
}

std::string secret_of_variable(const std::string& name)
{
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0')
        throw ValueError("The environment variable " + name + " is not set; put the token into it first.");
    return value;
}

} // namespace hfasync::cli
