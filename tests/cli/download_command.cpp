// `hfasync download` and `hfasync api`: options, warnings, and what goes where.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/wait.h>

#include <hfasync/emulator/emulator.hpp>

#include "support/temp_folder.hpp"

BOOST_AUTO_TEST_SUITE(cli_download_command)

namespace fs = std::filesystem;
using namespace hfasync;

namespace {

std::string content_of(const fs::path& path)
{
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

struct Run {
    int status = -1;
    std::string out;
    std::string err;
};

struct Fixture {
    Fixture() { hub.seed_repo("acme/tiny", {{"config.json", "{}"}, {"data/a.csv", "1,2\n"}}); }

    Run run(const std::string& arguments)
    {
        const auto out = home.path() / "out";
        const auto err = home.path() / "err";
        const auto command = "env -u HF_HUB_OFFLINE HFASYNC_MAX_RETRIES=0 HF_ENDPOINT=" + hub.endpoint() +
                             " HF_TOKEN=" + hub.token() + " HF_HOME=" + (home.path() / "hf").string() +
                             " timeout 60 " HFASYNC_TEST_BIN_DIR "/hfasync " + arguments + " >" +
                             out.string() + " 2>" + err.string() + " </dev/null";
        const int status = std::system(command.c_str());
        return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                .out = content_of(out),
                .err = content_of(err)};
    }
    static std::ptrdiff_t lines(const std::string& text) { return std::ranges::count(text, '\n'); }

    emulator::Emulator hub;
    tests::TempFolder home;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_path_is_all_that_goes_to_standard_output, Fixture)
{
    const auto whole = run("download --quiet acme/tiny");
    BOOST_TEST(whole.status == 0);
    BOOST_TEST(lines(whole.out) == 1);
    BOOST_TEST(whole.err == "");
    const auto folder = whole.out.substr(0, whole.out.size() - 1);
    BOOST_TEST(content_of(folder + "/data/a.csv") == "1,2\n");
    const auto one = run("download --quiet acme/tiny config.json");
    BOOST_TEST(one.out == folder + "/config.json\n");
}

BOOST_FIXTURE_TEST_CASE(deprecated_options_warn_on_standard_error, Fixture)
{
    for (
        const char* words :
        {"download --quiet --resume-download acme/tiny config.json",
         "download --quiet --local-dir-use-symlinks True acme/tiny",
         R"(api hf_hub_download --args '{"args": {"repo_id": "acme/tiny", "filename": "config.json", "resume_download": true}}')"}) {
        const auto told = run(words);
        BOOST_TEST(told.status == 0, told.err);
        BOOST_TEST(lines(told.out) == 1);
        BOOST_TEST(lines(told.err) == 1, told.err);
        BOOST_TEST(told.err.starts_with("hfasync: warning: "), told.err);
        BOOST_TEST(told.err.find("deprecated") != std::string::npos);
    }
    BOOST_TEST(run("download --quiet --local-dir-use-symlinks auto acme/tiny").err == "");
}

BOOST_FIXTURE_TEST_CASE(local_files_only_asks_nobody, Fixture)
{
    const auto missing = run("download --quiet --local-files-only acme/tiny config.json");
    BOOST_TEST(missing.status == 1);
    BOOST_TEST(missing.out == "");
    BOOST_TEST(hub.requests().size() == 0u);
    const auto path = run("download --quiet --etag-timeout 20 acme/tiny config.json").out;
    hub.forget_requests();
    BOOST_TEST(run("download --quiet --local-files-only acme/tiny config.json").out == path);
    BOOST_TEST(hub.requests().size() == 0u);
    BOOST_TEST(run("download --etag-timeout 0 acme/tiny config.json").status == 2);
}

BOOST_AUTO_TEST_SUITE_END()
