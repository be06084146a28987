// Runs the git program: the judge of the embedded Hub's object ids.
#pragma once

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace hfasync::tests {

/// A text as one word of a shell command.
inline std::string shell_quote(std::string_view text)
{
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

/// Standard output and error of `git ARGUMENTS` in a folder, with nothing of the user's configuration.
/// \throws std::runtime_error with what git said when it fails and `status` is null
inline std::string git(const std::filesystem::path& folder, const std::string& arguments,
                       const std::string& environment = {}, int* status = nullptr)
{
    const std::string command = "cd " + shell_quote(folder.string()) +
                                " && GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME=/nonexistent " +
                                environment + " git -c safe.directory='*' " + arguments + " 2>&1";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (!pipe) throw std::runtime_error("popen failed");
    std::string out;
    char buffer[4096];
    while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe))
        out.append(buffer, n);
    const int code = ::pclose(pipe);
    if (status)
        *status = code;
    else if (code != 0)
        throw std::runtime_error("git " + arguments + ": " + out);
    return out;
}

/// Without the line end.
inline std::string git_line(const std::filesystem::path& folder, const std::string& arguments,
                            const std::string& environment = {})
{
    std::string out = git(folder, arguments, environment);
    while (out.ends_with('\n'))
        out.pop_back();
    return out;
}

} // namespace hfasync::tests
