// `hfasync mirror` where the mirror service is not installed, and what a process may show of itself.
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/core_dumps.hpp"
#include "cli/program_fixture.hpp"

namespace fs = std::filesystem;
using namespace hfasync;
using namespace hfasync::tests;

namespace {

/// What PR_GET_DUMPABLE says in a child that has forbidden core dumps.
int dumpable_in_child()
{
    const auto child = ::fork();
    if (child == 0) {
        cli::forbid_core_dumps();
        ::_exit(::prctl(PR_GET_DUMPABLE));
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_mirror_command, ProgramFixture)

BOOST_AUTO_TEST_CASE(without_the_service_it_says_where_that_is_found)
{
    const auto alone = home.path() / "bin/hfasync";
    fs::create_directory(alone.parent_path());
    fs::copy_file(program, alone);
    const auto result = shell(alone.string() + " mirror run --config x.yaml", "PATH=/usr/bin:/bin");
    BOOST_TEST(result.status == 1);
    BOOST_TEST(result.out == "");
    BOOST_TEST(lines(result.err) == 1u);
    BOOST_TEST(contains(result.err, "Install the package hfasync-mirror"), result.err);
}

BOOST_AUTO_TEST_CASE(the_service_beside_it_gets_the_words)
{
    const auto bin = home.path() / "bin";
    fs::create_directory(bin);
    fs::copy_file(program, bin / "hfasync");
    write(bin / "hfasync-mirror", "#!/bin/sh\nfor word; do echo \"<$word>\"; done\nexit 7\n");
    fs::permissions(bin / "hfasync-mirror", fs::perms::owner_all);
    const auto once = shell((bin / "hfasync").string() + " mirror run --once --config 'a b.yaml'");
    BOOST_TEST(once.status == 7);
    BOOST_TEST(once.out == "<run>\n<--config>\n<a b.yaml>\n<--once>\n");
    BOOST_TEST(shell((bin / "hfasync").string() + " mirror check --config c").out ==
               "<check>\n<--config>\n<c>\n");
    BOOST_TEST(shell((bin / "hfasync").string() + " mirror run").status == 2);
}

BOOST_AUTO_TEST_CASE(core_dumps_are_forbidden_unless_they_are_wanted)
{
    ::unsetenv("HFASYNC_CORE_DUMPS");
    BOOST_TEST(dumpable_in_child() == 0);
    ::setenv("HFASYNC_CORE_DUMPS", "1", 1);
    BOOST_TEST(dumpable_in_child() == 1);
    ::unsetenv("HFASYNC_CORE_DUMPS");
}

BOOST_AUTO_TEST_SUITE_END()
