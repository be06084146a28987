// The program on terminals of 80 and 200 columns: what is on the screen is compared with tests/cli/screens.
// HFASYNC_WRITE_SCREENS=1 writes those files anew; read the difference before you keep it.
// ctest: timeout=300
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

#include "cli/terminal.hpp"

namespace fs = std::filesystem;
using namespace hfasync;
using namespace hfasync::tests;

namespace {

const auto widths = boost::unit_test::data::make({80u, 200u});

const std::string ann = "hf_" + std::string(30, 'a') + "nnnn";

/// A Hub whose clock stands still: commits, dates and ids are the same in every run.
emulator::Options still_hub()
{
    emulator::Account account;
    account.name = "ann";
    account.tokens = {{.token = ann, .name = "my desk"}};
    account.memberships = {{.organization = "acme"}};
    emulator::Options options;
    options.accounts.push_back(std::move(account));
    options.clock = [] {
        return std::chrono::sys_days(std::chrono::year(2026) / 2 / 3) + std::chrono::hours(4);
    };
    return options;
}

struct ScreenFixture : ProgramFixture {
    ScreenFixture() : ProgramFixture(still_hub())
    {
        hub.seed_repo("acme/tiny",
                      {{"README.md", "---\nlicense: mit\ntags: [a, b]\npipeline_tag: text-generation\n"
                                     "library_name: transformers\n---\n# Tiny\n"},
                       {"config.json", "{}"},
                       {"weights/model-00001-of-00002.safetensors", std::string(5000, 'x')},
                       {"data/größe.txt", "1"},
                       {"data/安全.txt", "12"}});
        hub.seed_repo("acme/a-model-with-a-name-that-is-longer-than-most-of-them-are-but-not-too-long",
                      {{"config.json", "{}"}});
        hub.seed_repo("ann/other", {{"config.json", "{}"}});
    }

    /// `script` runs with `hfasync` in its path and all that leads to the Hub; `before` keeps HF_TOKEN away.
    std::string prepared(const std::string& script) const
    {
        return "cd " + home.path().string() +
               "\nexport HFASYNC_MAX_RETRIES=0 HF_HUB_DOWNLOAD_TIMEOUT=600 HF_ENDPOINT=" + hub.endpoint() +
               " HF_HOME=hf PATH=" + HFASYNC_TEST_BIN_DIR + ":$PATH\nunset HF_TOKEN HF_HUB_OFFLINE\nclear\n" +
               script;
    }
    Terminal terminal(unsigned columns, const std::string& script, unsigned rows = 50)
    {
        return Terminal(home.path(), columns, rows, prepared(script));
    }

