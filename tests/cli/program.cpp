// The program as a user runs it: what it prints, where, and its exit codes.
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

#include "cli/program_fixture.hpp"

namespace fs = std::filesystem;
using namespace hfasync;
using namespace hfasync::tests;

BOOST_FIXTURE_TEST_SUITE(cli_program, ProgramFixture)

BOOST_AUTO_TEST_CASE(whoami_names_the_user)
{
    const auto result = run("whoami");
    BOOST_TEST(result.status == 0);
    BOOST_TEST(result.out.starts_with(hub.user() + "\n"));
    BOOST_TEST(result.err == "");
    BOOST_TEST(run("whoami --json").out.starts_with("{"));
}

BOOST_AUTO_TEST_CASE(download_prints_the_path_and_nothing_else_on_stdout)
{
    hub.seed_repo("acme/tiny", {{"config.json", "{}"}, {"sub/x.txt", "x"}});
    const auto one = run("download acme/tiny sub/x.txt");
    BOOST_TEST(one.status == 0);
    BOOST_REQUIRE(lines(one.out) == 1u);
    BOOST_TEST(content_of(one.out.substr(0, one.out.size() - 1)) == "x");
    const auto all = run("download acme/tiny --quiet --local-dir " + (home.path() / "plain").string());
    BOOST_TEST(all.status == 0);
    BOOST_TEST(all.err == "");
    BOOST_TEST(content_of(home.path() / "plain/config.json") == "{}");
}

BOOST_AUTO_TEST_CASE(upload_makes_the_repo_and_what_went_up_comes_down)
{
    write(home.path() / "folder/a.txt", "a");
    write(home.path() / "folder/b/c.bin", std::string(2'000'000, '\0'));
    const auto up = run("upload acme/new " + (home.path() / "folder").string() + " --commit-message hello");
    BOOST_TEST(up.status == 0, up.err);
    BOOST_TEST(up.out.starts_with(hub.endpoint() + "/acme/new/commit/"));
    const auto down = run("download acme/new --quiet --local-dir " + (home.path() / "back").string());
    BOOST_TEST(down.status == 0);
    BOOST_TEST(content_of(home.path() / "back/b/c.bin") == std::string(2'000'000, '\0'));
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be_makes_no_repo)
{
    write(home.path() / "a.txt", "a");
    const auto up = run("upload acme/new " + (home.path() / "a.txt").string() + " ../a.txt");
    BOOST_TEST(up.status == 1);
    BOOST_TEST(contains(up.err, "../a.txt"), up.err);
    BOOST_TEST(hub.requests().empty());
}

