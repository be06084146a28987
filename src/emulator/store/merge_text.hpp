// Lines of text: what differs, three-way merges, unified diffs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hfasync::emulator::store {

/// With their line ends; the last one may have none.
std::vector<std::string_view> split_lines(std::string_view text);

/// Lines [old_begin, old_end) give way to [new_begin, new_end).
struct LineChange {
    std::size_t old_begin = 0, old_end = 0, new_begin = 0, new_end = 0;
};
/// The shortest script (Myers); for texts that have very little in common, one change of all between their
/// common ends.
std::vector<LineChange> line_changes(const std::vector<std::string_view>& before,
                                     const std::vector<std::string_view>& after);

/// Both sides' changes of `base`; nullopt where they touch the same or neighbouring lines in different ways,
/// as git has it.
std::optional<std::string> merge_text(std::string_view base, std::string_view ours, std::string_view theirs);

/// The hunks of a unified diff with three lines of context; empty when the texts are the same.
std::string unified_hunks(std::string_view before, std::string_view after);

/// git's rule: a zero byte among the first 8,000.
bool looks_binary(std::string_view content) noexcept;

} // namespace hfasync::emulator::store
