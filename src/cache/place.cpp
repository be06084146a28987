#include "cache/place.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

#include <hfasync/error.hpp>

namespace hfasync::detail {

Fd open_place(const Place& place, int flags, unsigned mode)
{
    int fd = -1;
    do
        fd = ::openat(place.folder_fd(), place.name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode);
    while (fd < 0 && errno == EINTR);
    return Fd(fd);
}

void rename_place(const Place& from, const Place& to)
{
    if (::renameat(from.folder_fd(), from.name.c_str(), to.folder_fd(), to.name.c_str()) != 0)
        throw_errno("move the finished file to", to.shown);
}

void remove_place(const Place& place) noexcept
{
    ::unlinkat(place.folder_fd(), place.name.c_str(), 0);
}

void replace_place(const Place& to, const Place& temp, std::string_view content, bool durable)
{
    Fd fd = open_place(temp, O_WRONLY | O_CREAT | O_EXCL);
    if (!fd && errno == EEXIST) { // of a process that died here
        remove_place(temp);
        fd = open_place(temp, O_WRONLY | O_CREAT | O_EXCL);
    }
    if (!fd) throw_errno("create", temp.shown);
    try {
        write_all_at(fd, std::as_bytes(std::span(content.data(), content.size())), 0, temp.shown);
        if (durable && ::fsync(fd.get()) != 0) throw_errno("sync", temp.shown);
        rename_place(temp, to);
    } catch (...) {
        remove_place(temp);
        throw;
    }
}

unsigned default_file_mode()
{
    static const unsigned mode = [] {
        std::ifstream status("/proc/self/status");
        for (std::string line; std::getline(status, line);) {
            unsigned mask = 0;
            if (std::sscanf(line.c_str(), "Umask: %o", &mask) == 1) return 0666U & ~mask;
        }
        const auto mask = ::umask(022); // no other way there; the window is a few instructions
        ::umask(mask);
        return 0666U & ~static_cast<unsigned>(mask);
    }();
    return mode;
}

} // namespace hfasync::detail
