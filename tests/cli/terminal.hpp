// A program on a terminal of a given size: tmux runs it and says what is on the screen.
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "cli/program_fixture.hpp"

namespace hfasync::tests {

class Terminal {
public:
    /// Runs the lines of `script` with sh; behind them the screen says "[exit N]". `folder` is for what tmux
    /// needs.
    Terminal(const std::filesystem::path& folder, unsigned columns, unsigned rows, const std::string& script)
        : tmux_("env -u TMUX LC_ALL=C.UTF-8 tmux -u -S " + (folder / next_socket()).string() + " -f " +
                (folder / "tmux.conf").string())
    {
        write(folder / "tmux.conf", "set -g status off\nset -g default-terminal screen\n");
        // `read` keeps the pane: what was printed last stays to be looked at.
        // Ctrl-C is for the program that runs, and not for this shell.
        write(folder / "script.sh", "trap : INT\n" + script + "\necho \"[exit $?]\"\nread -r wait\n");
        call(" new-session -d -x " + std::to_string(columns) + " -y " + std::to_string(rows) + " sh " +
             (folder / "script.sh").string());
    }
    ~Terminal() { std::system((tmux_ + " kill-server 2>/dev/null").c_str()); }
    Terminal(const Terminal&) = delete;

    /// Text as it is, or the name of a key: "Enter", "C-c".
    void type(const std::string& text) const { call(" send-keys -l '" + text + "'"); }
    void key(const std::string& name) const { call(" send-keys " + name); }

    /// What is on the screen now, without blanks at the ends of lines and without empty lines at its end.
    std::string screen() const
    {
        std::string text, trimmed;
        std::FILE* out = ::popen((tmux_ + " capture-pane -p").c_str(), "r");
        if (!out) throw std::runtime_error("tmux");
        char part[4096];
        while (const auto got = std::fread(part, 1, sizeof part, out))
            text.append(part, got);
        ::pclose(out);
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            line.erase(line.find_last_not_of(' ') + 1);
            trimmed += line + "\n";
        }
        while (trimmed.ends_with("\n\n") || trimmed == "\n")
            trimmed.pop_back();
        return trimmed;
    }

    /// The first screen that `is_there` accepts, or the one after a minute.
    std::string wait(const std::function<bool(const std::string&)>& is_there) const
    {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        auto text = screen();
        while (!is_there(text) && std::chrono::steady_clock::now() < limit) {
            std::this_thread::sleep_for(
                std::chrono::milliseconds(20)); // between two looks; nothing depends on it
            text = screen();
        }
        return text;
    }
    std::string wait(const std::string& part) const
    {
        return wait([&](const std::string& text) { return contains(text, part); });
    }

private:
    /// A server that ends still answers for a moment: none is asked twice.
    static std::string next_socket()
    {
        static int count = 0;
        return "tmux" + std::to_string(++count);
    }
    void call(const std::string& arguments) const
    {
        if (std::system((tmux_ + arguments).c_str()) != 0) throw std::runtime_error("tmux" + arguments);
    }

    std::string tmux_;
};

} // namespace hfasync::tests
