// The `token` argument of every call.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hfasync {

/// Which token a call uses. The reference's `Union[bool, str, None]`:
/// default (that of the Hub handle), `false` (send none), `true` (one must be found, else
/// LocalTokenNotFoundError), or a text.
class Token {
public:
    enum class Kind { unset, none, required, text };

    Token() = default;
    template <std::same_as<bool> B> // no implicit pointer-to-bool
    Token(B wanted) : kind_(wanted ? Kind::required : Kind::none)
    {
    }
    Token(std::string text) : kind_(Kind::text), text_(std::move(text)) {}
    Token(std::string_view text) : Token(std::string(text)) {}
    Token(const char* text) : Token(std::string(text)) {}

    Kind kind() const noexcept { return kind_; }
    /// The text; empty unless kind() is text. Never printed by hfasync.
    const std::string& text() const noexcept { return text_; }
    bool operator==(const Token&) const = default;

private:
    Kind kind_ = Kind::unset;
    std::string text_;
};

} // namespace hfasync
