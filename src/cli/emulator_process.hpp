// The embedded Hub in a process of its own, so that a program's figures are the client's alone.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace hfasync::cli {

/// Runs this program's `emulator` subcommand; ends it in the destructor.
class EmulatorProcess {
public:
    /// \throws RuntimeError when it does not start within ten seconds
    explicit EmulatorProcess(const std::vector<std::string>& arguments);
    ~EmulatorProcess();
    EmulatorProcess(const EmulatorProcess&) = delete;

    std::string endpoint;
    std::string user;
    std::string token;
    std::filesystem::path ca_file;

private:
    void stop() noexcept;
    std::string read_first_line(int fd);
    pid_t child_ = -1;
};

} // namespace hfasync::cli
