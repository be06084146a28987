#include "emulator/store/commit.hpp"

#include <chrono>

#include <fmt/format.h>

namespace hfasync::emulator::store {

namespace {

/// git drops what would break the line "author NAME <EMAIL> SECONDS +0000".
std::string clean_ident(std::string_view text)
{
    std::string out;
    for (const char c : text)
        if (c != '<' && c != '>' && c != '\n' && c != '\0') out.push_back(c);
    while (!out.empty() && static_cast<unsigned char>(out.back()) <= ' ')
        out.pop_back();
    const std::size_t first = out.find_first_not_of(' ');
    return first == std::string::npos ? "unknown" : out.substr(first);
}

std::string signature(const CommitRecord& commit)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(commit.date).time_since_epoch().count();
    return fmt::format("{} <{}> {} +0000", clean_ident(commit.author), clean_ident(commit.email), seconds);
}

/// git completes the last line of a message.
std::string completed(std::string message)
{
    if (message.empty() || message.back() != '\n') message.push_back('\n');
    return message;
}

} // namespace

std::string git_commit_message(const CommitRecord& commit)
{
    std::string message = commit.title;
    if (!commit.description.empty()) message += "\n\n" + commit.description;
    return completed(std::move(message));
}

std::string git_commit_content(const CommitRecord& commit)
{
    const std::string who = signature(commit);
    std::string out = fmt::format("tree {}\n", commit.tree.hex());
    for (const Oid& parent : commit.parents)
        out += fmt::format("parent {}\n", parent.hex());
    out += fmt::format("author {0}\ncommitter {0}\n\n", who);
    return out + git_commit_message(commit);
}

std::string git_tag_content(std::string_view name, const CommitRecord& commit, std::string_view message)
{
    return fmt::format("object {}\ntype commit\ntag {}\ntagger {}\n\n{}", commit.oid.hex(), name,
                       signature(commit), completed(std::string(message)));
}

} // namespace hfasync::emulator::store
