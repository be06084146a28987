// Disks that are full, read-only or forbidden, and too few descriptors: `hfasync download` as a process of
// its own, because limits and mounts are those of a process.
#include "transfer/fault_fixture.hpp"

#include <cstdlib>
#include <iostream>

#include <sys/wait.h>
#include <unistd.h>

#include "support/sanitized.hpp"

using namespace hfasync;
using namespace hfasync::test;
namespace fs = std::filesystem;

namespace {

struct DiskFixture : FaultFixture {
    DiskFixture()
    {
        fs::permissions(dir.path(), fs::perms(0755)); // another user is to come in
        fs::create_directories(cache());
    }
    struct Run {
        int status = -1; ///< 128 and more: ended by a signal
        std::string text;
    };
    fs::path cache() const { return dir / "hub"; }
    /// A script for bash, in which $download fetches what follows, $cache is the cache.
    Run shell(const std::string& script)
    {
        write_file(dir / "script", "cache='" + cache().string() +
                                       "'\ndownload='timeout 60 " HFASYNC_TEST_BIN_DIR
                                       "/hfasync download --quiet'\n" +
                                       script);
        const auto command = "env -u HF_HUB_OFFLINE HFASYNC_MAX_RETRIES=1 HF_ENDPOINT=" + hub.endpoint() +
                             " HF_TOKEN=" + hub.token() + " HF_HOME=" + (dir / "home").string() +
                             " HF_HUB_CACHE=" + cache().string() + " bash " + (dir / "script").string() +
                             " >" + (dir / "text").string() + " 2>&1 </dev/null";
        const int status = std::system(command.c_str());
        return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                .text = read_file(dir / "text")};
    }
    /// The same in a mount namespace of its own. nullopt, said aloud: this machine does not allow one.
    std::optional<Run> with_mounts(const std::string& script)
    {
        for (const std::string how : {"unshare -m", "unshare -rm"}) {
            const auto probe = shell(how + " mount -t tmpfs none $cache && echo can");
            if (probe.text.find("can") == std::string::npos) continue;
            write_file(dir / "inner", script);
            return shell("export cache download\nexec " + how + " bash " + (dir / "inner").string());
        }
        std::cerr << "SKIPPED: " << boost::unit_test::framework::current_test_case().p_name
                  << " needs a mount namespace (root, or unshare -r)\n";
        return std::nullopt;
    }
    static bool has(const Run& run, const std::string& part)
    {
        return run.text.find(part) != std::string::npos;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(transfer_fault_disk, DiskFixture)

BOOST_AUTO_TEST_CASE(a_full_disk_is_named_and_what_is_there_is_resumed)
{
    const auto run = with_mounts("mount -t tmpfs -o size=2m none $cache\n"
                                 "$download acme/tiny lfs.bin; echo first=$?\n"
                                 "find $cache -name '*.incomplete' -size +512k | sed 's/^/partial=/'\n"
                                 "ls $cache/models--acme--tiny/snapshots; echo listed=$?\n"
                                 "mount -o remount,size=64m $cache\n"
                                 "p=$($download acme/tiny lfs.bin); echo second=$?\n"
                                 "sha256sum < $p\n");
    if (!run) return;
    BOOST_TEST(has(*run, "first=1"), run->text);
    BOOST_TEST(has(*run, "No space left"), run->text);
    BOOST_TEST(has(*run, cache().string()), run->text);
    BOOST_TEST(has(*run, "partial="), run->text);
    BOOST_TEST(has(*run, "second=0"), run->text);
    BOOST_TEST(has(*run, etag("lfs.bin")), run->text);
    const auto gets = body_gets(file_kinds[2]);
    BOOST_REQUIRE(gets.size() == 2u);
    BOOST_TEST(gets[1].from > (1u << 20)); // gone on from what had found room
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_full_before_the_first_byte)
{
    const auto run = with_mounts("mount -t tmpfs -o size=64k,nr_inodes=4 none $cache\n"
                                 "$download acme/tiny small.txt; echo first=$?\n"
                                 "$download acme/tiny; echo snapshot=$?\n"
                                 "find $cache -type l | sed 's/^/link=/'\n"
                                 "mount -o remount,size=64m,nr_inodes=1000 $cache\n"
                                 "$download acme/tiny; echo second=$?\n");
    if (!run) return;
    BOOST_TEST(has(*run, "first=1"), run->text);
    BOOST_TEST(has(*run, "snapshot=1"), run->text);
    BOOST_TEST(has(*run, "No space left"), run->text);
    BOOST_TEST(!has(*run, "link="), run->text); // no link to a missing blob
    BOOST_TEST(has(*run, "second=0"), run->text);
}

BOOST_AUTO_TEST_CASE(a_limit_of_the_file_size_is_an_error_and_not_the_end_of_the_process)
{
    for (const auto& kind : file_kinds)
        BOOST_TEST_CONTEXT(kind.path)
        {
            begin_again();
            fs::create_directories(cache());
            const auto run = shell("trap '' XFSZ\nulimit -f 64\n$download acme/tiny " + kind.path);
            BOOST_TEST(run.status == 1, run.text);
            BOOST_TEST(has(run, "File too large"), run.text);
            check_recovers(kind.path);
        }
}

BOOST_AUTO_TEST_CASE(a_read_only_cache_serves_what_it_has)
{
    const auto run = with_mounts("$download acme/tiny small.txt || echo cannot fill\n"
                                 "mount --bind $cache $cache && mount -o remount,ro,bind $cache\n"
                                 "touch $cache/x && echo writable\n"
                                 "p=$($download acme/tiny small.txt); echo hit=$?; git hash-object $p\n"
                                 "$download acme/tiny --include small.txt; echo snapshot=$?\n"
                                 "$download acme/tiny regular.txt; echo miss=$?\n"
                                 "$download acme/tiny; echo whole=$?\n");
    if (!run) return;
    BOOST_TEST(!has(*run, "cannot fill"), run->text);
    BOOST_TEST(!has(*run, "\nwritable"), run->text);
    BOOST_TEST(has(*run, "hit=0"), run->text);
    BOOST_TEST(has(*run, "snapshot=0"), run->text);
    BOOST_TEST(has(*run, "miss=1"), run->text);
    BOOST_TEST(has(*run, "whole=1"), run->text);
    BOOST_TEST(has(*run, "Read-only file system"), run->text);
    check_arrives("small.txt");
}

BOOST_AUTO_TEST_CASE(a_cache_of_somebody_else_serves_what_it_has)
{
    check_arrives("small.txt");
    const bool root = ::geteuid() == 0;
    if (!root) (void)shell("chmod -R a-w $cache");
    const std::string as = root ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
    const auto run = shell("export HF_HOME=" + (dir / "no-home").string() +
                           "\n"
                           "p=$(" +
                           as + "$download acme/tiny small.txt); echo hit=$?\n" + as +
                           "$download acme/tiny --include small.txt; echo snapshot=$?\n" + as +
                           "$download acme/tiny regular.txt; echo miss=$?\n");
    if (!root) (void)shell("chmod -R u+w $cache");
    BOOST_TEST(has(run, "hit=0"), run.text);
    BOOST_TEST(has(run, "snapshot=0"), run.text);
    BOOST_TEST(has(run, "miss=1"), run.text);
    BOOST_TEST(has(run, "Permission denied"), run.text);
    BOOST_TEST(has(run, cache().string()), run.text);
}

BOOST_AUTO_TEST_CASE(too_few_descriptors_are_an_error_or_a_slower_download)
{
    std::vector<std::pair<std::string, std::string>> many;
    for (std::uint32_t i = 0; i < 60; ++i)
        many.emplace_back("f" + std::to_string(i), noise(3000, i));
    hub.seed_repo("acme/many", many);
    int good = 0;
    // UBSan asks a pipe whether an address can be read; without descriptors it takes every object for a bad
    // one.
    const int own = sanitized ? 16 : 0;
    for (const int most : {own + 8, own + 12, own + 16, own + 24, own + 32, own + 64})
        BOOST_TEST_CONTEXT("ulimit -n " << most)
        {
            fs::remove_all(cache());
            fs::create_directories(cache());
            const auto run =
                shell("ulimit -n " + std::to_string(most) + "\nexec $download acme/many --max-workers 32");
            BOOST_TEST((run.status == 0 || run.status == 1), run.status << ": " << run.text);
            if (run.status == 1) BOOST_TEST(has(run, "Too many open files"), run.text);
            good += run.status == 0 ? 1 : 0;
            for (const auto& problem : CacheCheck(cache() / "models--acme--many").problems())
                BOOST_ERROR(problem);
            const auto again = shell("$download acme/many");
            BOOST_TEST(again.status == 0, again.text);
        }
    BOOST_TEST(good >= 1);
}

BOOST_AUTO_TEST_SUITE_END()