    /// What differs between two runs, also where it goes over the end of a line: as many X.
    static std::string steady(std::string text)
    {
        std::string flat;
        std::vector<std::size_t> place;
        for (std::size_t i = 0; i < text.size(); ++i)
            if (text[i] != '\n') {
                flat += text[i];
                place.push_back(i);
            }
        static const std::regex differs("127\\.0\\.0\\.1:(\\d+)|Root=1-([0-9a-f]+-[0-9a-f]+)");
        for (std::sregex_iterator match(flat.begin(), flat.end(), differs), end; match != end; ++match)
            for (const std::size_t group : {1u, 2u})
                for (auto i = match->position(group); i < match->position(group) + match->length(group); ++i)
                    text[place[static_cast<std::size_t>(i)]] = 'X';
        return text;
    }
    static void compare(const std::string& name, unsigned columns, const std::string& screen)
    {
        const fs::path path = fs::path(HFASYNC_TEST_SOURCE_DIR) / "cli/screens" /
                              (name + "." + std::to_string(columns) + ".txt");
        if (std::getenv("HFASYNC_WRITE_SCREENS") != nullptr) write(path, steady(screen));
        BOOST_TEST(steady(screen) == content_of(path), path.filename() << " is not what is on the screen:\n"
                                                                       << steady(screen));
    }
    /// The screen after the script's end.
    void check(const std::string& name, unsigned columns, const std::string& script, unsigned rows = 50)
    {
        compare(name, columns, terminal(columns, script, rows).wait("[exit "));
    }
    void log_in() { write(hf_home() / "token", ann); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_screens, ScreenFixture)

BOOST_DATA_TEST_CASE_F(ScreenFixture, help, widths, columns)
{
    check("help", columns, "hfasync --help");
    check("help_of_a_command", columns, "hfasync repo tree --help");
    check("help_of_a_method", columns, "hfasync api create_branch --help");
    check("usage", columns, "hfasync repo creat acme/x");
}

BOOST_DATA_TEST_CASE_F(ScreenFixture, tables, widths, columns)
{
    log_in();
    check("models_list", columns, "hfasync models list");
    check("models_list_columns", columns, "hfasync models list --columns id,sha,private,likes,tags");
    check("repo_tree", columns, "hfasync repo tree acme/tiny --recursive");
    check("repo_commits", columns, "hfasync repo commits acme/tiny");
    check("models_info", columns, "hfasync models info acme/tiny");
    check("repo_files", columns, "hfasync repo files acme/tiny");
}

BOOST_DATA_TEST_CASE_F(ScreenFixture, discussions, widths, columns)
{
    log_in();
    check("discussions", columns,
          "hfasync discussions create acme/tiny 'Größe 安全: a title that goes on and on for more than one "
          "line of a "
          "narrow terminal' --description 'first\n\nthird line'\n"
          "hfasync discussions create acme/tiny 'A change' --pull-request\n"
          "hfasync discussions close acme/tiny 1\n"
          "hfasync discussions list acme/tiny\nhfasync discussions show acme/tiny 1");
}

BOOST_DATA_TEST_CASE_F(ScreenFixture, errors_are_one_line_with_a_remedy, widths, columns)
{
    log_in();
    check("errors", columns,
          "hfasync repo info acme/none\nhfasync models list --columns nonsense\nhfasync auth switch x\n"
          "HF_ENDPOINT=nonsense hfasync whoami\nhfasync discussions show acme/tiny 7");
}

BOOST_DATA_TEST_CASE_F(ScreenFixture, a_token_that_is_typed_is_not_seen, widths, columns)
{
    {
        const auto screen = terminal(columns, "hfasync auth login\nhfasync auth list\nhfasync auth whoami");
        screen.wait("(not shown):");
        screen.type("hf_wrong");
        for (int i = 0; i < 5; ++i)
            screen.key("BSpace");
        screen.type(ann.substr(3));
        screen.key("Enter");
        const auto text = screen.wait("[exit ");
        BOOST_TEST(text.find("aaaa") == std::string::npos);
        compare("auth_login", columns, text);
    }
    BOOST_TEST(content_of(hf_home() / "token") == ann);
    const auto screen =
        terminal(columns, "hfasync auth login || echo failed with $?\nstty -a | grep -o ' echo '");
    screen.wait("(not shown):");
    screen.key("C-c");
    compare("auth_login_given_up", columns, screen.wait("[exit "));
}

BOOST_DATA_TEST_CASE_F(ScreenFixture, deleting_asks_first, widths, columns)
{
    log_in();
    {
        const auto screen = terminal(columns, "hfasync repo delete ann/other");
        screen.wait("[y/N]");
        screen.type("n");
        screen.key("Enter");
        screen.wait("[exit ");
    }
    BOOST_TEST(run("repo info ann/other").status == 0);
    const auto screen = terminal(columns, "hfasync repo delete ann/other");
    screen.wait("[y/N]");
    screen.type("y");
    screen.key("Enter");
    compare("repo_delete", columns, screen.wait("[exit "));
    BOOST_TEST(run("repo info ann/other").status == 1);
}

// The Hub stops in the middle of a file. What there is of it, rates and times are masked.
BOOST_DATA_TEST_CASE_F(ScreenFixture, progress_of_a_download, widths, columns)
{
    log_in();
    hub.seed_repo("acme/big", {{"a/folder/with-a-long-name/and-a-file-with-a-longer-one-still.bin",
                                std::string(11'000'000, 'b')},
                               {"small.txt", "x"}});
    hub.add_fault({.method = "GET",
                   .origin = "storage",
                   .times = -1,
                   .action = emulator::FaultAction::stall,
                   .at = 6'000'000});
    const auto screen = terminal(columns, "hfasync download acme/big");
    const auto masked = [](std::string text) {
        text = std::regex_replace(text, std::regex(" +[0-9.]+ k?M?B/([0-9.]+ M?B) +[0-9]+%"),
                                  " DONE/$1 PERCENT");
        text = std::regex_replace(
            text, std::regex("[0-9.]+ k?M?B/([0-9.]+ M?B)  [0-9.]+ k?M?B/s  ETA [0-9:-]+( +\\[[#.]+\\])?"),
            "DONE/$1  RATE  ETA BAR");
        return text;
    };
    const auto is_drawn = [](const std::string& text) {
        return contains(text, "longer-one-still.bin ") && contains(text, "acme/big: 1/2 files");
    };
    compare("download", columns, masked(screen.wait(is_drawn)));
    screen.key("C-c");
    compare("download_stopped", columns, screen.wait("[exit "));
}

BOOST_AUTO_TEST_SUITE_END()
