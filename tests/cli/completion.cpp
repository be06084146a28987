// Completion scripts and the manual are made from the parser: here they are read by those who will read them.
#include <CLI/CLI.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command_tree.hpp"
#include "cli/parser.hpp"
#include "cli/program_fixture.hpp"

using namespace hfasync;
using namespace hfasync::tests;

namespace {

std::vector<cli::CommandEntry> whole_tree()
{
    cli::Command chosen;
    const auto parser = cli::make_parser(chosen);
    cli::complete(*parser, chosen);
    return cli::command_tree(*parser);
}

struct Fixture : ProgramFixture {
    bool has(const std::string& tool) { return shell("sh -c 'command -v " + tool + "'").status == 0; }
    std::filesystem::path script(const std::string& shell_name)
    {
        const auto made = run("completion " + shell_name);
        BOOST_TEST(made.status == 0, made.err);
        const auto path = home.path() / ("hfasync." + shell_name);
        write(path, made.out);
        return path;
    }
    /// What bash offers for the last of the words.
    std::vector<std::string> offered(const std::string& words)
    {
        const auto path = script("bash");
        write(home.path() / "ask.sh", "source " + path.string() + "\nCOMP_WORDS=(" + words +
                                          ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n" +
                                          "_hfasync\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n");
        const auto result = shell("bash -eu " + (home.path() / "ask.sh").string());
        BOOST_TEST(result.status == 0, result.err);
        std::vector<std::string> out;
        std::istringstream text(result.out);
        for (std::string line; std::getline(text, line);)
            if (!line.empty()) out.push_back(line);
        return out;
    }
};

using Words = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_completion, Fixture)

BOOST_AUTO_TEST_CASE(bash_offers_commands_options_and_values)
{
    BOOST_TEST(offered("hfasync rep") == Words{"repo"}, boost::test_tools::per_element());
    BOOST_TEST(offered("hfasync auth l") == (Words{"login", "logout", "list"}),
               boost::test_tools::per_element());
    BOOST_TEST(offered("hfasync repo branch d") == Words{"delete"}, boost::test_tools::per_element());
    BOOST_TEST(offered("hfasync repo create acme/x --repo-type ''") == (Words{"model", "dataset", "space"}),
               boost::test_tools::per_element());
    BOOST_TEST(offered("hfasync download acme/x --loc") == (Words{"--local-dir", "--local-files-only"}),
               boost::test_tools::per_element());
    BOOST_TEST(offered("hfasync completion ''").empty()); // of a positional: bash offers files
    BOOST_TEST(offered("hfasync download --local-dir ''").empty());
    BOOST_TEST(offered("hfasync api super_sq") == Words{"super_squash_history"},
               boost::test_tools::per_element());
    BOOST_TEST(offered("hfasync api create_repo --space-sd") == Words{"--space-sdk"},
               boost::test_tools::per_element());
    // A repo that is named like a command of another place is no command.
    BOOST_TEST(offered("hfasync download list --rev") == Words{"--revision"},
               boost::test_tools::per_element());
}

// Every word of the tree is offered where it stands: a table that was cut off would show here.
BOOST_AUTO_TEST_CASE(bash_offers_every_subcommand)
{
    for (const auto& command : whole_tree()) {
        if (command.subcommands.empty()) continue;
        Words wanted;
        for (const auto& [name, help] : command.subcommands)
            wanted.push_back(name);
        BOOST_TEST(offered("hfasync " + command.path + " ''") == wanted, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(the_scripts_are_valid)
{
    BOOST_TEST(shell("bash -n " + script("bash").string()).status == 0);
    if (has("zsh")) {
        const auto checked = shell("zsh -n " + script("zsh").string());
        BOOST_TEST(checked.status == 0, checked.err);
    }
    if (has("fish")) {
        const auto checked = shell("fish -n " + script("fish").string());
        BOOST_TEST(checked.status == 0, checked.err);
    }
    for (const auto* shell_name : {"zsh", "fish"})
        BOOST_TEST(contains(content_of(script(shell_name)), "--space-sdk"));
    BOOST_TEST(run("completion csh").status == 2);
}

BOOST_AUTO_TEST_CASE(fish_offers_the_same)
{
    if (!has("fish")) return;
    const auto path = script("fish").string();
    const auto ask = [&](const std::string& line) {
        return shell("fish --no-config -c 'source " + path + "; complete -C \"" + line + "\"'",
                     "XDG_DATA_HOME=" + home.path().string() + " XDG_CONFIG_HOME=" + home.path().string())
            .out;
    };
    BOOST_TEST(ask("hfasync rep").starts_with("repo\t"), ask("hfasync rep"));
    BOOST_TEST(contains(ask("hfasync repo branch d"), "delete\t"));
    BOOST_TEST(ask("hfasync repo create x --repo-type ") == "dataset\nmodel\nspace\n");
    BOOST_TEST(contains(ask("hfasync download x --local-f"), "--local-files-only"));
}

BOOST_AUTO_TEST_CASE(the_manual_is_valid_and_has_every_command)
{
    const auto page = run("man");
    BOOST_TEST(page.status == 0);
    write(home.path() / "hfasync.1", page.out);
    const auto file = (home.path() / "hfasync.1").string();
    if (has("mandoc")) {
        // Without a date two builds of one source are the same.
        const auto checked = shell("mandoc -Tlint -Wwarning " + file);
        BOOST_TEST(lines(checked.out) <= 1u, checked.out);
        BOOST_TEST(contains(checked.out, "missing date"), checked.out);
    }
    if (has("groff")) {
        const auto checked = shell("groff -man -ww -z -Tutf8 " + file);
        BOOST_TEST(checked.err == "");
    }
    for (const auto& command : whole_tree()) {
        if (command.path.empty() || command.path.starts_with("api ") || !command.subcommands.empty())
            continue;
        std::string name;
        for (const char c : command.path)
            name += c == '-' ? "\\-" : std::string(1, c);
        BOOST_TEST(contains(page.out, ".SS \\fBhfasync " + name + "\\fR"), command.path);
    }
    for (const auto* part : {"EXIT STATUS", "\\-\\-local\\-dir", "super_squash_history", "HF_TOKEN"})
        BOOST_TEST(contains(page.out, part), part);
}

// What is installed is what the program prints: the build runs it.
BOOST_AUTO_TEST_CASE(the_build_has_made_all_of_them)
{
    const std::filesystem::path made = HFASYNC_TEST_BIN_DIR "/../src/cli/share";
    BOOST_TEST(content_of(made / "man/man1/hfasync.1") == run("man").out);
    BOOST_TEST(content_of(made / "bash-completion/completions/hfasync") == run("completion bash").out);
    BOOST_TEST(content_of(made / "zsh/site-functions/_hfasync") == run("completion zsh").out);
    BOOST_TEST(content_of(made / "fish/vendor_completions.d/hfasync.fish") == run("completion fish").out);
}

BOOST_AUTO_TEST_SUITE_END()
