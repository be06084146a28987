// git's patterns: gitignore(5) and gitattributes(5).
#include "emulator/store/upload_mode.hpp"

#include <optional>
#include <vector>

namespace hfasync::emulator::store {

namespace {

/// Matches by trying, and remembers what failed: never more than pattern times text steps.
class Matcher {
public:
    Matcher(std::string_view pattern, std::string_view text)
        : pattern_(pattern), text_(text), failed_((pattern.size() + 1) * (text.size() + 1), false)
    {
    }

    bool from(std::size_t p, std::size_t t)
    {
        const std::size_t state = p * (text_.size() + 1) + t;
        if (failed_[state]) return false;
        const bool matched = step(p, t);
        failed_[state] = !matched;
        return matched;
    }

private:
    bool step(std::size_t p, std::size_t t)
    {
        if (p == pattern_.size()) return t == text_.size();
        if (pattern_[p] == '*') return star(p, t);
        if (t == text_.size()) return false;
        if (pattern_[p] == '?') return text_[t] != '/' && from(p + 1, t + 1);
        if (pattern_[p] == '[') {
            bool inside = false;
            const auto end = bracket(p, text_[t], inside);
            return end && inside && text_[t] != '/' && from(*end, t + 1);
        }
        if (pattern_[p] == '\\' && ++p == pattern_.size()) return false;
        return pattern_[p] == text_[t] && from(p + 1, t + 1);
    }

    bool star(std::size_t p, std::size_t t)
    {
        const bool at_part = p == 0 || pattern_[p - 1] == '/';
        std::size_t end = p;
        while (end < pattern_.size() && pattern_[end] == '*')
            ++end;
        const bool across = end - p == 2 && at_part && (end == pattern_.size() || pattern_[end] == '/');
        if (across && end == pattern_.size()) return true;
        if (across && from(end + 1, t)) // "**/" stands for no folder, too
            return true;
        for (std::size_t at = t;; ++at) {
            if (from(end, at)) return true;
            if (at == text_.size() || (text_[at] == '/' && !across)) return false;
        }
    }

    /// Where the bracket expression that begins at `p` ends, and whether `c` is in it; nullopt: it never
    /// ends.
    std::optional<std::size_t> bracket(std::size_t p, char c, bool& inside) const
    {
        const auto byte = [](char x) { return static_cast<unsigned char>(x); };
        bool negated = false;
        ++p;
        if (p < pattern_.size() && (pattern_[p] == '!' || pattern_[p] == '^')) {
            negated = true;
            ++p;
        }
        bool found = false;
        for (bool first = true; p < pattern_.size(); first = false) {
            if (pattern_[p] == ']' && !first) {
                inside = found != negated;
                return p + 1;
            }
            if (pattern_[p] == '\\' && p + 1 < pattern_.size()) ++p;
            const char low = pattern_[p++];
            char high = low;
            if (p + 1 < pattern_.size() && pattern_[p] == '-' && pattern_[p + 1] != ']') {
                p += pattern_[p + 1] == '\\' && p + 2 < pattern_.size() ? 2 : 1;
                high = pattern_[p++];
            }
            found = found || (byte(low) <= byte(c) && byte(c) <= byte(high));
        }
        return std::nullopt;
    }

    std::string_view pattern_, text_;
    std::vector<bool> failed_;
};

std::string_view base_name(std::string_view path)
{
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

template <class Take>
void for_each_line(std::string_view text, Take take)
{
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        take(line);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

/// Takes the slash off the front; tells whether the pattern stands for a whole path rather than a name.
bool take_anchor(std::string_view& pattern)
{
    const bool anchored = pattern.find('/') != std::string_view::npos;
    if (pattern.starts_with('/')) pattern.remove_prefix(1);
    return anchored;
}

} // namespace

bool wildmatch(std::string_view pattern, std::string_view text)
{
    return Matcher(pattern, text).from(0, 0);
}

IgnoreRules::IgnoreRules(std::string_view text)
{
    for_each_line(text, [this](std::string_view line) {
        while (line.ends_with(' ') && !line.ends_with("\\ "))
            line.remove_suffix(1);
        if (line.empty() || line.front() == '#') return;
        Rule rule;
        rule.negated = line.front() == '!';
        if (rule.negated) line.remove_prefix(1);
        rule.folders_only = line.ends_with('/');
        if (rule.folders_only) line.remove_suffix(1);
        rule.anchored = take_anchor(line);
        rule.pattern = std::string(line);
        if (!rule.pattern.empty()) rules_.push_back(std::move(rule));
    });
}

bool IgnoreRules::decide(std::string_view path, bool is_folder) const
{
    for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule)
        if ((is_folder || !rule->folders_only) &&
            wildmatch(rule->pattern, rule->anchored ? path : base_name(path)))
            return !rule->negated;
    return false;
}

bool IgnoreRules::ignores(std::string_view path) const
{
    if (rules_.empty()) return false;
    // What lies in an ignored folder cannot be taken back by '!'.
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1))
        if (decide(path.substr(0, slash), true)) return true;
    return decide(path, false);
}

LfsRules::LfsRules(std::string_view text)
{
    for_each_line(text, [this](std::string_view line) {
        const std::size_t start = line.find_first_not_of(" \t");
        if (start == std::string_view::npos || line[start] == '#' || line[start] == '!') return;
        line.remove_prefix(start);
        const bool quoted = line.front() == '"' && line.find('"', 1) != std::string_view::npos;
        const std::size_t end = quoted ? line.find('"', 1) : line.find_first_of(" \t");
        if (end == std::string_view::npos) return;
        std::string_view pattern = quoted ? line.substr(1, end - 1) : line.substr(0, end);
        std::string_view rest = line.substr(end + 1);
        std::optional<bool> lfs;
        while (!rest.empty()) {
            const std::size_t blank = rest.find_first_of(" \t");
            const std::string_view attribute = rest.substr(0, blank);
            if (attribute.starts_with("filter=") || attribute == "filter" || attribute == "-filter" ||
                attribute == "!filter")
                lfs = attribute == "filter=lfs";
            rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
        }
        if (!lfs || pattern.ends_with('/')) // a folder's attributes do not reach what it holds
            return;
        Rule rule{.pattern = {}, .anchored = take_anchor(pattern), .lfs = *lfs};
        rule.pattern = std::string(pattern);
        rules_.push_back(std::move(rule));
    });
}

bool LfsRules::is_lfs(std::string_view path) const
{
    for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule)
        if (wildmatch(rule->pattern, rule->anchored ? path : base_name(path))) return rule->lfs;
    return false;
}

} // namespace hfasync::emulator::store
