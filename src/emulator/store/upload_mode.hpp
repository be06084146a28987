// Regular or LFS, ignored or not: the answers of preupload. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hfasync::emulator::store {

/// gitignore(5) patterns of one file at the root: '!', leading and inner '/', trailing '/', '*', '?',
/// '[...]', '**'.
class IgnoreRules {
public:
    explicit IgnoreRules(std::string_view text);
    /// Also true when a folder above the path is ignored.
    bool ignores(std::string_view path) const;

private:
    struct Rule {
        std::string pattern;
        bool negated = false, folders_only = false, anchored = false;
    };
    bool decide(std::string_view path, bool is_folder) const;
    std::vector<Rule> rules_;
};

/// The `filter=lfs` lines of a .gitattributes at the root; the last line that matches decides.
class LfsRules {
public:
    explicit LfsRules(std::string_view text);
    bool is_lfs(std::string_view path) const;

private:
    struct Rule {
        std::string pattern;
        bool anchored = false, lfs = true;
    };
    std::vector<Rule> rules_;
};

/// gitignore's matching of one path (or name) with one pattern: '*' and '?' stop at '/', '**' does not.
bool wildmatch(std::string_view pattern, std::string_view text);

struct UploadQuestion {
    std::string path;
    std::uint64_t size = 0;
    std::string sample; ///< decoded; the first 512 bytes
};
struct UploadDecision {
    bool lfs = false;
    bool ignored = false;
};
/// A sample with a NUL byte is binary; binary files above this size are LFS whatever their name. (The Hub
/// wants every binary file in LFS; small ones stay regular here so that both ways are easily tested.)
inline constexpr std::uint64_t binary_threshold = 1u << 20;

/// An empty file is always regular (the Hub has no empty LFS objects).
UploadDecision decide_upload(const UploadQuestion& file, const LfsRules& lfs, const IgnoreRules& ignore,
                             std::uint64_t threshold);

/// The .gitattributes of a new repo on the Hub; datasets' has media files too.
std::string default_gitattributes(bool dataset);

} // namespace hfasync::emulator::store
