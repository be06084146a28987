// A name that the rules let through stays below the folder it is put in.
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include <hfasync/error.hpp>

#include "base/path_rules.hpp"
#include "fuzz/expect.hpp"

using namespace hfasync;
using fuzz::expect;

namespace {

template <class Check>
bool accepted(Check check, std::string_view text)
{
    try {
        check(text);
        return true;
    } catch (const Error&) {
        return false;
    }
}

void path(std::string_view text)
{
    const bool repo_path = accepted(detail::check_repo_path, text);
    const bool local_path = accepted(detail::check_local_dir_path, text);
    expect(repo_path || !local_path, "what a plain folder takes, a repo path is");
    if (!repo_path) return;
    const std::filesystem::path root = "/root-of-all/below";
    const auto whole = (root / std::string(text)).lexically_normal();
    const auto relative = whole.lexically_relative(root);
    expect(!relative.empty() && *relative.begin() != ".." && *relative.begin() != ".",
           "the path stays below");
    expect(whole.string() == root.string() + "/" + std::string(text), "nothing in the path is resolved away");
    for (const char c : text)
        expect(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\\',
               "no control byte, no backslash");
}

void names(std::string_view text)
{
    if (accepted(detail::check_etag, text)) {
        expect(!text.empty() && text.size() <= 128 && text.find('/') == text.npos, "an etag is a file name");
        expect(text != "." && text != "..", "an etag is no folder");
    }
    if (accepted(detail::check_commit_hash, text)) expect(text.size() == 40, "a commit has 40 digits");
    const auto header = [](std::string_view value) { detail::check_header_value(value, "fuzz"); };
    if (accepted(header, text))
        expect(text.find_first_of("\r\n") == text.npos && text.find('\0') == text.npos,
               "a header is one line");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    path(text);
    names(text);
    const auto cut = text.substr(0, 96); // a pattern with many stars is the caller's own
    const auto middle = cut.size() / 2;
    detail::fnmatch(cut.substr(0, middle), cut.substr(middle));
    expect(detail::fnmatch(text, "*"), "a star matches all");
    return 0;
}
