#include "transfer/disk_space.hpp"

#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"
#include "base/os.hpp"

namespace hfasync::detail {

namespace {

std::string megabytes(std::uint64_t bytes)
{
    return fmt::format("{:.2f} MB", static_cast<double>(bytes) / 1e6);
}

bool is_full(const std::error_code& code)
{
    return code.category() == std::generic_category() && (code.value() == ENOSPC || code.value() == EDQUOT);
}

} // namespace

std::optional<std::string> space_warning(std::uint64_t need, std::uint64_t free,
                                         const std::filesystem::path& folder, const std::string& what)
{
    if (need <= free) return std::nullopt;
    return fmt::format("Not enough free disk space to download {}: {} are needed, but {} has only {} free.",
                       printable(what), megabytes(need), printable(folder.string()), megabytes(free));
}

std::optional<std::string> check_space(std::uint64_t need, const std::filesystem::path& folder,
                                       const std::string& what) noexcept
{
    try {
        return space_warning(need, free_space(folder), folder, what);
    } catch (const std::exception&) { // the download itself will tell
        return std::nullopt;
    }
}

std::exception_ptr explain_full_disk(std::exception_ptr failure, const std::string& file, std::uint64_t need,
                                     const std::filesystem::path& folder) noexcept
{
    try {
        std::rethrow_exception(failure);
    } catch (const OSError& error) {
        if (!is_full(error.os_code())) return failure;
        std::uint64_t left = 0;
        try {
            left = free_space(folder);
        } catch (const std::exception&) { // then it is 0 in the message
        }
        auto context = error.context();
        context.path = printable(file);
        context.hint = "Free space or choose another folder, then call again to go on";
        return std::make_exception_ptr(OSError(
            error.os_code(),
            fmt::format(
                "No space left for {}: it has {} bytes ({}) and {} has {} free. What has arrived is kept",
                context.path, need, megabytes(need), printable(folder.string()), megabytes(left)),
            std::move(context)));
    } catch (...) {
        return failure;
    }
}

void sync_file_system(const std::filesystem::path& folder)
{
    const Fd fd = open_folder(folder);
#ifdef __linux__
    if (::syncfs(fd.get()) != 0) throw_errno("sync the file system of", folder);
#else
    ::sync();
#endif
}

} // namespace hfasync::detail
