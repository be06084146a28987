// Writes JSON by literal key, straight into the answer's text.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace hfasync::emulator {

/// Quoted and escaped; bytes that are no valid UTF-8 are not expected here.
void append_json_string(std::string& out, std::string_view text);

/// Commas are put where they belong; braces are the caller's.
class JsonText {
public:
    JsonText& open(char bracket)
    {
        separate();
        text_.push_back(bracket);
        fresh_ = true;
        return *this;
    }
    JsonText& close(char bracket)
    {
        text_.push_back(bracket);
        fresh_ = false;
        return *this;
    }
    JsonText& key(std::string_view name)
    {
        separate();
        text_.push_back('"');
        text_.append(name).append("\":");
        fresh_ = true;
        return *this;
    }
    JsonText& string(std::string_view value)
    {
        separate();
        append_json_string(text_, value);
        return *this;
    }
    JsonText& number(std::uint64_t value)
    {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        return raw({digits, static_cast<std::size_t>(end - digits)});
    }
    JsonText& boolean(bool value) { return raw(value ? "true" : "false"); }
    JsonText& null() { return raw("null"); }
    /// Ready JSON.
    JsonText& raw(std::string_view json)
    {
        separate();
        text_.append(json);
        return *this;
    }
    std::string take() { return std::move(text_); }
    std::size_t size() const noexcept { return text_.size(); }
    void reserve(std::size_t bytes) { text_.reserve(bytes); }

private:
    void separate()
    {
        if (!fresh_) text_.push_back(',');
        fresh_ = false;
    }
    std::string text_;
    bool fresh_ = true;
};

} // namespace hfasync::emulator
