// Strings: one text or a list of them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hfasync {

/// An argument that takes one text or several (the reference's `Union[str, List[str]]`): `.tags = "nlp"` and
/// `.tags = {"nlp", "fr"}` both work. Empty means not given.
class Strings {
public:
    Strings() = default;
    Strings(const char* text) : values_{text} {}
    Strings(std::string_view text) : values_{std::string(text)} {}
    Strings(std::string text) : values_{std::move(text)} {}
    Strings(std::initializer_list<std::string> list) : values_(list) {}
    Strings(std::vector<std::string> list) : values_(std::move(list)) {}

    const std::vector<std::string>& values() const noexcept { return values_; }
    bool empty() const noexcept { return values_.empty(); }
    std::size_t size() const noexcept { return values_.size(); }
    auto begin() const noexcept { return values_.begin(); }
    auto end() const noexcept { return values_.end(); }
    bool operator==(const Strings&) const = default;

private:
    std::vector<std::string> values_;
};

} // namespace hfasync
