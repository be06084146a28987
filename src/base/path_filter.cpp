#include <hfasync/path_filter.hpp>

#include <algorithm>
#include <utility>

#include "base/path_rules.hpp"

namespace hfasync {

namespace {

std::vector<std::string> whole(const Strings& patterns)
{
    auto out = patterns.values();
    for (auto& pattern : out)
        if (pattern.ends_with('/')) pattern += '*';
    return out;
}

bool is_one_of(std::string_view path, const std::vector<std::string>& patterns)
{
    return std::any_of(patterns.begin(), patterns.end(),
                       [path](const std::string& pattern) { return detail::fnmatch(path, pattern); });
}

} // namespace

PathFilter::PathFilter(std::optional<Strings> allow_patterns, std::optional<Strings> ignore_patterns)
{
    if (allow_patterns) allow_ = whole(*allow_patterns);
    if (ignore_patterns) ignore_ = whole(*ignore_patterns);
}

bool PathFilter::operator()(std::string_view path) const
{
    return (!allow_ || is_one_of(path, *allow_)) && !is_one_of(path, ignore_);
}

std::string literal_pattern(std::string_view path)
{
    std::string out;
    for (const char c : path) {
        if (c == '*' || c == '?' || c == '[')
            out += {'[', c, ']'};
        else
            out += c;
    }
    return out;
}

} // namespace hfasync
