// Every script has three tables (subcommands and options of a command, values of an option) and one function
// that walks the words of the line through them.
#include "cli/completion.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>
#include <string_view>

#include "cli/parser.hpp"
#include "cli/run.hpp"

namespace hfasync::cli {

namespace {

/// The text between single quotes, as bash and zsh (and, by `quote`, fish) write it.
std::string in_quotes(std::string_view text, std::string_view quote = "'\\''")
{
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += quote;
        else
            out += c == '\n' ? ' ' : c;
    }
    return out + "'";
}

/// Up to the first full stop or semicolon: a line of a menu.
std::string brief(const std::string& help)
{
    const auto end = std::min(help.find(". "), help.find("; "));
    auto text = help.substr(0, end).substr(0, help.find('\n'));
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::string joined(const std::vector<std::string>& words)
{
    std::string out;
    for (const auto& word : words)
        out.append(out.empty() ? "" : " ").append(word);
    return out;
}

/// The values of "path --flag": a line a flag that takes one. `line` gets the pattern and the choices.
template <class F>
std::string value_cases(const std::vector<CommandEntry>& tree, F&& line)
{
    std::string out;
    for (const auto& command : tree)
        for (const auto& option : command.options) {
            if (option.type.empty()) continue;
            std::vector<std::string> keys;
            for (const auto& name : option.names)
                keys.push_back(command.path + " " + name);
            if (!keys.empty()) out += line(keys, option.choices);
        }
    return out;
}

/// 'a x' | 'a y'
std::string alternatives(const std::vector<std::string>& keys, std::string_view between)
{
    std::string out;
    for (const auto& key : keys)
        out.append(out.empty() ? "" : between).append(in_quotes(key));
    return out;
}

} // namespace

// ---- bash -------------------------------------------------------------------------------------------------

std::string bash_completion(const std::vector<CommandEntry>& tree)
{
    std::string out = "# bash completion of hfasync; made by `hfasync completion bash`\n\n_hfasync_at() {\n"
                      "    subcommands= options=\n    case $1 in\n";
    for (const auto& command : tree) {
        std::vector<std::string> names, options;
        for (const auto& [name, help] : command.subcommands)
            names.push_back(name);
        for (const auto& option : command.options)
            options.insert(options.end(), option.names.begin(), option.names.end());
        out += fmt::format("    {}) subcommands={} options={} ;;\n", in_quotes(command.path),
                           in_quotes(joined(names)), in_quotes(joined(options)));
    }
    out += "    esac\n}\n\n# Whether a value follows; those that are known.\n_hfasync_values() {\n"
           "    values=\n    case $1 in\n";
    out += value_cases(tree, [](const auto& keys, const auto& choices) {
        return fmt::format("    {}) values={} ;;\n", alternatives(keys, " | "), in_quotes(joined(choices)));
    });
    return out + R"(    *) return 1 ;;
    esac
}

_hfasync() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local at= word i subcommands options values
    _hfasync_at ''
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case " $subcommands " in
        *" $word "*)
            at=${at:+$at }$word
            _hfasync_at "$at"
            ;;
        esac
    done
    COMPREPLY=()
    if _hfasync_values "$at $previous"; then
        [ -z "$values" ] || COMPREPLY=($(compgen -W "$values" -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif [ -n "$subcommands" ]; then
        COMPREPLY=($(compgen -W "$subcommands" -- "$current"))
    fi
}

# Files where nothing else is known.
complete -o default -F _hfasync hfasync
)";
}

// ---- zsh --------------------------------------------------------------------------------------------------

std::string zsh_completion(const std::vector<CommandEntry>& tree)
{
    // _describe reads "name:text".
    const auto described = [](const std::string& name, const std::string& help) {
        return in_quotes(name + ":" + brief(help));
    };
    std::string out = "#compdef hfasync\n# made by `hfasync completion zsh`\n\n_hfasync_at() {\n"
                      "    subcommands=() options=()\n    case $1 in\n";
    for (const auto& command : tree) {
        out += fmt::format("    {})\n        subcommands=(", in_quotes(command.path));
        for (const auto& [name, help] : command.subcommands)
            out += "\n            " + described(name, help);
        out += ")\n        options=(";
        for (const auto& option : command.options)
            for (const auto& name : option.names)
                out += "\n            " + described(name, option.help);
        out += ")\n        ;;\n";
    }
    out += "    esac\n}\n\n# Whether a value follows; those that are known.\n_hfasync_values() {\n"
           "    values=()\n    case $1 in\n";
    out += value_cases(tree, [](const auto& keys, const auto& choices) {
        return fmt::format("    {}) values=({}) ;;\n", alternatives(keys, " | "), joined(choices));
    });
    return out + R"(    *) return 1 ;;
    esac
}