BOOST_AUTO_TEST_CASE(upload_large_folder_goes_on_where_it_was)
{
    for (int i = 0; i < 20; ++i)
        write(home.path() / "folder" / ("f" + std::to_string(i)), std::to_string(i));
    const auto command = "upload-large-folder acme/large " + (home.path() / "folder").string() +
                         " --repo-type model --no-bars --no-report";
    BOOST_TEST(run(command).status == 0);
    hub.forget_requests();
    BOOST_TEST(run(command).status == 0);
    for (const auto& request : hub.requests())
        BOOST_TEST(request.target.find("/commit/") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_failure_is_one_line_without_the_token)
{
    const auto result = run("download acme/missing config.json --quiet");
    BOOST_TEST(result.status == 1);
    BOOST_TEST(result.out == "");
    BOOST_TEST(lines(result.err) == 1u);
    BOOST_TEST(result.err.starts_with("hfasync: "));
    BOOST_TEST(result.err.find(hub.token()) == std::string::npos);
    BOOST_TEST(run("download 'bad id'").err.find("HFValidationError") != std::string::npos);
    BOOST_TEST(run("whoami", "HF_ENDPOINT=nonsense").err.find("HF_ENDPOINT") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_command_line_that_is_not_understood_is_exit_2)
{
    BOOST_TEST(run("").status == 2);
    BOOST_TEST(run("frobnicate").status == 2);
    BOOST_TEST(run("download").status == 2);
    BOOST_TEST(run("repo creat acme/x").err == "hfasync: 'creat' is not understood (did you mean create?); "
                                               "`hfasync repo --help` lists what there is.\n");
    BOOST_TEST(contains(run("download acme/x --local-dirr y").err, "did you mean --local-dir?"));
    BOOST_TEST(lines(run("repo").err) == 1u);
    BOOST_TEST(run("--help").status == 0);
    BOOST_TEST(run("--version").status == 0);
}

BOOST_AUTO_TEST_CASE(an_interrupt_leaves_bytes_that_the_next_run_uses)
{
    hub.seed_repo("acme/big", {{"w.bin", std::string(20'000'000, 'w')}});
    hub.add_fault(
        {.method = "GET", .origin = "storage", .action = emulator::FaultAction::stall, .at = 15'000'000});
    // The interrupt comes once the partial file has grown, not after a time.
    write(home.path() / "interrupt.sh",
          program + " download acme/big w.bin --quiet & pid=$!\n"
                    "for i in $(seq 1 3000); do\n"
                    "  find $HF_HOME -name '*.incomplete' -size +14000k 2>/dev/null | grep -q . && break\n"
                    "  sleep 0.01\n"
                    "done\n"
                    "kill -INT $pid; wait $pid\n");
    const auto stopped = shell("bash " + (home.path() / "interrupt.sh").string());
    BOOST_TEST(stopped.status == 130, stopped.err);
    hub.forget_requests();
    BOOST_TEST(run("download acme/big w.bin --quiet").status == 0);
    std::uint64_t sent = 0;
    for (const auto& request : hub.requests())
        if (request.origin == "storage") sent += request.sent_bytes;
    BOOST_TEST(sent <= 6'000'000u);
    BOOST_TEST(sent > 0u);
}

BOOST_AUTO_TEST_CASE(api_reads_json_and_prints_json)
{
    hub.seed_repo("acme/tiny", {{"config.json", "{}"}});
    write(home.path() / "call.json", R"({"args": {"repo_id": "acme/tiny"}})");
    const auto result =
        run("api list_repo_files --args \"$(cat " + (home.path() / "call.json").string() + ")\"");
    BOOST_TEST(result.status == 0);
    BOOST_TEST(result.out.find("\"config.json\"") != std::string::npos);
    const auto failed = run("api model_info --args '{\"args\": {\"repo_id\": \"acme/none\"}}'");
    BOOST_TEST(failed.status == 1);
    BOOST_TEST(failed.err.find("{\"error\":{\"type\":\"") == 0u);
}

BOOST_AUTO_TEST_CASE(a_command_below_the_emulator_sees_its_hub_and_nothing_of_the_caller)
{
    const auto result =
        run("emulator --tls --quiet -- " + program + " whoami",
            "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt HTTPS_PROXY=http://127.0.0.1:1 NO_PROXY=x");
    BOOST_TEST(result.status == 0, result.err);
    BOOST_TEST(result.out.starts_with("hfasync\n"));
    const auto told =
        run("emulator --quiet -- sh -c 'echo $HF_HUB_DISABLE_XET$HF_HUB_OFFLINE'", "HF_HUB_OFFLINE=1");
    BOOST_TEST(told.out == "1\n"); // newer Python clients upload to no Hub without Xet otherwise
    BOOST_TEST(run("emulator --quiet -- sh -c 'exit 7'").status == 7);
    BOOST_TEST(run("emulator --seed /nonexistent").status == 1);
}

BOOST_AUTO_TEST_CASE(the_demo_compares_every_byte)
{
    write(home.path() / "mine/a/b.txt", "text");
    write(home.path() / "mine/large.bin", std::string(12'000'000, 'x'));
    const auto result =
        run("demo " + (home.path() / "mine").string() + " --work " + (home.path() / "work").string());
    BOOST_TEST(result.status == 0, result.err);
    BOOST_TEST(result.out.find("OK: 2 files") != std::string::npos, result.out);
    // A folder of the user's gets the upload's own state and nothing else.
    for (const auto& entry : fs::directory_iterator(home.path() / "mine")) {
        const auto name = entry.path().filename();
        BOOST_TEST((name == "a" || name == "large.bin" || name == ".cache"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
