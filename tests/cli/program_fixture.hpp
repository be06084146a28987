// The program run by a shell against an embedded Hub, with a home of its own.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include <sys/wait.h>

#include <hfasync/emulator/emulator.hpp>

#include "support/temp_folder.hpp"

namespace hfasync::tests {

inline const std::string program = HFASYNC_TEST_BIN_DIR "/hfasync";

inline std::string content_of(const std::filesystem::path& path)
{
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

inline void write(const std::filesystem::path& path, const std::string& content)
{
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

inline std::size_t lines(const std::string& text)
{
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

inline bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

struct Run {
    int status = -1;
    std::string out;
    std::string err;
};

/// A Hub, a home of its own, and a shell that knows both.
struct ProgramFixture {
    explicit ProgramFixture(emulator::Options options = {}) : hub(std::move(options)) {}

    Run run(const std::string& arguments, const std::string& more_environment = {},
            const std::string& input = "/dev/null")
    {
        return shell(program + " " + arguments, more_environment, input);
    }
    /// `words` begin with a program: they come behind `timeout`.
    Run shell(const std::string& words, const std::string& more_environment = {},
              const std::string& input = "/dev/null")
    {
        const auto out = home.path() / "out";
        const auto err = home.path() / "err";
        const auto command = "env -u HF_HUB_OFFLINE HFASYNC_MAX_RETRIES=0 HF_ENDPOINT=" + hub.endpoint() +
                             " HF_TOKEN=" + hub.token() + " HF_HOME=" + hf_home().string() + " " +
                             more_environment + " timeout 60 " + words + " >" + out.string() + " 2>" +
                             err.string() + " <" + input;
        const int status = std::system(command.c_str());
        return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                .out = content_of(out),
                .err = content_of(err)};
    }
    std::filesystem::path hf_home() const { return home.path() / "hf"; }

    emulator::Emulator hub;
    TempFolder home;
};

} // namespace hfasync::tests