_hfasync() {
    local at= word
    local -a subcommands options values
    integer i
    _hfasync_at ''
    for ((i = 2; i < CURRENT; i++)); do
        word=${words[i]}
        if ((${subcommands[(I)${(b)word}:*]})); then
            at=${at:+$at }$word
            _hfasync_at "$at"
        fi
    done
    if _hfasync_values "$at ${words[CURRENT - 1]}"; then
        if (($#values)); then compadd -- $values; else _files; fi
    elif [[ $PREFIX == -* ]]; then
        _describe -o option options
    elif (($#subcommands)); then
        _describe command subcommands
    else
        _files
    fi
}

# Autoloaded from a folder of $fpath, or read with `source`.
if [ "$funcstack[1]" = _hfasync ]; then _hfasync "$@"; else compdef _hfasync hfasync; fi
)";
}

// ---- fish -------------------------------------------------------------------------------------------------

std::string fish_completion(const std::vector<CommandEntry>& tree)
{
    const auto fish = [](std::string_view text) {
        std::string doubled;
        for (const char c : text)
            doubled.append(c == '\\' ? 2 : 1, c);
        return in_quotes(doubled, "\\'");
    };
    const auto item = [&](const std::string& name, const std::string& help) {
        return fmt::format("            printf '%s\\t%s\\n' {} {}\n", fish(name), fish(brief(help)));
    };
    std::string subcommands, options;
    for (const auto& command : tree) {
        std::string children, flags;
        for (const auto& [name, help] : command.subcommands)
            children += item(name, help);
        for (const auto& option : command.options)
            for (const auto& name : option.names)
                flags += item(name, option.help);
        if (!children.empty())
            subcommands += fmt::format("        case {}\n{}", fish(command.path), children);
        options += fmt::format("        case {}\n{}", fish(command.path), flags);
    }
    const auto values = value_cases(tree, [&](const auto& keys, const auto& choices) {
        std::string all = choices.empty() ? "            __fish_complete_path (commandline -ct)\n" : "";
        for (const auto& choice : choices)
            all += fmt::format("            echo {}\n", fish(choice));
        return fmt::format("        case {}\n{}", alternatives(keys, " "), all);
    });
    return "# fish completion of hfasync; made by `hfasync completion fish`\n\n"
           "function __hfasync_subcommands\n    switch $argv[1]\n" +
           subcommands + "    end\nend\n\nfunction __hfasync_options\n    switch $argv[1]\n" + options +
           "    end\nend\n\n# Fails when no value follows.\nfunction __hfasync_values\n    switch "
           "$argv[1]\n" +
           values +
           R"(        case '*'
            return 1
    end
end

function __hfasync_complete
    set -l words (commandline -opc)
    set -l at ''
    for word in $words[2..-1]
        if contains -- $word (__hfasync_subcommands $at | string split -f 1 \t)
            set at (string trim -- "$at $word")
        end
    end
    __hfasync_values "$at $words[-1]"; and return
    if string match -q -- '-*' (commandline -ct)
        __hfasync_options $at
        return
    end
    set -l subcommands (__hfasync_subcommands $at)
    if set -q subcommands[1]
        printf '%s\n' $subcommands
    else
        __fish_complete_path (commandline -ct)
    end
end

complete -c hfasync -f -a '(__hfasync_complete)'
)";
}

// ---- the command ------------------------------------------------------------------------------------------

void add_completion(CLI::App& app, Command& chosen)
{
    auto* command = app.add_subcommand("completion", "Print the completion script of a shell");
    const auto shell = std::make_shared<std::string>();
    command->add_option("shell", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    command->footer("Bash: source <(hfasync completion bash)\n"
                    "zsh:  source <(hfasync completion zsh), after compinit\n"
                    "fish: hfasync completion fish | source");
    command->callback([shell, &chosen] {
        chosen = [shell] {
            Command ignored;
            const auto parser = make_parser(ignored);
            complete(*parser, ignored);
            const auto tree = command_tree(*parser);
            fmt::print("{}", *shell == "bash"  ? bash_completion(tree)
                             : *shell == "zsh" ? zsh_completion(tree)
                                               : fish_completion(tree));
            return code(Exit::ok);
        };
    });
}

} // namespace hfasync::cli
