#include "base/os.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include <hfasync/error.hpp>

namespace hf = hfasync::detail;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder()
    {
        std::string name = (fs::temp_directory_path() / "hfasync-os-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

std::string content(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::span<const std::byte> bytes(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

using Opener = hf::Fd (*)(const hf::Fd&, std::string_view, int, unsigned, bool);
constexpr Opener both_openers[] = {&hf::open_beneath, &hf::open_beneath_walk};

} // namespace

BOOST_FIXTURE_TEST_SUITE(base_os, Folder)

BOOST_AUTO_TEST_CASE(missing_files_say_what_to_do)
{
    BOOST_CHECK_EXCEPTION(hf::open_read(path / "no\x1b"), hfasync::FileNotFoundError, [&](const auto& e) {
        return e.os_code() == std::errc::no_such_file_or_directory && e.code() == hfasync::errc::os_error &&
               e.context().path == (path / "no").string() + "\\x1b" &&
               std::string(e.what()).find("Check the path") != std::string::npos;
    });
    std::ofstream(path / "file") << "x";
    BOOST_CHECK_THROW(hf::open_read(path / "file" / "y"), hfasync::NotADirectoryError);
    BOOST_CHECK_THROW(hf::open_folder(path / "file"), hfasync::NotADirectoryError);
}

BOOST_AUTO_TEST_CASE(reads_and_writes_at_offsets)
{
    const auto fd = hf::open_write(path / "f", true);
    hf::write_all_at(fd, bytes("world"), 6, path / "f");
    hf::write_all_at(fd, bytes("hello "), 0, path / "f");
    std::byte into[32];
    BOOST_TEST(hf::read_at(fd, into, 0, path / "f") == 11u);
    BOOST_TEST(hf::read_at(fd, std::span(into, 3), 6, path / "f") == 3u);
    BOOST_TEST(static_cast<char>(into[0]) == 'w');
    BOOST_TEST(hf::read_at(fd, into, 11, path / "f") == 0u);
    const auto again = hf::open_write(path / "f", false);
    BOOST_TEST(hf::file_id(again, path / "f").size == 11u);
    BOOST_TEST((hf::file_id(again, path / "f") == hf::file_id(fd, path / "f")));
}

BOOST_AUTO_TEST_CASE(writing_never_follows_a_planted_link)
{
    std::ofstream(path / "victim") << "safe";
    fs::create_symlink(path / "victim", path / "link");
    BOOST_CHECK_THROW(hf::open_write(path / "link", true), hfasync::OSError);
    BOOST_TEST(content(path / "victim") == "safe");
}

BOOST_AUTO_TEST_CASE(open_beneath_makes_folders_and_opens)
{
    const auto root = hf::open_folder(path);
    for (auto open : both_openers) {
        auto fd = open(root, "a/b/c.txt", O_RDWR | O_CREAT, 0644, true);
        hf::write_all_at(fd, bytes("x"), 0, "c.txt");
        BOOST_TEST(content(path / "a/b/c.txt") == "x");
        BOOST_TEST(static_cast<bool>(open(root, "a/b/c.txt", O_RDONLY, 0, false)));
        BOOST_CHECK_THROW(open(root, "q/c.txt", O_RDWR | O_CREAT, 0644, false), hfasync::FileNotFoundError);
        BOOST_CHECK_THROW(open(root, "a/b/c.txt/d", O_RDWR | O_CREAT, 0644, true),
                          hfasync::NotADirectoryError);
        BOOST_TEST((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
        fs::remove_all(path / "a");
    }
}

BOOST_AUTO_TEST_CASE(open_beneath_neither_leaves_the_root_nor_follows_links)
{
    Folder outside;
    std::ofstream(outside.path / "victim") << "safe";
    fs::create_directory(path / "in");
    fs::create_directory_symlink(outside.path, path / "out");
    fs::create_directory_symlink("in", path / "alias");
    fs::create_symlink(outside.path / "victim", path / "file");
    const auto root = hf::open_folder(path);
    for (auto open : both_openers) {
        for (const char* name : {"out/victim", "out/new", "alias/new", "file"})
            for (bool create : {false, true}) {
                BOOST_CHECK_THROW(open(root, name, O_RDWR | O_CREAT | O_TRUNC, 0644, create),
                                  hfasync::OSError);
            }
        for (const char* name : {"../x", "/etc/passwd", "in/../../x", "", "in/."})
            BOOST_CHECK_THROW(open(root, name, O_RDONLY, 0, false), hfasync::ValueError);
    }
    BOOST_TEST(content(outside.path / "victim") == "safe");
    BOOST_TEST(!fs::exists(outside.path / "new"));
    BOOST_TEST(!fs::exists(path / "in/new"));
}

BOOST_AUTO_TEST_CASE(atomic_write_replaces_and_leaves_nothing_behind)
{
    const auto temp = path / "tmp" / "deep";
    for (bool durable : {false, true}) {
        hf::atomic_write(path / "f", durable ? "two" : "one", temp, durable);
        BOOST_TEST(content(path / "f") == (durable ? "two" : "one"));
    }
    hf::atomic_write(path / "secret", "s", temp, false, 0600);
    struct stat info{};
    BOOST_REQUIRE(::stat((path / "secret").c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == 0600u);
    fs::create_directory(path / "folder");
    BOOST_CHECK_THROW(hf::atomic_write(path / "folder", "x", temp, false), hfasync::OSError);
    BOOST_TEST(fs::is_empty(temp));
}

BOOST_AUTO_TEST_CASE(atomic_write_replaces_a_link_not_its_target)
{
    std::ofstream(path / "victim") << "safe";
    fs::create_symlink(path / "victim", path / "f");
    hf::atomic_write(path / "f", "new", path, false);
    BOOST_TEST(!fs::is_symlink(path / "f"));
    BOOST_TEST(content(path / "victim") == "safe");
}

BOOST_AUTO_TEST_CASE(flock_is_held_once)
{
    bool supported = false;
    auto first = hf::open_write(path / "lock", false);
    const auto second = hf::open_write(path / "lock", false);
    BOOST_TEST(hf::try_flock(first, path / "lock", supported));
    BOOST_TEST(supported);
    BOOST_TEST(!hf::try_flock(second, path / "lock", supported));
    BOOST_TEST(supported);
    first.reset();
    BOOST_TEST(hf::try_flock(second, path / "lock", supported));
}

BOOST_AUTO_TEST_CASE(free_space_of_a_path_that_is_not_there_yet)
{
    BOOST_TEST(hf::free_space(path / "a/b/c") > 0u);
}

BOOST_AUTO_TEST_CASE(a_moved_descriptor_is_closed_once)
{
    auto a = hf::open_folder(path);
    const int number = a.get();
    auto b = std::move(a);
    BOOST_TEST(!a);
    BOOST_TEST(b.get() == number);
    b.reset();
    BOOST_TEST(::fcntl(number, F_GETFD) == -1);
}

BOOST_AUTO_TEST_SUITE_END()
