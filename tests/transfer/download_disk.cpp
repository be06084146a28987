// Disks that are full, cannot be written, or keep no upper case.
#include "transfer/warning_fixture.hpp"

#include <sys/mount.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "transfer/disk_space.hpp"
#include "transfer/snapshot_names.hpp"

BOOST_AUTO_TEST_SUITE(transfer_download_disk)

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;

namespace {

/// A small file system of its own; not everybody may mount one.
class SmallDisk {
public:
    SmallDisk(const fs::path& at, const std::string& how) : at_(at)
    {
        fs::create_directories(at);
        mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, how.c_str()) == 0;
    }
    SmallDisk(const SmallDisk&) = delete;
    ~SmallDisk()
    {
        if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
    }
    explicit operator bool() const { return mounted_; }
    bool make_read_only() const
    {
        return ::mount("tmpfs", at_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) == 0;
    }

private:
    fs::path at_;
    bool mounted_ = false;
};

using Names = std::vector<std::string>;

/// A file system that keeps no upper case.
std::optional<std::pair<std::string, std::string>> folds_case(const Names& names)
{
    std::map<std::string, std::string> seen;
    for (const auto& name : names) {
        std::string lower(name);
        std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
        if (const auto [at, fresh] = seen.emplace(lower, name); !fresh) return std::pair{at->second, name};
    }
    return std::nullopt;
}

std::optional<std::pair<std::string, std::string>> never_asked(const Names&)
{
    BOOST_ERROR("no name may fold");
    return std::nullopt;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(hits_need_no_right_to_write, WarningFixture)
{
    const SmallDisk disk(dir / "hub", "size=64m");
    if (!disk) return;
    snapshot_warned();
    BOOST_REQUIRE(disk.make_read_only());
    BOOST_TEST(snapshot_warned() == repo() / "snapshots" / commit);
    BOOST_TEST(get_warned("config.json") == pointer("config.json"));
    BOOST_TEST(warnings.size() == 0u);
    // Another name for the same commit cannot be noted, which fails nobody.
    BOOST_TEST(get_warned("config.json", {.revision = "refs/heads/main"}) == pointer("config.json"));
    BOOST_TEST(warnings.size() == 1u);
    BOOST_TEST(snapshot_warned({.revision = "refs/heads/main"}) == repo() / "snapshots" / commit);
    BOOST_TEST(warnings.size() == 2u);
    BOOST_CHECK_THROW(get_warned("nope.txt"), EntryNotFoundError);
    use_repo("acme/new", {{"new.txt", "new"}});
    BOOST_CHECK_THROW(get_warned("new.txt"), OSError);
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_is_foretold_and_named, WarningFixture)
{
    const SmallDisk disk(dir / "hub", "size=8m");
    if (!disk) return;
    for (const bool whole : {false, true}) {
        warnings.clear();
        fs::remove_all(repo());
        try {
            if (whole)
                snapshot_warned();
            else
                get_warned("big.bin");
            BOOST_ERROR("it does not fit");
        } catch (const OSError& error) {
            BOOST_TEST((error.os_code() == std::errc::no_space_on_device));
            const std::string message = error.message();
            BOOST_TEST(message.find("No space left for") != std::string::npos, message);
            // Of a snapshot, whichever file meets it first.
            if (!whole)
                BOOST_TEST(message.find("big.bin: it has 12582912 bytes") != std::string::npos, message);
            BOOST_TEST(message.find((dir / "hub").string()) != std::string::npos, message);
        }
        BOOST_TEST(warnings.size() == 1u);
        BOOST_TEST(!fs::exists(pointer("big.bin")));
    }
    std::uintmax_t kept = 0;
    for (const auto& entry : fs::directory_iterator(repo() / "blobs"))
        if (entry.path().extension() == ".incomplete") kept += entry.file_size();
    BOOST_TEST(kept > (1u << 20));
}

BOOST_AUTO_TEST_CASE(the_warning_names_both_sides)
{
    BOOST_TEST(!detail::space_warning(10, 10, "/cache", "a.bin"));
    const auto text = detail::space_warning(12'340'000, 1'000'000, "/cache", "a.bin").value();
    for (const char* part : {"a.bin", "12.34 MB", "/cache", "1.00 MB"})
        BOOST_TEST(text.find(part) != std::string::npos, text);
    const auto other = std::make_exception_ptr(ValueError("x"));
    BOOST_TEST((detail::explain_full_disk(other, "a", 1, "/") == other));
}

BOOST_FIXTURE_TEST_CASE(durable_costs_one_sync_a_snapshot, DownloadFixture)
{
    auto how = options();
    how.durable = true;
    Hub client(how);
    const auto folder = client.block_on(DownloadsApi(client).snapshot_download("acme/tiny"));
    for (const auto& [path, text] : files)
        BOOST_TEST((read_file(folder / path) == text), path);
}

BOOST_AUTO_TEST_CASE(names_that_cannot_stand_side_by_side)
{
    using detail::check_collisions;
    const auto refused = [](const Names& names, const detail::NameProbe& probe) {
        try {
            check_collisions(names, probe);
            return false;
        } catch (const ValueError&) {
            return true;
        }
    };
    BOOST_TEST(refused({"a", "a/b"}, never_asked));
    BOOST_TEST(refused({"x/y/z", "x/y", "q"}, never_asked));
    BOOST_TEST(!refused({"a", "ab/c", "ab/d", "b/a"}, never_asked));
    BOOST_TEST(!refused({"a/Readme", "b/README"}, never_asked)); // different folders
    BOOST_TEST(refused({"Readme.md", "README.md"}, folds_case));
    BOOST_TEST(refused({"Data/a", "data/b"}, folds_case)); // folders that fold are one as well
    BOOST_TEST(!refused({"Readme.md", "README.md"}, [](const Names&) { return std::nullopt; }));
    bool asked = false;
    BOOST_TEST(!refused({"\u00e9.txt", "e\u0301.txt"}, [&](const Names& names) {
        asked = names.size() == 2;
        return std::nullopt;
    }));
    BOOST_TEST(asked);
}

BOOST_FIXTURE_TEST_CASE(names_are_kept_apart_where_the_disk_does, DownloadFixture)
{
    const auto text = [](int i) { return "content " + std::to_string(i); };
    use_repo(
        "acme/names",
        {{"Readme.md", text(1)}, {"README.md", text(2)}, {"\u00e9.txt", text(3)}, {"e\u0301.txt", text(4)}});
    const bool folds = [&] {
        write_file(dir / "probe", "");
        return fs::exists(dir / "PROBE");
    }();
    if (folds) {
        BOOST_CHECK_THROW(snapshot(), ValueError);
        return;
    }
    const auto folder = snapshot();
    BOOST_TEST(read_file(folder / "Readme.md") == text(1));
    BOOST_TEST(read_file(folder / "README.md") == text(2));
    BOOST_TEST(read_file(folder / "\u00e9.txt") == text(3));
    BOOST_TEST(read_file(folder / "e\u0301.txt") == text(4));
    for (const auto& entry : fs::directory_iterator(repo() / "blobs"))
        BOOST_TEST(!entry.path().filename().string().starts_with(".hfasync"), entry.path());
    const auto plain = snapshot({.local_dir = dir / "out"});
    BOOST_TEST(read_file(plain / "README.md") == text(2));
}

BOOST_AUTO_TEST_SUITE_END()
