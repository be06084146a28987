#include "cli/own_program.hpp"

#include <system_error>

#include <hfasync/error.hpp>

namespace hfasync::cli {

std::filesystem::path own_program()
{
    std::error_code error;
    auto path = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) throw OSError(error, "cannot find this program's own file: " + error.message());
    return path;
}

} // namespace hfasync::cli
