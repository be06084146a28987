// `hfasync man`: the manual page, made from the parser.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <string>
#include <string_view>

#include <hfasync/version.hpp>

#include "cli/command_tree.hpp"
#include "cli/parser.hpp"
#include "cli/run.hpp"

namespace hfasync::cli {

namespace {

/// Text of roff: backslashes, hyphens, and lines that begin with a control character.
std::string escaped(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool begins = i == 0 || text[i - 1] == '\n';
        if (begins && (c == '.' || c == '\'')) out += "\\&";
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if (c == '\n')
            out += "\n.br\n";
        else
            out += c;
    }
    return out;
}

std::string bold(std::string_view text)
{
    return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(std::string_view text)
{
    return "\\fI" + escaped(text) + "\\fR";
}

std::string value_of(const OptionEntry& option)
{
    if (option.type.empty()) return {};
    std::string text;
    for (const auto& choice : option.choices)
        text.append(text.empty() ? "" : "|").append(choice);
    return " " + italic(text.empty() ? option.type.substr(0, option.type.find(':')) : text);
}

/// hfasync repo create repo_id [options]
std::string usage(const CommandEntry& command)
{
    auto out = bold(command.path.empty() ? "hfasync" : "hfasync " + command.path);
    for (const auto& option : command.options)
        if (!option.positional.empty()) {
            const auto name = italic(option.positional) + (option.repeated ? "..." : "");
            out += option.required ? " " + name : " [" + name + "]";
        }
    return out + (command.subcommands.empty() ? " [" + italic("options") + "]" : " " + italic("subcommand"));
}

std::string option_lines(const CommandEntry& command)
{
    std::string out;
    for (const auto& option : command.options) {
        std::string head;
        for (const auto& name : option.names) {
            if (name == "--help" || name == "-h") {
                head.clear();
                break;
            }
            head.append(head.empty() ? "" : ", ").append(bold(name));
        }
        if (head.empty() && (option.positional.empty() || !option.names.empty())) continue;
        out += ".TP\n" + (head.empty() ? italic(option.positional) : head + value_of(option)) + "\n" +
               (option.help.empty() ? "\\&" : escaped(option.help)) + "\n";
    }
    return out;
}

constexpr std::string_view closing = R"(.SH EXIT STATUS
.TP
.B 0
done
.TP
.B 1
failed; one line on standard error says why and what to do
.TP
.B 2
the command line was not understood
.TP
.B 130
interrupted; the message says how to resume
.SH ENVIRONMENT
.TP
.BR HF_TOKEN ", " HUGGING_FACE_HUB_TOKEN
the token; takes precedence over the token file
.TP
.B HF_ENDPOINT
URL of the Hub
.TP
.BR HF_HOME ", " HF_HUB_CACHE ", " HF_TOKEN_PATH ", " HF_STORED_TOKENS_PATH
where the cache and the tokens are
.TP
.B HF_HUB_OFFLINE
no request: only what is in the cache
.TP
.B HF_HUB_DISABLE_PROGRESS_BARS
no progress
.TP
.BR HTTPS_PROXY ", " HTTP_PROXY ", " NO_PROXY ", " SSL_CERT_FILE
proxies and certificates
.TP
.B HFASYNC_MAX_RETRIES
how often a failed request is sent again
.SH FILES
.TP
.I ~/.cache/huggingface/token
the active token
.TP
.I ~/.cache/huggingface/stored_tokens
all tokens by name
.TP
.I ~/.cache/huggingface/hub
the cache, shared with huggingface_hub
)";

std::string manual(const std::vector<CommandEntry>& tree)
{
    auto out =
        fmt::format(".\\\" made by `hfasync man`\n.TH HFASYNC 1 \"\" \"hfasync {}\" \"User Commands\"\n"
                    ".SH NAME\nhfasync \\- asynchronous client of the Hugging Face Hub\n.SH SYNOPSIS\n"
                    "\\fBhfasync\\fR \\fIsubcommand\\fR [\\fIoptions\\fR]\n.SH DESCRIPTION\n",
                    escaped(HFASYNC_VERSION));
    out += "Results go to standard output, progress and errors to standard error. On a terminal results are "
           "tables;\n"
           "in a pipe they are tab-separated lines; with \\fB\\-\\-json\\fR they are JSON, and with\n"
           "\\fB\\-\\-quiet\\fR ids only.\n"
           "A token is never an argument, since arguments are visible to every user of the machine.\n"
           ".SH COMMANDS\n";
    for (const auto& command : tree) {
        if (command.path.empty()) continue;
        if (!command.subcommands.empty() && command.path != "api") continue; // its children say all
        if (command.path.starts_with("api ")) continue;                      // 108 of them: --help has each
        out += ".SS " + usage(command) + "\n" + escaped(command.help) + "\n" + option_lines(command);
        if (!command.footer.empty()) out += ".PP\n" + escaped(command.footer) + "\n";
        if (command.path == "api")
            out += ".PP\n" + bold("hfasync api METHOD --help") +
                   " shows a method's parameters, each of them a flag. Methods:\n" +
                   [&] {
                       std::string names;
                       for (const auto& [name, help] : command.subcommands)
                           names.append(names.empty() ? "" : ", ").append(name);
                       return names;
                   }() +
                   ".\n";
    }
    return out.append(closing);
}

} // namespace

void add_man(CLI::App& app, Command& chosen)
{
    auto* command = app.add_subcommand("man", "Print the manual page (hfasync man | man -l -)");
    command->callback([&chosen] {
        chosen = [] {
            Command ignored;
            const auto parser = make_parser(ignored);
            complete(*parser, ignored);
            fmt::print("{}", manual(command_tree(*parser)));
            return code(Exit::ok);
        };
    });
}

} // namespace hfasync::cli
